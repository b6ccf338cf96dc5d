"""Calendar months: `2026-02`, its days, and its end in UTC."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import total_ordering
from typing import Self

from kit.domain import Refused


class MonthUnreadable(Refused):
    code = "month-unreadable"


@total_ordering
@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """A month of UTC days. Months compare by time."""

    year: int
    number: int

    @classmethod
    def parse(cls, month: str) -> Self:
        """Return the month that `2026-02` names.

        Raises:
            MonthUnreadable: It is not a year and a month in that form.
        """
        try:
            first = date.fromisoformat(f"{month}-01")
        except ValueError:
            raise MonthUnreadable(f"{month!r} is not a month such as 2026-02") from None
        if (
            str(parsed := cls(first.year, first.month)) != month
            or parsed.year == date.max.year
        ):
            raise MonthUnreadable(f"{month!r} is not a month such as 2026-02")
        return parsed

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month that `day` is in."""
        return cls(day.year, day.month)

    @property
    def days(self) -> int:
        """How many days it has."""
        return monthrange(self.year, self.number)[1]

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def end(self) -> date:
        """The first day after it."""
        return self.first + timedelta(days=self.days)

    @property
    def over_at(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.end, time(), tzinfo=UTC)

    @property
    def next(self) -> Self:
        """The month after it."""
        return self.of(self.end)

    def until(self, last: Self) -> Iterator[Self]:
        """Yield the months from this one up to and without `last`."""
        month = self
        while month < last:
            yield month
            month = month.next

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    def __lt__(self, other: Self) -> bool:
        return (self.year, self.number) < (other.year, other.number)
