"""Tell sellers' standing on a simulated clock: `python -m scripts.demo_performance`.

It reviews all sellers, of days of the past: so always on a platform of its own, where the
clock reviews nobody, and which is gone afterwards. Ends with proof that nothing was lost,
doubled or put out of order. Exits 1 if a service answered something else than the story
says.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Console

from market.output import say
from scripts.demo_orders.day import now
from scripts.demo_performance import falling, mending, rising
from scripts.demo_performance.season import Season
from scripts.demo_performance.simulated import Clock
from scripts.demo_platform import ask_for_proof, own_platform, prove, told

STEPS: Final[Sequence[Callable[[Season], None]]] = (
    falling.begin,
    falling.warn,
    falling.suspend_at_once,
    falling.reduce_for_some,
    falling.reduce_for_all,
    rising.cure,
    falling.suspend,
    mending.restate,
    rising.boost,
    rising.plan,
    mending.appeal,
)


INTRODUCED: Final = """
Six sellers and a season of orders, on a simulated clock. What happened is told with the
days on which it did, and each day is reviewed late, as of its midnight. A star * marks what
is new.\
"""
NO_CLOCK: Final = "api,relay,consumers"
"""The parts of its services. The clock's own review, of today, would be in the way: whom it
knows is judged of no day before, and it may come at any moment, such as at midnight."""


def main() -> int:
    """Tell the season; return the exit code."""
    if os.environ.pop("MARKET_HOME", None):
        say(
            "MARKET_HOME is set; this reviews days of the past, and starts its own platform"
        )
    os.environ["PARTS"] = NO_CLOCK
    return told("demo-performance", _tell)


def _tell(console: Console) -> int:
    with own_platform() as platform:
        season = Season(platform, console, Clock.before(now()))
        console.print(INTRODUCED)
        for step in STEPS:
            step(season)
        ask_for_proof(console)
        season.let_it_travel()
        prove(platform, console)
        return season.steps


if __name__ == "__main__":
    sys.exit(main())
