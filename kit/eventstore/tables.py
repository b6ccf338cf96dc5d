"""The tables of one service's history. `append_seq` orders appends, `pos` has no holes.

Source: docs/architecture.md 3.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

metadata: Final = MetaData()

CONTESTED: Final = frozenset(
    {"events_event_id_key", "events_stream_id_version_key", "answered_requests_pkey"}
)
"""What another writer may take first. Any other constraint that breaks is an error."""

events = Table(
    "events",
    metadata,
    Column("append_seq", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("stream_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("schema_version", SmallInteger, nullable=False),
    Column("partition_key", Text, nullable=False),
    Column("data", JSON, nullable=False),  # json, not jsonb: it keeps the very bytes
    Column("meta", JSON, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("event_id", name="events_event_id_key"),
    UniqueConstraint("stream_id", "version", name="events_stream_id_version_key"),
)

events_pending = Table(
    "events_pending",
    metadata,
    Column("first_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
)
"""Runs of `append_seq` without a hole, each of one transaction, that have no `pos` yet."""

event_log = Table(
    "event_log",
    metadata,
    Column("pos", BigInteger, primary_key=True, autoincrement=False),
    Column("append_seq", BigInteger, nullable=False, unique=True),
    Column("sequenced_at", DateTime(timezone=True), nullable=False),
)

log_leader = Table(
    "log_leader",
    metadata,
    Column("only", SmallInteger, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("published", BigInteger, nullable=False),
)

answered_requests = Table(
    "answered_requests",
    metadata,
    Column("key", Text),
    Column("request_hash", LargeBinary, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("key", name="answered_requests_pkey"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("stream_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", JSON, nullable=False),
)


def create(db: Connection) -> None:
    """Make the tables that are missing, and the one row of `log_leader`.

    Safe to repeat: Yes, by several processes at once too.
    """
    db.execute(text("SELECT pg_advisory_xact_lock(hashtext('eventstore.tables'))"))
    metadata.create_all(db)
    db.execute(text("INSERT INTO log_leader VALUES (1, 0, 0, 0) ON CONFLICT DO NOTHING"))
    # A queue is emptied at one end all day: vacuum it by its traffic, not by its size.
    db.execute(
        text(
            "ALTER TABLE events_pending SET (autovacuum_vacuum_scale_factor = 0,"
            " autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_threshold = -1)"
        )
    )
