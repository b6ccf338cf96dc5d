"""What billing answers of store fees, as far as `market` shows it."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from market.answers import Shown


class FeeLine(Shown):
    """What a product owes for a month. Units: cents of USD."""

    seller_id: str
    product_id: str
    unit_days: int
    days_in_month: Annotated[int, Field(gt=0)]
    cents: int


class FeeDay(Shown):
    """The units of one lot at the end of one day, and the facts that they come from."""

    seller_id: str
    product_id: str
    day: str
    lot_id: str
    manufactured_on: str
    units: int
    chargeable: bool
    because: Sequence[str]


class StoreFees(Shown):
    """What billing answers of a month. Units: cents of USD."""

    month: str
    over: bool
    rate_cents: int | None
    free_days: int | None
    lines: Sequence[FeeLine]
    days: Sequence[FeeDay] | None


class RunDone(Shown):
    """What a month-end run did. Units: cents of USD."""

    month: str
    sellers: int
    charged_cents: int
    adjusted_cents: int
    re_rated: dict[str, Sequence[str]]
