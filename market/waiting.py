"""Waiting until something answers, by asking it again and again, and saying so."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from market.errors import StartError

PAUSE_S: Final = 0.05

Tell: TypeAlias = Callable[[str], None]
"""Told what we are at, in words for people."""


def wait_until(
    ready: Callable[[], object],
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


@dataclass
class Waits:
    """What was waited for, one after the other, and how long."""

    tell: Tell
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        """Say that we wait for `what`, and remember how long it took."""
        self.tell(f"waiting for {what} ...")
        began = time.monotonic()
        yield
        self.seconds[what] = time.monotonic() - began

    def summary(self) -> str:
        """Return how long all of it took, and the longest of it."""
        longest = max(self.seconds, key=lambda what: self.seconds[what])
        total = sum(self.seconds.values())
        return (
            f"ready after {total:.1f} s, {self.seconds[longest]:.1f} s of it for {longest}"
        )
