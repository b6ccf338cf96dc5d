"""How late orders are accepted, as both stream processors count it. Needs nothing else.

An order falls due 24 weekday hours after its clock started, and is kept by a word on it,
yes or no, by then. Late, or never, are the others, per seller and the day on which they
fell due; a window is a sum over its days.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

PLACED: Final = "orders.order-placed.v1"
DECIDED: Final = {
    "orders.order-accepted.v1": "accepted_at",
    "orders.order-rejected.v1": "rejected_at",
}
COUNTED: Final = frozenset({PLACED, *DECIDED})
WINDOW_DAYS: Final = 30
DAY: Final = timedelta(days=1)

_FRIDAY: Final = 4
_UNTIL_MONDAY: Final = {5: 2, 6: 1}


def due_at(placed: Mapping[str, Any]) -> datetime:
    """Return when a placed order has to be decided by. Units: UTC; no holidays."""
    opened = datetime.fromisoformat(placed["clock_started_at"])
    midnight = opened.replace(hour=0, minute=0, second=0, microsecond=0)
    if days := _UNTIL_MONDAY.get(opened.weekday()):
        return midnight + (days + 1) * DAY
    over_weekend = opened.weekday() == _FRIDAY and opened > midnight
    return opened + (3 if over_weekend else 1) * DAY


def decided_at(name: str, fact: Mapping[str, Any]) -> datetime:
    """Return when the seller said yes or no."""
    return datetime.fromisoformat(fact[DECIDED[name]])


def day_of(due: datetime) -> str:
    """Return the day to which what falls due then counts: one ends at its midnight."""
    return (due - timedelta(microseconds=1)).date().isoformat()


def late_in_window(days: Mapping[str, int], as_of: datetime) -> int:
    """Return what adds up in the window before the midnight `as_of`. Shape: by day."""
    last = as_of.date()
    window = range(1, WINDOW_DAYS + 1)
    return sum(days.get((last - n * DAY).isoformat(), 0) for n in window)
