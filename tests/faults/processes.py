"""Processes that a test starts, freezes, kills and ends."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from market.programs import Program
from market.waiting import wait_until

PATIENCE_S = 60.0


@dataclass
class Child:
    """One run of a module, and what it said."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_said(self, *words: str) -> None:
        """It said one of `words`."""

        def said() -> bool:
            text = self.log.read_text()
            return any(each in text for each in words)

        self._wait(said, f"{words} in {self.log}")

    def wait_killed(self) -> None:
        """It met the step at which it was to be killed."""
        code = self.process.wait(PATIENCE_S)
        assert code == -signal.SIGKILL, self.log.read_text()

    def wait_frozen(self) -> None:
        """It met the step at which it was to be frozen."""
        run = psutil.Process(self.process.pid)
        frozen = psutil.STATUS_STOPPED
        self._wait(lambda: run.status() == frozen, f"a frozen process of {self.log}")

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def end(self) -> None:
        """Ask it to stop in order, which it does."""
        self.process.terminate()
        assert self.process.wait(PATIENCE_S) in {0, -signal.SIGTERM}, self.log.read_text()

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        wait_until(ready, what=what, within_s=PATIENCE_S, alive=self._died)

    def _died(self) -> str | None:
        return None if self.process.poll() is None else self.log.read_text()


@dataclass
class Nursery:
    """Starts the modules of this folder and of services; none outlives its test."""

    folder: Path
    children: list[Child] = field(default_factory=list)

    def start(self, module: str, *words: object, **environment: str) -> Child:
        log = self.folder / f"{len(self.children)}-{module.rpartition('.')[2]}.log"
        argv = (sys.executable, "-m", module, *map(str, words))
        program = Program(module, argv, log, environment)
        child = Child(program.start(), log)
        self.children.append(child)
        return child


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """A nursery whose children are gone in the end, frozen ones too."""
    found = Nursery(folder)
    try:
        yield found
    finally:
        for child in found.children:
            child.kill()
