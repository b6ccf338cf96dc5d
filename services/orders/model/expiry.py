"""When an order that nobody decides expires."""

from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def expires_at(
    clock_started_at: datetime, allowed: timedelta, holidays: AbstractSet[date]
) -> datetime | None:
    """Return when `allowed` weekday time has passed since the clock started.

    None is never: all time that can be told is over before.

    Units: UTC days; a weekday counts 24 hours, weekends and `holidays` count none.
    Source: domain.md, "Weekday hours", and 4.
    """
    at, left = clock_started_at, allowed
    while at.date() < date.max:
        midnight = datetime.combine(at.date() + _DAY, time(), tzinfo=UTC)
        counts = at.weekday() < _SATURDAY and at.date() not in holidays
        if counts and left <= midnight - at:
            return at + left
        left -= midnight - at if counts else timedelta()
        at = midnight
    return None
