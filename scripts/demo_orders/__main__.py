"""Live a seller's day with orders: `python -m scripts.demo_orders`.

On the platform that runs in MARKET_HOME, if that is set; else on one of its own, which is
gone afterwards. Ends with proof that nothing was lost, doubled or put out of order. Exits 1
if a service answered something else than the story says.
"""

import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Final

from rich.console import Console
from rich.rule import Rule

from market.asking import ask
from market.background import start_in_background, stop_platform
from market.commands.verify import proofs
from market.demo.place import place_to_stay
from market.demo.showing import proofs as proved, screen
from market.demo.stages import Stages, StartUp
from market.errors import MarketError, NotRunningError, StartError
from market.home import Home
from market.output import say
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

INTERRUPTED: Final = 130
ACTS: Final = (reviewing, editing, deciding, shipping, stocking, gating, exporting)


class NotProvedError(MarketError):
    """The platform's history is not whole."""


def main() -> int:
    """Live the day; return the exit code."""
    began, console = time.monotonic(), screen()
    try:
        with _platform() as platform:
            day = Day(platform, console, _names(platform))
            for step in chain.from_iterable(act.STEPS for act in ACTS):
                step(day)
            _prove(day)
            took = time.monotonic() - began
            console.print(f"\nDone: {day.steps} steps in {took:.0f} s.")
    except KeyboardInterrupt:
        return INTERRUPTED
    except MarketError as why:
        say(f"demo-orders: {why}")
        return why.exit_code
    return 0


@contextmanager
def _platform() -> Iterator[Platform]:
    """Lend the platform that runs in MARKET_HOME, else one that ends with the day.

    Raises:
        StartError: It did not start; what had been is stopped again.
    """
    if given := _given():
        yield given
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with place_to_stay(keep=False, tell=say) as home:
        try:
            yield _started()
        finally:
            _stop(home)


def _given() -> Platform | None:
    """Return the platform of the home that is named, if it runs."""
    if "MARKET_HOME" in os.environ:
        with suppress(NotRunningError):
            return running()
    return None


def _started() -> Platform:
    stages = Stages(Console(stderr=True, highlight=False))
    with stages.shown("start"):
        if start_in_background(StartUp(stages).tell, {}):
            raise StartError("the platform did not start: the lines above say why")
    return running()


def _stop(home: Home) -> None:
    """Stop the platform, whatever else we are asked meanwhile."""
    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, signal.SIG_IGN)
    stop_platform(home, say)


def _names(platform: Platform) -> Names:
    """Return ids that this platform has not seen."""
    recorded = ask(platform, "orders", "/status")["pos"]
    return Names().tagged(f"-{recorded}") if recorded else Names()


def _prove(day: Day) -> None:
    """Show what `market verify` proves, once all have heard of everything.

    Raises:
        NotProvedError: Something was lost, doubled or put out of order.
    """
    day.console.print()
    title = "Was anything lost, doubled or put out of order?"
    day.console.print(Rule(title, align="left", characters="─"))
    day.let_it_travel("all have heard of everything")
    claims: dict[str, list[str]] = defaultdict(list)
    for found in proofs(day.platform):
        if found.wrong:
            raise NotProvedError(f"{found.what}: no; {found.wrong}")
        where, _, claim = found.what.partition(": ")
        claims[claim].append(f"{where} {found.figure}")
    day.console.print(proved(claims))


if __name__ == "__main__":
    sys.exit(main())
