"""The way out: what brings a metric over its warning again, if all else stays.

Exact: rates are compared as the scorecard compares them.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from contracts.performance import WayOut
from services.performance.model.policy import Policy


class Counted(NamedTuple):
    """An obligation that counts at some moment. Units: `due` and `kept` as its metric's."""

    due_at: datetime
    due: int
    kept: int


def way_out(
    counted: Sequence[Counted], metric: str, policy: Policy, as_of: datetime
) -> WayOut:
    """Return the fewest kept in a row, and the fewest days, until it is out of warn.

    Shape: `counted` are the metric's obligations due in the long window of `policy`.
    """
    warn = policy.standards[metric].warn
    return WayOut(
        rate=warn,
        good_in_a_row=_good_in_a_row(counted, warn, policy, as_of),
        days=_days(counted, warn, policy, as_of),
    )


def way_out_of_listings(rates: Sequence[float], metric: str, policy: Policy) -> WayOut:
    """Return how many listings must be put right, those with most to gain first."""
    warn = policy.standards[metric].warn
    worst = sorted(rates)
    fixed = 0
    while fixed < len(worst) and _mean(worst, fixed) < warn:
        fixed += 1
    return WayOut(rate=warn, good_in_a_row=fixed, days=None)


def _mean(rates: Sequence[float], fixed: int) -> float:
    return (fixed + sum(rates[fixed:])) / len(rates)


def _in_window(
    counted: Sequence[Counted], days: int, at: datetime, since: datetime
) -> tuple[int, int]:
    """Return due and kept of what lies in the window of `days` before `at`."""
    within = [
        one
        for one in counted
        if timedelta(days=days) > at - one.due_at and since >= one.due_at
    ]
    return sum(one.due for one in within), sum(one.kept for one in within)


def _good_in_a_row(
    counted: Sequence[Counted], warn: float, policy: Policy, as_of: datetime
) -> int | None:
    due, kept = _in_window(counted, policy.window_days, as_of, as_of)
    all_due, all_kept = _in_window(counted, policy.long_window_days, as_of, as_of)
    lacking = max(policy.enough_due - due, 0)  # until the short window is enough
    long = _fewest(all_due, all_kept, warn, 0, lacking)
    return _fewest(due, kept, warn, lacking, None) if long is None else long


def _fewest(due: int, kept: int, warn: float, start: int, end: int | None) -> int | None:
    """Return the fewest more, all kept, that bring the rate up to `warn`."""
    if end is None:
        if warn >= 1:
            return start if kept == due else None
        end = start + max(ceil((warn * due - kept) / (1 - warn)), 0) + 2
    more = bisect_left(
        range(start, end), 1, key=lambda n: int((kept + n) / max(due + n, 1) >= warn)
    )
    return start + more if start + more < end else None


def _days(
    counted: Sequence[Counted], warn: float, policy: Policy, as_of: datetime
) -> int | None:
    """Return how many days pass until what was broken has left the window."""
    for days in range(1, policy.long_window_days + 1):
        at = as_of + timedelta(days=days)
        due, kept = _in_window(counted, policy.window_days, at, as_of)
        if due < policy.enough_due:
            due, kept = _in_window(counted, policy.long_window_days, at, as_of)
        if due < policy.enough_due or kept / due >= warn:
            return days
    return None
