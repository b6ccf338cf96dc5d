"""Where a demo lives: a folder that is gone afterwards, or the home that is given."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from market.endpoints import DATABASE, KAFKA
from market.errors import HomeError
from market.home import Home
from market.waiting import Tell

MARK: Final = "demo"
"""The file that says that a home holds the demo's history, and nothing else."""


@contextmanager
def place_to_stay(*, keep: bool, tell: Tell) -> Iterator[Home]:
    """Make MARKET_HOME a home for the demo: a temporary one, unless it is to be kept.

    A broker and a database of others are left alone, whatever the environment names.

    Raises:
        HomeError: A platform runs in that home, or it holds another history.
    """
    for name in (KAFKA, DATABASE):
        if os.environ.pop(name, None):
            tell(f"{name} is set; the demo leaves that alone and starts its own")
    if keep or os.environ.get("MARKET_HOME"):
        home = Home.of_environment()
        _claim(home)
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="market-demo-") as folder:
        os.environ["MARKET_HOME"] = folder
        yield Home(Path(folder))


def _claim(home: Home) -> None:
    """Mark `home` as the demo's.

    Raises:
        HomeError: Something else is in there.
    """
    remedy = "set MARKET_HOME to a new folder for the demo"
    if (state := home.read_state()) and state.supervisor.process():
        raise HomeError(
            f"a platform runs in {home.path}: stop it with `market down`, or {remedy}"
        )
    mark = home.path / MARK
    if (home.path / "version").exists() and not mark.exists():
        raise HomeError(
            f"{home.path} holds a history of its own, which the demo would add to: {remedy}"
        )
    with home.occupied():
        mark.touch()
