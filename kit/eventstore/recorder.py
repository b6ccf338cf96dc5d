"""Stored facts in PostgreSQL, appended in a transaction that others may share.

No table lock and no NOTIFY: both serialise commits. Whoever tails the history reads
`event_log`, which the relay's leader numbers without holes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any, Final, cast
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)
from sqlalchemy import Connection, Engine

from contracts.registry import schema_version
from kit.database import driver
from kit.eventstore.records import StoredFact, refuse_too_large
from kit.eventstore.tables import CONTESTED

_BULK: Final = 64
"""From this many facts on, COPY beats an INSERT, its extra round trips included."""

_COLUMNS: Final = (
    "event_id, stream_id, version, type, schema_version, partition_key, data, meta,"
    " occurred_at, recorded_at"
)
_TYPES: Final = (
    "int8",
    "uuid",
    "text",
    "int4",
    "text",
    "int2",
    "text",
    "text",
    "text",
    "timestamptz",
    "timestamptz",
)  # fmt: skip - in binary, json is its text
_INSERT: Final = f"""
WITH added AS (
  INSERT INTO events ({_COLUMNS}) VALUES {{rows}} RETURNING append_seq
)
INSERT INTO events_pending SELECT append_seq, append_seq FROM added RETURNING first_seq
"""
_NUMBERS: Final = """
WITH numbers AS MATERIALIZED (
  SELECT pg_get_serial_sequence('events', 'append_seq')::regclass AS sequence
)
SELECT nextval(sequence) FROM numbers, generate_series(1, %s)
"""
"""The sequence is looked up once, not for each number."""
_ROW: Final = "(%s, %s, %s, %s, %s, %s, %s::json, %s::json, %s, %s)"
_STORED: Final = (
    "stream_id, version, type, convert_to(data::text, 'UTF8'), event_id, partition_key,"
    " occurred_at, recorded_at, meta"
)
"""In this order a `StoredFact`; `data` as its bytes."""


class PostgresRecorder(ApplicationRecorder):
    """The library's recorder on the service's own engine.

    Source: docs/architecture.md 3, "Event store".
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        connection: Connection | None = None,
        **_: object,
    ) -> Sequence[int]:
        """Append `stored_events` and their places in the outbox; return their order.

        Units: the numbers returned are `append_seq`s: they rise, and may have holes.
        Shape: in `connection`'s transaction if given, else in one of its own.

        Raises:
            IntegrityError: Another writer took a version, or the id of a fact is taken;
                the transaction is lost.
            FactTooLarge: One of them is larger than a topic takes; nothing is recorded.
        """
        rows = [_row(cast("StoredFact", event)) for event in stored_events]
        if not rows:
            return []
        with nullcontext(connection) if connection else self.engine.begin() as db:
            cursor = driver(db).cursor()
            with raising_conflicts():
                return _copy(cursor, rows) if len(rows) >= _BULK else _insert(cursor, rows)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the stored facts of one stream, by version."""
        order = "DESC" if desc else "ASC"
        sql = (
            f"SELECT {_STORED} FROM events WHERE stream_id = %s"
            " AND version > coalesce(%s, 0) AND version <= coalesce(%s, 2147483647)"
            f" ORDER BY version {order} LIMIT %s"
        )
        with self.engine.connect() as db:
            rows = driver(db).execute(
                sql, (str(originator_id), gt, lte, limit), binary=True
            )
            return [StoredFact(*row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return facts by their position in the history: 1, 2, 3 ..., no holes."""
        first = 1 if start is None else start if inclusive_of_start else start + 1
        sql = (
            "SELECT e.stream_id, e.version, e.type, convert_to(e.data::text, 'UTF8'), l.pos"
            " FROM event_log l JOIN events e USING (append_seq)"
            " WHERE l.pos >= %s AND (%s::int8 IS NULL OR l.pos <= %s)"
            " AND (%s::text[] = '{}' OR e.type = ANY(%s)) ORDER BY l.pos LIMIT %s"
        )
        values = (first, stop, stop, list(topics), list(topics), limit)
        with self.engine.connect() as db:
            rows = driver(db).execute(sql, values, binary=True)
            return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        """Return the newest position, or None before the first."""
        with self.engine.connect() as db:
            row = driver(db).execute("SELECT max(pos) FROM event_log").fetchone()
            return row[0] if row else None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Refuse: facts are read from Kafka, by everyone and once.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("read the service's topic instead")


@contextmanager
def raising_conflicts() -> Iterator[None]:
    """Tell what another writer took first from constraints that nobody should break.

    Raises:
        IntegrityError: A version, a fact's id or an idempotency key is taken.
        UniqueViolation: Another constraint is broken.
    """
    try:
        yield
    except psycopg.errors.UniqueViolation as taken:
        if taken.diag.constraint_name not in CONTESTED:
            raise
        raise IntegrityError(str(taken)) from taken


def select_streams(after: Mapping[str, int], db: Connection) -> Sequence[StoredFact]:
    """Return the stored facts of many streams, each after a version of its own.

    Shape: by stream, then by version.
    """
    sql = (
        f"SELECT {_STORED} FROM unnest(%b::text[], %b::int4[]) AS s (id, seen)"
        " JOIN events e ON e.stream_id = s.id AND e.version > s.seen"
        " ORDER BY e.stream_id, e.version"
    )
    rows = driver(db).execute(sql, ([*after], [*after.values()]), binary=True)
    return [StoredFact(*row) for row in rows]


def _row(event: StoredFact) -> tuple[object, ...]:
    refuse_too_large(event)
    return (
        event.event_id,
        event.originator_id,
        event.originator_version,
        event.topic,
        schema_version(event.topic),
        event.partition_key,
        event.state.decode(),
        _json(tuple(event.meta.items())),
        event.occurred_at,
        event.recorded_at,
    )


@lru_cache(maxsize=64)
def _json(meta: tuple[tuple[str, str], ...]) -> str:
    """Return `meta` as JSON. Remembered: the facts of one transaction have it in common."""
    return json.dumps(dict(meta))


def _insert(cursor: psycopg.Cursor[Any], rows: Sequence[tuple[object, ...]]) -> list[int]:
    sql = _INSERT.format(rows=", ".join([_ROW] * len(rows)))
    cursor.execute(sql, [value for row in rows for value in row], prepare=len(rows) == 1)
    return sorted(seq for (seq,) in cursor)


def _copy(cursor: psycopg.Cursor[Any], rows: Sequence[tuple[object, ...]]) -> list[int]:
    cursor.execute(_NUMBERS, (len(rows),))
    numbers = [seq for (seq,) in cursor.fetchall()]
    into = f"COPY events (append_seq, {_COLUMNS}) FROM STDIN (FORMAT binary)"
    with cursor.copy(into) as copy:
        copy.set_types(_TYPES)
        for seq, row in zip(numbers, rows, strict=True):
            copy.write_row((seq, *row))
    runs = list(_runs(numbers))
    cursor.execute(
        "INSERT INTO events_pending SELECT * FROM unnest(%b::int8[], %b::int8[])",
        ([first for first, _ in runs], [last for _, last in runs]),
    )
    return numbers


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run without a hole; others' numbers make holes."""
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last
