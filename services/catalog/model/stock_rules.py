"""What an operator decides of stock: which acceptances take units. Dated data, not code."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_CLOSED: Final = ConfigDict(frozen=True, strict=True, extra="forbid")


class StockRules(BaseModel):
    """The rules that hold from a day on, until newer ones do.

    Units: UTC days; `hours_to_tell` from an acceptance until it was recorded.
    Source: docs/decisions/0016-stock-for-orders.md.
    """

    model_config = _CLOSED

    holds_from: date
    hours_to_tell: Annotated[int, Field(ge=0, le=24 * 365)]

    def takes_units(self, accepted_at: datetime, told_at: datetime) -> bool:
        """Say whether an acceptance was told early enough to take units."""
        return told_at - accepted_at <= timedelta(hours=self.hours_to_tell)


class DatedStockRules(BaseModel):
    """All rules there ever were. The first of them hold before their day too."""

    model_config = _CLOSED

    rules: Annotated[Sequence[StockRules], Field(min_length=1)]

    @model_validator(mode="after")
    def _follow_each_other(self) -> Self:
        days = [one.holds_from for one in self.rules]
        if days != sorted(set(days)):
            raise ValueError("rules must be in order of holds_from, no two the same")
        return self

    def at(self, moment: datetime) -> StockRules:
        """Return the rules that hold at `moment`."""
        held = [one for one in self.rules if one.holds_from <= moment.date()]
        return held[-1] if held else self.rules[0]
