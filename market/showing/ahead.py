"""What lies ahead of a seller: levels and rates of days to come, and the ways out."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from market.answers import Projection, WayOut

Table: TypeAlias = tuple[Sequence[str], Sequence[Sequence[object]]]
"""Columns, and rows under them."""

CASES: Final = {"nothing_more": "nothing more", "all_kept": "all kept"}
NEVER: Final = "never, by that alone"


def levels(answer: Projection) -> Table:
    """Return the level of all metrics by day, for each of `CASES`, and by which policy."""
    by_day = dict[tuple[int, str], dict[str, str]]()
    for row in answer.overall:
        by_day.setdefault((row.days, row.policy), {})[row.case] = row.level
    rows = [
        [f"in {days} days", *(by.get(case) for case in CASES), policy]
        for (days, policy), by in by_day.items()
    ]
    now = ["now", answer.level, answer.level, answer.policy]
    return ["overall", *CASES.values(), "by policy"], [now, *rows]


def rates(answer: Projection) -> Table:
    """Return each metric's rate and level now and by day, one case under the other."""
    days = sorted({row.days for row in answer.then})
    found = {
        (row.metric, row.case, row.days): f"{row.rate:.1%} {row.level}"
        for row in answer.then
    }
    now = {row.metric: f"{row.rate:.1%} {row.level}" for row in answer.now}
    metrics = sorted({*now, *(row.metric for row in answer.then)})
    rows = [
        [metric, words, now.get(metric), *(found.get((metric, case, day)) for day in days)]
        for metric in metrics
        for case, words in CASES.items()
    ]
    return ["metric", "if", "now", *(f"in {day} days" for day in days)], rows


def ways_out(answer: Projection) -> Iterator[str]:
    """Yield a line for each metric that is at warn or limit: what leads out of it."""
    for way in answer.ways_out:
        yield f"{way.metric} is at {way.level}; out of {way.leave}: {_ways(way)}"


def _ways(way: WayOut) -> str:
    if way.more is None and way.wait is None:
        return NEVER
    more = None if way.more is None else f"{way.more} more kept"
    wait = None if way.wait is None else f"{way.wait} days with all that is open kept"
    return ", or ".join(each for each in (more, wait) if each)


def closing(types: Sequence[str]) -> str:
    """Return the facts that close an obligation, in words: `order accepted`."""
    words = [name.split(".")[1].replace("-", " ") for name in types]
    return " or ".join(words)
