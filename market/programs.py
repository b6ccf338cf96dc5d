"""Programs that run beside us: how each is started, recognised again and stopped."""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

CLOCK_SHIFT_S: Final = 5.0
"""How far a correction of the clock may move a birth; no pid is given again so soon."""


@dataclass(frozen=True)
class Program:
    """A program to run in the background.

    Units: `stop_within_s` is how long it may take over an orderly end before it is killed.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 15.0

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own: a Ctrl-C meant for us does not reach it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - no shell, and no words of others
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    def last_words(self, lines: int = 5) -> str:
        """Return the end of its log, for the message that says that it failed."""
        with suppress(OSError):
            text = self.log.read_bytes()[-4096:].decode(errors="replace")
            return "\n".join(text.splitlines()[-lines:])
        return ""


def run_to_end(argv: Sequence[str]) -> bytes:
    """Run `argv` and return what it printed.

    Raises:
        CalledProcessError: It failed; what it said is in there.
    """
    done = subprocess.run(argv, check=True, capture_output=True)  # noqa: S603 - no shell
    return done.stdout


def name_of(pid: int) -> str | None:
    """Return the name of the program that has `pid` now, if one has."""
    with suppress(psutil.Error, ValueError):
        name: str = psutil.Process(pid).name()
        return name
    return None


@dataclass(frozen=True)
class Identity:
    """One run of a process: its pid may be given to another later, its birth may not.

    Units: `born` is the system's own creation time, in seconds.
    """

    pid: int
    born: float

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Return the identity of the process that has `pid` now, if one has."""
        with suppress(psutil.Error):
            return cls(pid, psutil.Process(pid).create_time())
        return None

    def process(self) -> psutil.Process | None:
        """Return the process if this very run is still going on."""
        with suppress(psutil.Error):
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.born) < CLOCK_SHIFT_S
            if same and found.status() != psutil.STATUS_ZOMBIE:
                return found
        return None


def stop(
    runs: Iterable[Identity], how: signal.Signals = signal.SIGTERM, within_s: float = 15.0
) -> None:
    """Ask every run to end, and kill what has not ended in time, with its children.

    Safe to repeat: a run that has ended is left alone, whoever has its pid now.
    """
    found = [process for run in runs if (process := run.process())]
    family = [*found]
    for process in found:
        with suppress(psutil.Error):
            family += process.children(recursive=True)
            process.send_signal(how)
    _, left = psutil.wait_procs(found, timeout=within_s)
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    kill(process for process in family if process.is_running())


def kill(processes: Iterable[psutil.Process]) -> None:
    """Kill `processes` and wait until they are gone."""
    doomed = list(processes)
    for process in doomed:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(doomed, timeout=5)
