"""Parked events as rows: byte for byte what Kafka had, in the order it had."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select

from kit.consumers.records import Record
from kit.consumers.tables import parked_events
from kit.consumers.triage import Held


@dataclass(slots=True)
class ParkedEvent:
    """One event that waits; a `kit.consumers.records.Record` too, to be applied again.

    Units: `offset` is the place in the partition, `pos` in the source's history, `version`
        in the stream; `timestamp` is in milliseconds since 1970.
    """

    topic: str
    stream_id: str
    partition: int
    offset: int
    timestamp: int
    pos: int
    version: int
    event_id: UUID
    type: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    reason: str | None
    parked_at: datetime

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the event that `row` of `parked_events` holds."""
        found = row._asdict()
        del found["group_name"]
        found["offset"] = found.pop("record_offset")
        found["timestamp"] = found.pop("timestamp_ms")
        headers = found.pop("headers")
        return cls(**found, headers=[(n, base64.b64decode(v)) for n, v in headers])


def streams_parked(db: Connection, group: str, topic: str, partition: int) -> list[str]:
    """Return the streams of `partition` whose events wait."""
    row = parked_events.c
    query = select(row.stream_id).distinct()
    where = (row.group_name == group, row.topic == topic, row.partition == partition)
    return list(db.scalars(query.where(*where)))


def park(db: Connection, group: str, held: Sequence[Held]) -> None:
    """Add `held` to the queues of their streams."""
    if held:
        db.execute(insert(parked_events), [_row(group, each) for each in held])


def _row(group: str, held: Held) -> dict[str, Any]:
    record, envelope = held.record, held.envelope
    return {
        "group_name": group,
        "topic": record.topic,
        "stream_id": envelope.subject,
        "record_offset": record.offset,
        "partition": record.partition,
        "timestamp_ms": record.timestamp,
        "pos": envelope.pos,
        "version": envelope.sequence,
        "event_id": envelope.id,
        "type": envelope.type,
        "key": record.key,
        "value": record.value,
        "headers": _as_text(record),
        "reason": held.why,
    }


def _as_text(record: Record) -> list[tuple[str, str]]:
    return [
        (name, base64.b64encode(value or b"").decode()) for name, value in record.headers
    ]
