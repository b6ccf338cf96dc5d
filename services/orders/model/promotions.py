"""Free-shipping promotions: whether an order qualifies, and until when. Dated data."""

import tomllib
from collections.abc import Sequence, Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from contracts.fact import Cents, Currency
from kit.weekdays import weekday_deadline

_CLOSED: Final = ConfigDict(frozen=True, strict=True, extra="forbid")
_Weekdays = Annotated[int, Field(ge=1, le=365)]


class Promotion(BaseModel):
    """What an order must be worth, and how soon it must be accepted and have left.

    Units: cents of `currency`; UTC days, the last one included; weekdays from the start of
        an order's clock.
    Source: domain.md 4.
    """

    model_config = _CLOSED

    name: Annotated[str, Field(min_length=1)]
    holds_from: date
    holds_until: date = date.max
    currency: Currency
    min_subtotal_cents: Cents
    weekdays_to_accept: _Weekdays
    weekdays_to_leave: _Weekdays


class Promotions(BaseModel):
    """All promotions there ever were."""

    model_config = _CLOSED

    promotions: Sequence[Promotion]

    def of(self, clock_started_at: datetime, currency: str) -> Sequence[Promotion]:
        """Return those that an order may qualify for: its day's, in its currency."""
        day = clock_started_at.date()
        return [
            one
            for one in self.promotions
            if one.currency == currency and one.holds_from <= day <= one.holds_until
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an order has come.

    Shape: `accepted_at` and `left_at` are None until it is accepted, and until all of it
        has left; `is_over` says that it will not come further.
    """

    clock_started_at: datetime
    subtotal_cents: int
    accepted_at: datetime | None
    left_at: datetime | None
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """Whether an order qualifies for a promotion, as things stand.

    Shape: `until` is the moment by which the next step must be taken, or None if there is
        none left to take, or no use in it; `because` says what decides.
    """

    promotion: str
    qualifies: bool
    until: datetime | None
    because: str


def qualification(
    promotion: Promotion, order: Progress, at: datetime, holidays: AbstractSet[date]
) -> Qualification:
    """Return how `order` stands with `promotion` at the moment `at`."""
    steps = (
        ("accepted", order.accepted_at, promotion.weekdays_to_accept),
        ("shipped whole", order.left_at, promotion.weekdays_to_leave),
    )

    def told(because: str, until: datetime | None = None, *, yes: bool) -> Qualification:
        return Qualification(
            promotion=promotion.name, qualifies=yes, until=until, because=because
        )

    if order.subtotal_cents < promotion.min_subtotal_cents:
        missing = promotion.min_subtotal_cents - order.subtotal_cents
        return told(f"the subtotal is {missing} cents short", yes=False)
    for step, done_at, weekdays in steps:
        allowed = timedelta(days=weekdays)
        due = weekday_deadline(order.clock_started_at, allowed, holidays)
        if due is not None and (done_at or at) > due:
            return told(f"it was not {step} in time", yes=False)
        if done_at is None:
            if order.is_over:
                return told(f"it will not be {step} any more", yes=False)
            return told(f"if it is {step} by then", due, yes=True)
    return told("all was done in time", yes=True)


@cache
def shipped_promotions() -> Promotions:
    """Return the promotions that ship with the service.

    Raises:
        ValidationError: They break a rule of theirs; the message names the field.
    """
    text = files("services.orders").joinpath("promotions.toml").read_text("utf-8")
    return Promotions.model_validate(tomllib.loads(text))
