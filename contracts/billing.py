"""Facts of billing, on `billing.v1`: store fees charged and put right.

Units: `*_cents` are minor units of USD; unit-days are units times days; months are
`YYYY-MM`.
Source: domain.md 2 (facts) and 5 (rules).
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import Field

from contracts.fact import Cents, Fact, Id, Moment, SignedCents, Value

Month: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class StoreFeeLine(Value):
    product_id: Id
    unit_days: Annotated[int, Field(ge=0)]
    days_in_month: Annotated[int, Field(ge=28, le=31)]
    cents: Cents


class StoreFeeCharged(Fact):
    """A seller's fee of one month, a line per product that owes anything.

    The fee of many products comes in several of these, whose sum it is.
    """

    moment: ClassVar[str] = "charged_at"

    month: Month
    lines: tuple[StoreFeeLine, ...]
    total_cents: Cents
    charged_at: Moment


class StoreFeeAdjusted(Fact):
    """A closed month came out otherwise once late facts were known.

    `cents` is what is owed on top, or given back when negative; `because` are the ids of
    the late facts.
    """

    moment: ClassVar[str] = "adjusted_at"

    month: Month
    product_id: Id
    cents: SignedCents
    because: Annotated[tuple[Id, ...], Field(min_length=1)]
    adjusted_at: Moment


StoreFeeEvent: TypeAlias = StoreFeeCharged | StoreFeeAdjusted

TYPES: Final[Mapping[str, type[Fact]]] = {
    "billing.store-fee-charged.v1": StoreFeeCharged,
    "billing.store-fee-adjusted.v1": StoreFeeAdjusted,
}
