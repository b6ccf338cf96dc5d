"""`market demo`: the main job from end to end, on a small history that ships along."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import typer
from rich.console import Console

from market.background import stop_platform
from market.commands.fees import charge_month
from market.commands.verify import proofs
from market.demo.place import place_to_stay
from market.demo.showing import screen
from market.demo.stages import Stages
from market.demo.story import Demo
from market.errors import EXIT_CODES
from market.home import Home
from market.output import say
from market.samples import AS_OF, EXPLAINED_SELLER, FEE_MONTH

app = typer.Typer()

AS_OF_TEXT: Final = f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}"
NEXT: Final = (
    ("status", "how each process does"),
    (f"scorecards --as-of {AS_OF_TEXT} --all", "with all metrics"),
    (f"scorecards --as-of {AS_OF_TEXT} --known-at {AS_OF_TEXT}", "as known then"),
    (f"fees {FEE_MONTH} --seller {EXPLAINED_SELLER} --explain", "day by day"),
    (f"history --seller {EXPLAINED_SELLER} --follow", "facts as they come"),
    (f"token --seller {EXPLAINED_SELLER}", "what a seller's client asks with"),
    ("verify", "the proof, line by line"),
    ("down", "stop all of it"),
)


@app.command(epilog=EXIT_CODES)
def demo(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave it running in MARKET_HOME (.market).")
    ] = False,
) -> None:
    """Show the main job from end to end, in a minute or so.

    Starts Kafka, PostgreSQL and the services, imports a small generated history, waits
    until all have caught up, and shows scorecards, a seller's standing, a store fee, and
    where each number comes from. Then stops all of it, and removes its data unless
    MARKET_HOME says where it goes.
    """
    console, progress = screen(), Console(stderr=True, highlight=False)
    showing = Demo(console, Stages(progress), charge_month, proofs)
    with _asked_to_stop(), place_to_stay(keep=keep, tell=say) as home:
        done = False
        try:
            showing.show(showing.start())
            showing.end()
            done = True
        finally:
            if not (keep and done):
                _stop(home)
        if keep:
            _say_what_next(console, home)


def _stop(home: Home) -> None:
    """Stop the platform, whatever else we are asked meanwhile."""
    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, signal.SIG_IGN)
    stop_platform(home, say)
    say("stopped")


@contextmanager
def _asked_to_stop() -> Iterator[None]:
    """Take SIGTERM as Ctrl-C, so that all of it is stopped in order."""
    before = {which: signal.getsignal(which) for which in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def _say_what_next(console: Console, home: Home) -> None:
    """Print commands to try on the platform that goes on."""
    by_uv = "uv run " if "UV_RUN_RECURSION_DEPTH" in os.environ else ""
    console.print(f"\nIt goes on in {home.path}. Try:\n")
    if "MARKET_HOME" in os.environ:
        console.print(f"  export MARKET_HOME={home.path}")
    for words, what in NEXT:
        console.print(f"  {f'{by_uv}market {words}':<72} # {what}", no_wrap=True)
