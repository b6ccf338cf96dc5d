"""What an operator decides of orders: currencies, time to decide. Dated data, not code."""

import tomllib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.fact import Currency
from kit.weekdays import weekday_deadline

_CLOSED: Final = ConfigDict(frozen=True, strict=True, extra="forbid")


class OrderRules(BaseModel):
    """The rules that hold from a day on, until newer ones do.

    Units: UTC days; `weekdays_to_decide` from the start of an order's clock, `holidays`
        left out; `hours_to_tell` from the placing of an order until it was recorded.
    Source: domain.md 4.
    """

    model_config = _CLOSED

    holds_from: date
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


class DatedRules(BaseModel):
    """All rules there ever were. The first of them hold before their day too."""

    model_config = _CLOSED

    rules: Annotated[Sequence[OrderRules], Field(min_length=1)]

    @model_validator(mode="after")
    def _follow_each_other(self) -> Self:
        days = [one.holds_from for one in self.rules]
        if days != sorted(set(days)):
            raise ValueError("rules must be in order of holds_from, no two the same")
        return self

    def at(self, moment: datetime) -> OrderRules:
        """Return the rules that hold at `moment`."""
        held = [one for one in self.rules if one.holds_from <= moment.date()]
        return held[-1] if held else self.rules[0]


@cache
def shipped_rules() -> DatedRules:
    """Return the rules that ship with the service.

    Raises:
        ValidationError: They break a rule of theirs; the message names the field.
    """
    text = files("services.orders").joinpath("order_rules.toml").read_text("utf-8")
    return DatedRules.model_validate(tomllib.loads(text))
