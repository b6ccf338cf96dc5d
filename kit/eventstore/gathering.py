"""Requests that come at the same time, answered in one transaction: a group commit."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import Final, TypeVar

from sqlalchemy import Connection

from kit.eventstore.requests import Answer, AnyRequest, Preview
from kit.eventstore.streams import PostgresStreams, StoreUnavailable, Streams, trace

T = TypeVar("T")

MOST: Final = 100
"""Requests of one transaction: what many together save is saved by then."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """Somebody who waits: for an answer, or for their turn to find it for others too."""

    request: AnyRequest
    woken: Event = field(default_factory=Event)
    answer: Answer | None = None
    error: Exception | None = None

    @property
    def is_over(self) -> bool:
        return self.answer is not None or self.error is not None

    def told(self) -> Answer:
        """Return the answer.

        Raises:
            Exception: As `Streams.submit`.
        """
        if self.answer is None:
            raise self.error or RuntimeError("a request was left without an answer")
        return self.answer


@dataclass(slots=True)
class GatheredStreams:
    """`Streams` for many who ask at once, each for one thing.

    Who comes first submits; whoever comes meanwhile waits, and is submitted together with
    all others who wait, by one of them. Who comes alone waits for nobody. Many requests of
    one caller are a transaction of their own already, and go straight on.
    """

    streams: PostgresStreams
    _lock: Lock = field(default_factory=Lock)
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _is_led: bool = False

    @property
    def waiting(self) -> int:
        """How many wait to be submitted now."""
        return len(self._waiting)

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        """Decide and append.

        Raises:
            StreamConflict: As `Streams.submit`; StoreUnavailable too.
        """
        if len(requests) != 1:
            return self.streams.submit(requests)
        # In the thread of who asks: a trace is found there alone.
        mine = _Waiting(replace(requests[0], trace=requests[0].trace or trace()))
        with self._lock:
            self._waiting.append(mine)
            follows, self._is_led = self._is_led, True
        if follows:
            mine.woken.wait()
        if not mine.is_over:
            self._lead()
        return [mine.told()]

    def preview(self, request: AnyRequest) -> Preview:
        """Decide, and keep nothing.

        Raises:
            StoreUnavailable: As `Streams.preview`.
        """
        return self.streams.preview(request)

    def answered(self, request: AnyRequest) -> Answer | None:
        """Look up what was answered before.

        Raises:
            StoreUnavailable: As `Streams.answered`.
        """
        return self.streams.answered(request)

    def together(self, work: Callable[[Connection, Streams], T]) -> T:
        """Do `work` in a transaction of its own.

        Raises:
            StreamConflict: As `PostgresStreams.together`; StoreUnavailable too.
        """
        return self.streams.together(work)

    def _lead(self) -> None:
        """Answer all who wait, us too, then let the first of those who came meanwhile."""
        with self._lock:
            gathered = [
                self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))
            ]
        try:
            self._answer(gathered)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._is_led = following is not None
            for one in gathered:
                one.woken.set()
            if following is not None:
                following.woken.set()

    def _answer(self, gathered: Sequence[_Waiting]) -> None:
        try:
            answers = self.streams.submit([one.request for one in gathered])
        except StoreUnavailable as away:
            for one in gathered:
                one.error = away
        except Exception as failed:  # noqa: BLE001 - it is told to who asked for it
            if len(gathered) == 1:
                gathered[0].error = failed
                return
            # One of them fails, or lost to another writer: it hinders no other.
            for one in gathered:
                self._answer([one])
        else:
            for one, answer in zip(gathered, answers, strict=True):
                one.answer = answer
