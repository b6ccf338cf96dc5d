"""The newest state of long streams, so that loading one does not read all of it."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import AggregateRecorder, StoredEvent
from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine

from kit.database import driver

EVERY: Final = 200
"""Facts of one stream between two snapshots."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stream's state after `version` facts."""

    version: int
    state: Any


@cache
def _kind(state: type) -> str:
    """Name a class and its fields: a state of other fields is another kind."""
    schema = json.dumps(TypeAdapter(state).json_schema(), sort_keys=True)
    return f"{state.__name__}.{sha256(schema.encode()).hexdigest()[:16]}"


def to_stored(stream_id: str, snapshot: Snapshot) -> StoredEvent:
    """Return `snapshot` as it is stored."""
    kind: type = type(snapshot.state)
    data = TypeAdapter(kind).dump_json(snapshot.state)
    return StoredEvent(stream_id, snapshot.version, _kind(kind), data)


def from_stored(stored: StoredEvent, states: Sequence[type]) -> Snapshot | None:
    """Return the snapshot, or None if it is of a class or fields that are no more."""
    for state in states:
        if _kind(state) == stored.topic:
            value: object = TypeAdapter(state).validate_json(stored.state)
            return Snapshot(stored.originator_version, value)
    return None


class SnapshotRecorder(AggregateRecorder):
    """The library's recorder of snapshots: one row per stream, the newest."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        connection: Connection | None = None,
        **_: object,
    ) -> None:
        """Keep each state, in place of an older one of its stream."""
        sql = (
            "INSERT INTO snapshots VALUES (%s, %s, %s, %s::json)"
            " ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version,"
            " kind = excluded.kind, data = excluded.data"
            " WHERE snapshots.version < excluded.version"
        )
        rows = [
            (s.originator_id, s.originator_version, s.topic, s.state.decode())
            for s in stored_events
        ]
        with nullcontext(connection) if connection else self.engine.begin() as db:
            driver(db).cursor().executemany(sql, rows)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,  # noqa: ARG002 - there is one at most
        limit: int | None = None,  # noqa: ARG002 - there is one at most
    ) -> Sequence[StoredEvent]:
        """Return the state kept of one stream, if its version is within the bounds."""
        sql = (
            "SELECT stream_id, version, kind, convert_to(data::text, 'UTF8') FROM snapshots"
            " WHERE stream_id = %s AND version > coalesce(%s, 0)"
            " AND version <= coalesce(%s, 2147483647)"
        )
        with self.engine.connect() as db:
            rows = driver(db).execute(sql, (str(originator_id), gt, lte))
            return [StoredEvent(*row) for row in rows]


def select(stream_ids: Sequence[str], db: Connection) -> Sequence[StoredEvent]:
    """Return the states kept of many streams."""
    sql = (
        "SELECT stream_id, version, kind, convert_to(data::text, 'UTF8') FROM snapshots"
        " WHERE stream_id = ANY(%s)"
    )
    rows = driver(db).execute(sql, (list(stream_ids),))
    return [StoredEvent(*row) for row in rows]
