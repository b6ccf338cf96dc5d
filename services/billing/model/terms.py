"""What keeping stock costs: the terms of the store fee, as dated data."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.billing.model.months import CalendarMonth

FIRST_OF_MONTH: Final = 1


class StoreFeeTerms(BaseModel):
    """The rate and the free days that hold from a month on, until newer terms do.

    Units: `rate_cents` for one unit that is on hand for a whole month; `free_days` from
        the day of manufacture on.
    Source: domain.md 5, "Store fee".
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    effective_from: date
    rate_cents: Annotated[int, Field(ge=0, le=1_000_000)]
    free_days: Annotated[int, Field(ge=0, le=36_500)]

    @model_validator(mode="after")
    def _hold_for_whole_months(self) -> Self:
        if self.effective_from.day != FIRST_OF_MONTH:
            raise ValueError("effective_from must be the first day of a month")
        return self


class DatedTerms(BaseModel):
    """All terms there ever were. Months before the first of them are free."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    terms: Annotated[Sequence[StoreFeeTerms], Field(min_length=1)]

    @model_validator(mode="after")
    def _follow_each_other(self) -> Self:
        dates = [one.effective_from for one in self.terms]
        if dates != sorted(set(dates)):
            raise ValueError("terms must be in order of effective_from, no two the same")
        return self

    @property
    def first_month(self) -> CalendarMonth:
        """The first month that costs anything."""
        return CalendarMonth.of(self.terms[0].effective_from)

    def at(self, month: CalendarMonth) -> StoreFeeTerms | None:
        """Return the terms that hold in `month`, or None when there were none yet."""
        held = [one for one in self.terms if one.effective_from <= month.first]
        return held[-1] if held else None
