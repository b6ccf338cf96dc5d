"""One embedded server that its owner starts, kills and stops: for tests and benchmarks."""

import subprocess
from contextlib import suppress
from typing import Final, Generic, Protocol, Self, TypeVar

from market.programs import Identity, Program, stop
from market.waiting import wait_until

START_WITHIN_S: Final = 180.0


class Server(Protocol):
    """What the embedded servers have in common."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def program(self) -> Program:
        """The program that serves, once it is prepared."""

    def prepare(self) -> None:
        """Make what the program needs on disk. Safe to repeat."""

    def ready(self) -> bool:
        """Return whether it answers clients."""


S_co = TypeVar("S_co", bound=Server, covariant=True)


class Instance(Generic[S_co]):
    """A run of `server`, and the next, on the same data and at the same address."""

    def __init__(self, server: S_co) -> None:
        self.server = server
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process that serves now.

        Raises:
            RuntimeError: It is not running.
        """
        if self._process is None:
            raise RuntimeError(f"{self.server.name} is not running")
        return self._process.pid

    def start(self) -> Self:
        """Start it and return once it answers; what was written before is there again.

        Raises:
            StartError: It ended, or did not answer in time.
        """
        self.server.prepare()
        try:
            wait_until(
                self._attempt,
                what=self.server.name,
                within_s=START_WITHIN_S,
                alive=self._died,
            )
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """End it in order."""
        program = self.server.program
        if self._process is not None and (run := Identity.of(self._process.pid)):
            stop([run], program.stop_signal, program.stop_within_s)
        self._forget()

    def kill(self) -> None:
        """End it as a crash would: at once, with nothing written or said."""
        if self._process is not None:
            self._process.kill()
        self._forget()

    def _attempt(self) -> bool:
        if self._process is None:
            self._process = self.server.program.start()
        return self._process.poll() is None and self.server.ready()

    def _died(self) -> str | None:
        """Say why it ended, unless what a killed run left behind is only just going."""
        if self._process is None or self._process.poll() is None:
            return None
        last = self.server.program.last_words()
        self._forget()
        if "shared memory block" in last or "another server" in last:
            return None
        return f"{self.server.name} ended while it started: {last}"

    def _forget(self) -> None:
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)
            self._process = None
