"""Waiting until something answers, by asking it again and again."""

import time
from collections.abc import Callable
from typing import Final

from market.errors import StartError

PAUSE_S: Final = 0.05


def wait_until(
    ready: Callable[[], bool],
    *,
    what: str,
    within_s: float,
    alive: Callable[[], str | None] = lambda: None,
) -> None:
    """Return once `ready()`; `alive` says why there is no point in waiting on, if so.

    Raises:
        StartError: It took longer than `within_s`, or `alive` said why.
    """
    deadline = time.monotonic() + within_s
    while not ready():
        if dead := alive():
            raise StartError(dead)
        if time.monotonic() > deadline:
            raise StartError(
                f"{what} did not answer within {within_s:.0f} s: see its log, or try again "
                "when the machine is less busy"
            )
        time.sleep(PAUSE_S)
