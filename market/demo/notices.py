"""What sellers are told of their standing: why, by which facts, and what leads out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from market.demo.showing import table

Json: TypeAlias = Mapping[str, Any]

SHOWN: Final = 3
"""How many of many broken obligations are shown."""
FACTS: Final = 2
"""How many facts of each: the last ones say how it ended."""
RULES: Final = {"limit": "the limit", "very_poor": "very poor"}


def notice(grounds: Sequence[Json], cure_by: str | None) -> Iterator[RenderableType]:
    """Yield what a notice says of each ground, and until when it can be cured."""
    for ground in grounds:
        yield Text(_why(ground), style="bold")
        yield _broken(ground)
        yield f"way out: {_way_out(ground['way_out'])}"
    if cure_by is not None:
        yield f"the next step may follow on {day(cure_by)}, if it is not cured"


def restated(fact: Json) -> Table:
    """Return what a metric was taken for, what it is known to be, and by which facts.

    Shape: `fact` is a lifted sanction.
    """
    made = table("metric", "was taken for", "is known to be", "because of")
    said = fact["data"]
    for one in said["metrics"]:
        made.add_row(
            one["metric"],
            _rate_of(one["was_rate"], one["was_due"]),
            _rate_of(one["is_rate"], one["is_due"]),
            "\n".join(said["because"]),
        )
    return made


def day(moment: str) -> str:
    """Return the day of a moment."""
    return f"{datetime.fromisoformat(moment):%d %b}"


def _why(ground: Json) -> str:
    return (
        f"{ground['metric']}: {ground['kept']} of {ground['due']} kept in "
        f"{ground['window_days']} days, {ground['rate']:.1%}; {RULES[ground['rule']]} is "
        f"under {ground['threshold']:.0%}"
    )


def _broken(ground: Json) -> Table:
    made = table("not kept", "due", "the facts that say so")
    for row in ground["obligations"][:SHOWN]:
        facts = "\n".join(row["fact_ids"][-FACTS:])
        made.add_row(row["subject_id"], day(row["due_at"]), facts)
    if (more := ground["broken"] - SHOWN) > 0:
        made.add_row(f"and {more} more", "", "")
    return made


def _way_out(way: Json) -> str:
    good, days = way["good_in_a_row"], way["days"]
    ways = [] if good is None else [f"{good} kept in a row"]
    ways += [] if days is None else [f"{days} days with nothing more broken"]
    return f"{', or '.join(ways) or 'none'}; that makes {way['rate']:.0%} again"


def _rate_of(rate: float | None, due: int) -> str:
    return "nothing due" if rate is None else f"{rate:.1%} of {due}"
