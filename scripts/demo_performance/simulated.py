"""The simulated clock: days counted from a Monday, all of them over by now."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

ONE_DAY: Final = timedelta(days=1)
LAST: Final = 94
"""The last day of the story: over, whenever it is told."""
WEEK: Final = 7


@dataclass(frozen=True)
class Clock:
    """Days of the story, by number: day 0 is a Monday; days before it are below 0."""

    begun: date

    @classmethod
    def before(cls, now: datetime) -> Self:
        """Return the clock of the latest Monday that lets all of the story be past."""
        latest = now.date() - (LAST + 1) * ONE_DAY
        return cls(latest - latest.weekday() * ONE_DAY)

    def day(self, number: int) -> date:
        """Return the date of a day."""
        return self.begun + number * ONE_DAY

    def at(self, number: int, hour: int = 0) -> datetime:
        """Return an hour of a day."""
        return datetime.combine(self.day(number), time(hour), UTC)
