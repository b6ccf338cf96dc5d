"""One leader per history: an advisory lock to keep others out, an epoch to fence a zombie.

The lock is the database session's and falls with it. A leader that was cut off and does
not know it yet still holds its old epoch, and whatever it writes under that is refused.
A leader that froze keeps its session, but shows no life there: who wants to follow ends it.
"""

from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection, Engine, text

from kit.database import Claim, end_frozen

LEASE_S: Final = 15.0
"""For how long a leader may show no life before another takes its place."""

_NEXT_EPOCH: Final = "UPDATE log_leader SET epoch = epoch + 1 RETURNING epoch"


class Deposed(Exception):  # noqa: N818 - reads as English where raised
    """Another leader took over. Nothing of what was being written was kept."""


@dataclass(slots=True)
class Leadership:
    """The claim to number and publish this database's history, held by a session.

    Units: who shows no life for `lease_s` is ended by who stands by.
    Shape: `epoch` rises with each new leader; 0 while the claim is not held.
    """

    engine: Engine
    lease_s: float = LEASE_S
    epoch: int = 0
    _session: Connection | None = None

    def claim(self) -> bool:
        """Become the leader if there is none; say whether it worked.

        A leader that is frozen is ended, so that it works the next time.

        Safe to repeat: Yes; a leader stays one, at the same epoch.
        """
        if self._session is not None:
            return True
        session = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._session = session
        lock = Claim("relay", self.engine.url.database or "")
        try:
            if session.execute(lock.asked("pg_try_advisory_lock")).scalar():
                self.epoch = session.execute(text(_NEXT_EPOCH)).scalar_one()
            else:
                end_frozen(self.engine, lock, self.lease_s)
        finally:
            if not self.epoch:
                self.resign()
        return self._session is not None

    def renew(self) -> None:
        """Show that this leader lives.

        Raises:
            Deposed: It does not lead.
        """
        if self._session is None:
            raise Deposed("it resigned")
        self._session.execute(text("SELECT 1"))

    def resign(self) -> None:
        """Give the lock back. Safe to repeat, and with a session that is lost."""
        session, self._session, self.epoch = self._session, None, 0
        if session is not None:
            session.invalidate()
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.resign()
