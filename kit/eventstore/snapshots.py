"""The newest state of long streams, so that loading one does not read all of it."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Final, TypeAlias
from uuid import UUID

from eventsourcing.persistence import AggregateRecorder, StoredEvent
from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine

from kit.database import driver
from kit.domain import Decider

AnyDecider: TypeAlias = Decider[Any, Any, Any]

EVERY: Final = 200
"""Facts of one stream between two snapshots."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stream's state after `version` facts."""

    version: int
    state: Any


@cache
def _kind(state: type, version: int) -> str:
    """Name a class, its fields and its decider's version: each makes another kind."""
    schema = json.dumps(TypeAdapter(state).json_schema(), sort_keys=True)
    return f"{state.__name__}.v{version}.{sha256(schema.encode()).hexdigest()[:16]}"


def to_stored(stream_id: str, snapshot: Snapshot, decider: AnyDecider) -> StoredEvent:
    """Return `snapshot` as it is stored, as one that `decider` made."""
    state: type = type(snapshot.state)
    data = TypeAdapter(state).dump_json(snapshot.state)
    kind = _kind(state, decider.version)
    return StoredEvent(stream_id, snapshot.version, kind, data)


def from_stored(stored: StoredEvent, decider: AnyDecider) -> Snapshot | None:
    """Return the snapshot, or None if `decider` would not make it of the same facts."""
    for state in decider.states:
        if _kind(state, decider.version) == stored.topic:
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
        " WHERE stream_id = ANY(%b)"
    )
    rows = driver(db).execute(sql, (list(stream_ids),))
    return [StoredEvent(*row) for row in rows]
