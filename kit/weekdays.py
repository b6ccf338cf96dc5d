"""Time that counts on weekdays only."""

from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def weekday_deadline(
    opened_at: datetime, allowed: timedelta, holidays: AbstractSet[date]
) -> datetime | None:
    """Return the first moment at which `allowed` weekday time has passed.

    None is never: all time that can be told is over before.

    Units: UTC days; a weekday counts 24 hours, weekends and `holidays` count none.
    Source: domain.md, "Weekday hours".
    """
    at, left = opened_at, allowed
    while at.date() < date.max:
        midnight = datetime.combine(at.date() + _DAY, time(), tzinfo=UTC)
        counts = at.weekday() < _SATURDAY and at.date() not in holidays
        if counts and left <= midnight - at:
            return at + left
        left -= midnight - at if counts else timedelta()
        at = midnight
    return None
