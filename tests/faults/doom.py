"""A process that does to itself what a test wants done at one step, and at no other."""

import os
import signal
from dataclasses import dataclass


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
