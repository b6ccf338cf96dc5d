"""Finding the event that can't be applied, and applying all others around it."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection

from kit.consumers.failures import Unavailable, is_failure, passes, reason
from kit.consumers.records import Handler, Received, Record
from kit.consumers.triage import Held, Sorted

T = TypeVar("T")
_Pair: TypeAlias = tuple[Received, Record]


class HandlerFailed(Exception):  # noqa: N818 - see kit.domain.Refused
    """The handler raised what may be the fault of one event."""


def apply_all(handler: Callable[[T, Connection], None], facts: T, db: Connection) -> None:
    """Give `handler` all `facts` at once, in whatever form it takes them.

    Raises:
        HandlerFailed: It raised; `db` holds a transaction that must be rolled back.
        Unavailable: What it raised says nothing of the events.
    """
    try:
        handler(facts, db)
    except BaseException as why:
        if not is_failure(why):
            raise
        if passes(why, db):
            raise Unavailable(reason(why)) from why
        raise HandlerFailed(reason(why)) from why


def apply_around(found: Sorted, handler: Handler, db: Connection) -> None:
    """Give `handler` the facts of `found` that it takes; hold others with their streams.

    Halves what failed until one event is left; each part is undone if it fails. Afterwards
    `found.facts` are those applied, `found.held` has the others.

    Raises:
        Unavailable: What it raised says nothing of the events.
    """
    pairs = list(zip(found.facts, found.sources, strict=True))
    applied = _apply_part(found, pairs, handler, db)
    found.facts = [fact for fact, _ in applied]
    found.sources = [record for _, record in applied]
    found.held.sort(key=lambda held: held.record.offset)


def _apply_part(
    found: Sorted, pairs: Sequence[_Pair], handler: Handler, db: Connection
) -> list[_Pair]:
    free = _queue_behind(found, pairs)
    if not free:
        return []
    why = _attempt(free, handler, db)
    if why is None:
        return free
    if len(free) == 1:
        ((received, record),) = free
        found.stuck.add(received.envelope.subject)
        found.held.append(Held(record, received.envelope, reason(why)))
        return []
    half = len(free) // 2
    first = _apply_part(found, free[:half], handler, db)
    return first + _apply_part(found, free[half:], handler, db)


def _queue_behind(found: Sorted, pairs: Sequence[_Pair]) -> list[_Pair]:
    free = []
    for received, record in pairs:
        if received.envelope.subject in found.stuck:
            found.held.append(Held(record, received.envelope, None))
        else:
            free.append((received, record))
    return free


def _attempt(
    pairs: Sequence[_Pair], handler: Handler, db: Connection
) -> BaseException | None:
    try:
        with db.begin_nested():
            handler([received for received, _ in pairs], db)
    except BaseException as why:
        if not is_failure(why):
            raise
        if passes(why, db):
            raise Unavailable(reason(why)) from why
        return why
    return None
