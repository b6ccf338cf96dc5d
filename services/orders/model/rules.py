"""What an operator decides of orders: currencies, time to decide. Dated data, not code."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated, TypeAlias

from pydantic import Field

from contracts.fact import Currency
from kit.dated import Dated, FromADay, shipped
from kit.weekdays import weekday_deadline


class OrderRules(FromADay):
    """The rules that hold from a day on, until newer ones do.

    Units: UTC days; `weekdays_to_decide` from the start of an order's clock, `holidays`
        left out; `hours_to_tell` from the placing of an order until it was recorded.
    Source: domain.md 4.
    """

    traded: Annotated[frozenset[Currency], Field(strict=False, min_length=1)]
    weekdays_to_decide: Annotated[int, Field(ge=1, le=365)]
    holidays: Annotated[frozenset[date], Field(strict=False)] = frozenset()
    hours_to_tell: Annotated[int, Field(ge=0, le=24 * 365)] = 24

    @property
    def time_to_decide(self) -> timedelta:
        """The weekday time within which an order must be decided."""
        return timedelta(days=self.weekdays_to_decide)

    def expires_at(self, clock_started_at: datetime) -> datetime | None:
        """Return when an order that nobody decided is over; None is never."""
        return weekday_deadline(clock_started_at, self.time_to_decide, self.holidays)

    def is_history(self, placed_at: datetime, told_at: datetime) -> bool:
        """Say whether an order was told so late that the clock is not to expire it.

        What became of it has happened already, and may be told yet.
        """
        return told_at - placed_at > timedelta(hours=self.hours_to_tell)


DatedRules: TypeAlias = Dated[OrderRules]


@cache
def shipped_rules() -> DatedRules:
    """Return the rules that ship with the service.

    Raises:
        ValidationError: They break a rule of theirs; the message names the field.
    """
    return shipped("services.orders", "order_rules.toml", DatedRules)
