"""Whose turn it is: one process at a time, seen to live, fenced once it lost its turn."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from kit.database import Claim, end_frozen
from kit.eventstore.requests import Answer, AnyRequest, Preview
from kit.eventstore.streams import Streams

_log: Final = logging.getLogger(__name__)

LEASE_S: Final = 600.0
"""How long a process may show no life at its turn before another takes it for frozen."""


class TurnLost(Exception):  # noqa: N818 - reads as English where raised
    """Another process may have the turn by now. Nothing more is recorded in this one."""


class Turn:
    """The turn at a schedule, held by a session of the database: it falls with that."""

    def __init__(self, session: Connection) -> None:
        self._session = session
        self._showing = Lock()
        self._is_lost = False

    def renew(self) -> None:
        """Show that its process lives.

        Raises:
            TurnLost: The session is gone, and others may have begun.
        Safe to repeat: Yes, from any thread. What is lost stays lost.
        """
        with self._showing:
            if self._is_lost:
                raise TurnLost("the turn was lost before")
            try:
                self._session.execute(text("SELECT 1"))
            except SQLAlchemyError as why:
                self._is_lost = True
                raise TurnLost("the session that held the turn is gone") from why


@dataclass(frozen=True, slots=True)
class InTurn:
    """`Streams` for as long as a turn lasts: once it is lost, they take nothing more.

    A transaction that is on its way when the turn is lost may still be kept: as a run is
    safe twice, and at once, it records what the other one would.
    """

    streams: Streams
    turn: Turn

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        """Submit as the streams do.

        Raises:
            TurnLost: Another process may be at it; nothing is recorded.
        """
        self.turn.renew()
        return self.streams.submit(requests)

    def preview(self, request: AnyRequest) -> Preview:
        """Preview as the streams do: it keeps nothing."""
        return self.streams.preview(request)

    def answered(self, request: AnyRequest) -> Answer | None:
        """Look up as the streams do."""
        return self.streams.answered(request)


@contextmanager
def alone(engine: Engine, name: str, lease_s: float = LEASE_S) -> Iterator[Turn | None]:
    """Hold the turn at the schedule `name` while this is open; None if others have it.

    For what does the same when it is asked to. The lock is the session's and falls with
    it. However long a turn lasts, its process shows that it lives; a holder that is frozen
    for `lease_s` is ended.
    """
    claim = Claim("schedule", f"{engine.url.database}/{name}")
    session = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        if session.execute(claim.asked("pg_try_advisory_lock")).scalar():
            turn = Turn(session)
            with _showing_life(turn, lease_s / 10):
                yield turn
        else:
            end_frozen(engine, claim, lease_s)
            yield None
    finally:
        session.invalidate()
        session.close()


@contextmanager
def _showing_life(turn: Turn, every_s: float) -> Iterator[None]:
    """Renew `turn` every so often, also while its run records nothing."""
    over = Event()

    def show() -> None:
        while not over.wait(every_s):
            try:
                turn.renew()
            except TurnLost as why:
                _log.warning("%s", why, exc_info=why)
                return

    showing = Thread(target=show, name="turn", daemon=True)
    showing.start()
    try:
        yield
    finally:
        over.set()
        showing.join()
