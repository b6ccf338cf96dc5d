"""Keeping programs running: one that dies is started again, with growing pauses."""

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from market.programs import Identity, Program, stop
from market.state import Phase, Process
from market.waiting import Tell, wait_until

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
CALM_AFTER_S: Final = 60.0
TRIES_TO_START: Final = 4
TICK_S: Final = 0.1


class StoppingError(Exception):
    """We were asked to stop while we waited for something else."""


class Kept:
    """One program, its present run, and when it may be started next."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.ready = False
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._started_at = 0.0
        self._next_at = 0.0

    @property
    def run(self) -> Identity | None:
        """The run that goes on now."""
        return Identity.of(self._process.pid) if self._process else None

    @property
    def phase(self) -> Phase:
        """What people are told of it."""
        if self._process is None and self.restarts:
            return "restarting"
        return "running" if self.ready else "starting"

    def start(self) -> None:
        """Start it now."""
        self._started_at = time.monotonic()
        self._process = self.program.start()

    def look(self) -> str | None:
        """Notice its death, or start it once its pause is over; return what has changed."""
        if self._process is None:
            if time.monotonic() < self._next_at:
                return None
            self.start()
            return f"{self.program.name} was started again"
        code = self._process.poll()
        if code is None:
            return None
        self._process = None
        pause = self._note_death()
        return f"{self.program.name} ended with code {code}; next start in {pause:g} s"

    def stop(self) -> None:
        """End its run: in order, or else by force."""
        if self._process is None:
            return
        if run := self.run:
            stop([run], self.program.stop_signal, self.program.stop_within_s)
        self._process.wait()
        self._process = None

    def described(self, stage: int) -> Process:
        """Return what other commands are to know of it."""
        return Process(
            name=self.program.name,
            phase=self.phase,
            run=self.run,
            restarts=self.restarts,
            stage=stage,
            stop_signal=self.program.stop_signal,
        )

    def doomed(self) -> str | None:
        """Return why it will not start at all, once it has had its tries."""
        if self.ready or self._failures < TRIES_TO_START:
            return None
        return (
            f"{self.program.name} ended {self._failures} times while it started; its log "
            f"{self.program.log} ends:\n{self.program.last_words()}"
        )

    def _note_death(self) -> float:
        now = time.monotonic()
        self.restarts += 1
        self._failures = 1 if now - self._started_at > CALM_AFTER_S else self._failures + 1
        pause = pause_after(self._failures)
        self._next_at = now + pause
        return pause


def pause_after(failures: int) -> float:
    """Return how long to wait before the next start, after so many deaths in a row."""
    return float(min(FIRST_PAUSE_S * 2 ** min(failures - 1, 16), LONGEST_PAUSE_S))


class Supervisor:
    """Programs kept running in the order in which they were added, stopped in reverse.

    `tell` is called with all of them whenever one has started, died or become ready; `say`
    with a sentence for people, of every death and what follows.
    """

    def __init__(self, tell: Callable[[Sequence[Process]], None], say: Tell) -> None:
        self._tell = tell
        self._say = say
        self._groups: list[list[Kept]] = []
        self.stopping = threading.Event()

    def add(self, programs: Sequence[Program]) -> None:
        """Start `programs`, which stand on all that were added before, and keep them up."""
        self._groups.append([])
        for program in programs:
            kept = Kept(program)
            kept.start()
            self._groups[-1].append(kept)
            self._tell(self.processes())

    def wait_for(self, name: str, ready: Callable[[], object], within_s: float) -> None:
        """Return once the program `name` is `ready`; meanwhile all are kept running.

        Raises:
            StartError: It keeps dying, or was not ready in time.
            StoppingError: We were asked to stop.
        """
        [kept] = [k for k in self._all() if k.program.name == name]

        def alive() -> str | None:
            self._look()
            return kept.doomed()

        wait_until(ready, what=name, within_s=within_s, alive=alive)
        kept.ready = True
        self._tell(self.processes())

    def watch(self) -> None:
        """Keep all programs running until `stopping` is set."""
        while not self.stopping.wait(TICK_S):
            self._look_round()

    def stop(self) -> None:
        """Stop all programs: those that were added last first, each group at once."""
        if not self._groups:
            return
        for group in reversed(self._groups):
            stopping = [threading.Thread(target=kept.stop) for kept in group]
            for thread in stopping:
                thread.start()
            for thread in stopping:
                thread.join()
        self._groups.clear()
        self._tell([])

    def processes(self) -> list[Process]:
        """Return what is known of each program, in the order of their start."""
        return [
            kept.described(stage)
            for stage, group in enumerate(self._groups)
            for kept in group
        ]

    def _all(self) -> list[Kept]:
        return [kept for group in self._groups for kept in group]

    def _look(self) -> None:
        if self.stopping.is_set():
            raise StoppingError
        self._look_round()

    def _look_round(self) -> None:
        news = [said for kept in self._all() if (said := kept.look())]
        for said in news:
            self._say(said)
        if news:
            self._tell(self.processes())
