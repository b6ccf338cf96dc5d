"""Looking after parked streams: see them, apply them again, or give an event up."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Text,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on

from kit.consumers.failures import unavailable_if_passing
from kit.consumers.parked import ParkedEvent
from kit.consumers.poison import apply_around
from kit.consumers.positions import lock_position
from kit.consumers.records import Handler
from kit.consumers.tables import discarded_events, parked_events
from kit.consumers.triage import Sorted, sort_out


class NotParked(LookupError):  # noqa: N818 - see kit.domain.Refused
    """Nothing of that stream waits."""


@dataclass(frozen=True, slots=True)
class ParkedStream:
    """A stream that waits: how much of it, since when, and why its first one does."""

    topic: str
    stream_id: str
    partition: int
    events: int
    parked_at: datetime
    type: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Redriven:
    """What a redrive did: all of the queue applied, or none of it and the new `reason`."""

    applied: int
    waiting: int
    reason: str | None = None


def parked_streams(engine: Engine, group: str) -> list[ParkedStream]:
    """Return the streams of `group` that wait, those waiting longest first."""
    row = parked_events.c
    stream = (row.topic, row.stream_id)
    heads = (
        select(
            *stream,
            row.partition,
            func.count().over(partition_by=stream).label("events"),
            row.parked_at,
            row.type,
            row.reason,
        )
        .where(row.group_name == group)
        .ext(distinct_on(*stream))
        .order_by(*stream, row.record_offset)
        .subquery()
    )
    with unavailable_if_passing(), engine.connect() as db:
        found = db.execute(select(heads).order_by(heads.c.parked_at, *heads.c[:2]))
        return [ParkedStream(*each) for each in found]


def parked_stream(engine: Engine, group: str, topic: str, stream: str) -> list[ParkedEvent]:
    """Return the events of `stream` that wait, in the order they will be applied in.

    Raises:
        NotParked: None does.
    """
    with unavailable_if_passing(), engine.connect() as db:
        return _queue(db, group, topic, stream)


def redrive(
    engine: Engine, group: str, topic: str, stream: str, handler: Handler
) -> Redriven:
    """Apply the queue of `stream`, in order and in one transaction, or leave it waiting.

    The consumer of its partition waits meanwhile, so that nothing slips in behind.

    Raises:
        NotParked: Nothing of `stream` waits.
        Unavailable: The handler's means are away; nothing was changed.
    Safe to repeat: Yes. What was applied waits no longer.
    """
    with unavailable_if_passing(), engine.begin() as db:
        queue = _lock_queue(db, group, topic, stream)
        found = sort_out(queue, 0, 0, ())
        attempt = db.begin_nested()
        apply_around(found, handler, db)
        if found.held:
            attempt.rollback()
            return _still_waiting(db, group, found, len(queue))
        attempt.commit()
        db.execute(delete(parked_events).where(_is(group, topic, stream)))
        return Redriven(applied=len(queue), waiting=0)


def discard(
    engine: Engine,
    group: str,
    topic: str,
    stream: str,
    *,
    because: str,
    event_id: UUID | None = None,
) -> int:
    """Give up the first event of `stream` that waits, or `event_id`; return what is left.

    The event is kept in `discarded_events` with `because`. Those behind it wait for a
    redrive: whether they make sense without it is for whoever discards to judge.

    Raises:
        NotParked: It does not wait, or nothing of `stream` does.
    """
    with unavailable_if_passing(), engine.begin() as db:
        queue = _lock_queue(db, group, topic, stream)
        given_up = next((e for e in queue if event_id in {None, e.event_id}), None)
        if given_up is None:
            raise NotParked(f"event {event_id} of {stream} on {topic} is not parked")
        row = parked_events.c
        one = and_(_is(group, topic, stream), row.record_offset == given_up.offset)
        kept = select(*parked_events.c, literal(because, Text)).where(one)
        names = [*parked_events.c.keys(), "because"]
        db.execute(insert(discarded_events).from_select(names, kept))
        db.execute(delete(parked_events).where(one))
        return len(queue) - 1


def _queue(db: Connection, group: str, topic: str, stream: str) -> list[ParkedEvent]:
    waiting = select(parked_events).where(_is(group, topic, stream))
    rows = db.execute(waiting.order_by(parked_events.c.record_offset))
    queue = [ParkedEvent.of(row) for row in rows]
    if not queue:
        raise NotParked(f"nothing of {stream} on {topic} is parked")
    return queue


def _lock_queue(db: Connection, group: str, topic: str, stream: str) -> list[ParkedEvent]:
    """Return the queue, and keep the consumer of its partition from adding to it."""
    head, *_ = _queue(db, group, topic, stream)
    lock_position(db, group, topic, head.partition)
    return _queue(db, group, topic, stream)


def _still_waiting(db: Connection, group: str, found: Sorted, waiting: int) -> Redriven:
    """Store why the queue can't be applied now, with the event that it lies in."""
    failed = found.held[0]
    stream = _is(group, failed.record.topic, failed.envelope.subject)
    at_fault = parked_events.c.record_offset == failed.record.offset
    why = case((at_fault, literal(failed.why, Text)), else_=null())
    db.execute(update(parked_events).where(stream).values(reason=why))
    return Redriven(applied=0, waiting=waiting, reason=failed.why)


def _is(group: str, topic: str, stream: str) -> ColumnElement[bool]:
    row = parked_events.c
    return and_(row.group_name == group, row.topic == topic, row.stream_id == stream)
