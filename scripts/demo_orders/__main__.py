"""Live a seller's day with orders: `python -m scripts.demo_orders`.

On the platform that runs in MARKET_HOME, if that is set; else on one of its own, which is
gone afterwards. Ends with proof that nothing was lost, doubled or put out of order. Exits 1
if a service answered something else than the story says.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Final

from rich.console import Console

from market.asking import ask
from market.errors import NotRunningError
from market.platform import Platform, running
from scripts.demo_orders import (
    deciding,
    editing,
    exporting,
    gating,
    reviewing,
    shipping,
    stocking,
)
from scripts.demo_orders.day import Day
from scripts.demo_orders.names import Names
from scripts.demo_platform import ask_for_proof, own_platform, prove, told

ACTS: Final = (reviewing, editing, deciding, shipping, stocking, gating, exporting)


def main() -> int:
    """Live the day; return the exit code."""
    return told("demo-orders", _live)


def _live(console: Console) -> int:
    with _platform() as platform:
        day = Day(platform, console, _names(platform))
        for step in chain.from_iterable(act.STEPS for act in ACTS):
            step(day)
        ask_for_proof(console)
        day.let_it_travel("all have heard of everything")
        prove(platform, console)
        return day.steps


@contextmanager
def _platform() -> Iterator[Platform]:
    """Lend the platform that runs in MARKET_HOME, else one that ends with the day.

    Raises:
        StartError: It did not start; what had been is stopped again.
    """
    if given := _given():
        yield given
    else:
        with own_platform() as platform:
            yield platform


def _given() -> Platform | None:
    """Return the platform of the home that is named, if it runs."""
    if "MARKET_HOME" in os.environ:
        with suppress(NotRunningError):
            return running()
    return None


def _names(platform: Platform) -> Names:
    """Return ids that this platform has not seen."""
    recorded = ask(platform, "orders", "/status")["pos"]
    return Names().tagged(f"-{recorded}") if recorded else Names()


if __name__ == "__main__":
    sys.exit(main())
