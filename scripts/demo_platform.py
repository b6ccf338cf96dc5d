"""A platform that a demo lives on, gone afterwards; and the proof of its history."""

import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.rule import Rule

from market.background import start_in_background, stop_platform
from market.commands.verify import proofs
from market.demo.place import place_to_stay
from market.demo.showing import proofs as proved, screen
from market.demo.stages import Stages, StartUp
from market.errors import MarketError, StartError
from market.home import Home
from market.output import say
from market.platform import Platform, running

INTERRUPTED: Final = 130


class NotProvedError(MarketError):
    """The platform's history is not whole."""


def told(name: str, tell: Callable[[Console], int]) -> int:
    """Let demo `name` tell its story, on the console given; return the exit code.

    Shape: `tell` returns how many steps there were.
    """
    began, console = time.monotonic(), screen()
    try:
        steps = tell(console)
    except KeyboardInterrupt:
        return INTERRUPTED
    except MarketError as why:
        say(f"{name}: {why}")
        return why.exit_code
    console.print(f"\nDone: {steps} steps in {time.monotonic() - began:.0f} s.")
    return 0


@contextmanager
def own_platform() -> Iterator[Platform]:
    """Start a platform, and lend it: it ends with the demo.

    Raises:
        StartError: It did not start; what had been is stopped again.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with place_to_stay(keep=False, tell=say) as home:
        try:
            yield _started()
        finally:
            _stop(home)


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


def ask_for_proof(console: Console) -> None:
    """Print what is asked of a platform at the end."""
    console.print()
    title = "Was anything lost, doubled or put out of order?"
    console.print(Rule(title, align="left", characters="─"))


def prove(platform: Platform, console: Console) -> None:
    """Show what `market verify` proves, once all have heard of everything.

    Raises:
        NotProvedError: Something was lost, doubled or put out of order.
    """
    claims: dict[str, list[str]] = defaultdict(list)
    for found in proofs(platform):
        if found.wrong:
            raise NotProvedError(f"{found.what}: no; {found.wrong}")
        where, _, claim = found.what.partition(": ")
        claims[claim].append(f"{where} {found.figure}")
    console.print(proved(claims))
