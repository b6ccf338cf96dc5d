"""A process that does to itself what a test wants done at one step, and at no other."""

import os
import signal
import time
from dataclasses import dataclass
from typing import Final

DAWDLE_S: Final = 1.5
"""Longer than partitions take to change hands."""


@dataclass
class Doom:
    """SIGKILL or SIGSTOP, the `left`-th time that the process comes to `step`."""

    step: str
    signal: signal.Signals
    left: int = 3

    def at(self, step: str) -> None:
        """Say that the process is at `step`."""
        if step == self.step:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), self.signal)


@dataclass
class Dawdling(Doom):
    """Rests at `step` every `left`-th time, while others may pass it."""

    times: int = 0

    def at(self, step: str) -> None:
        """Say that the process is at `step`."""
        if step == self.step:
            self.times += 1
            if self.times % self.left == 0:
                time.sleep(DAWDLE_S)
