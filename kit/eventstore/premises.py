"""What must hold beside a command's own stream: held still first, then looked up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from sqlalchemy import Connection

from contracts.fact import Fact
from kit.database import driver
from kit.domain import Refused
from kit.eventstore.requests import Answer, AnyRequest

LOCKS: Final = 256
"""Keys share a few locks: a batch of thousands must not fill the server's table."""

_HOLD: Final = (
    "SELECT pg_advisory_xact_lock(hashtext('premises'), n) FROM unnest(%s::int4[]) AS n"
)


def hold(requests: Iterable[AnyRequest], db: Connection) -> None:
    """Let nobody else hold what `requests` hold until the transaction is over.

    All of it at once, in the same order everywhere, before anything is looked up: so no
    two batches can each wait for what the other has.
    """
    locks = {_lock(key) for request in requests for key in request.holds}
    if locks:
        driver(db).execute(_HOLD, (sorted(locks),))


def _lock(key: str) -> int:
    return crc32(key.encode()) % LOCKS


def unmet(request: AnyRequest, db: Connection) -> Answer | None:
    """Return the refusal of a request whose premise does not hold, or None if it does."""
    if request.premise is None:
        return None
    try:
        request.premise(db)
    except Refused as why:
        return Answer(0, 0, why)
    return None


@dataclass(slots=True)
class Untold:
    """What a batch has recorded that the read models have not been told, by its keys.

    A premise looks at read models: they must be told before it if, and only if, something
    of this matters to it.
    """

    _keys: set[str] = field(default_factory=set)
    _anything: bool = False
    _something: bool = False

    def note(self, request: AnyRequest, facts: Iterable[Fact]) -> None:
        """Note `facts`, which were recorded for `request`."""
        for fact in facts:
            self._something = True
            if request.touches is None:
                self._anything = True
            else:
                self._keys.update(request.touches(fact))

    def matters_to(self, request: AnyRequest) -> bool:
        """Say whether the premise of `request` could look at something of this.

        It does if a fact touches a key that `request` holds; and, for caution, if who
        recorded does not say what facts touch, or `request` does not say what it holds.
        """
        if request.premise is None or not self._something:
            return False
        return (
            self._anything or not request.holds or not self._keys.isdisjoint(request.holds)
        )

    def clear(self) -> None:
        """Forget it: the read models were told."""
        self._keys.clear()
        self._anything = self._something = False
