"""Where a consumer group keeps its place, and what it could not apply.

They live in the database that the group's handlers write, so that one transaction holds
both. No schema is named: the connection's search path decides.
"""

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
)

metadata: Final = MetaData()


def _now(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def _event() -> list[Column[Any]]:
    """Return an event as it was found, byte for byte, and why it was not applied."""
    return [
        Column("group_name", Text, primary_key=True),
        Column("topic", Text, primary_key=True),
        Column("stream_id", Text, primary_key=True),
        Column("record_offset", BigInteger, primary_key=True),
        Column("partition", Integer, nullable=False),
        Column("timestamp_ms", BigInteger, nullable=False),
        Column("pos", BigInteger, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("event_id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("key", LargeBinary),
        Column("value", LargeBinary),
        Column("headers", JSON, nullable=False),
        Column("reason", Text),
    ]


consumer_positions: Final = Table(
    "consumer_positions",
    metadata,
    Column("group_name", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("pos", BigInteger, nullable=False),
    _now("updated_at"),
)
"""Every record below `next_offset` is applied, known already, parked or a dead letter."""

parked_events: Final = Table(
    "parked_events",
    metadata,
    *_event(),
    _now("parked_at"),
    Index("parked_events_by_partition", "group_name", "topic", "partition", "stream_id"),
)
"""Streams that wait, in order of `record_offset`. A `reason` is null for those behind."""

discarded_events: Final = Table(
    "discarded_events",
    metadata,
    *_event(),
    Column("parked_at", DateTime(timezone=True), nullable=False),
    Column("because", Text, nullable=False),
    _now("discarded_at"),
)
"""Events that somebody decided will never be applied here: kept, with the grounds."""

dead_letters: Final = Table(
    "dead_letters",
    metadata,
    Column("group_name", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("record_offset", BigInteger, primary_key=True),
    Column("reason", Text, nullable=False),
    _now("buried_at"),
)
"""One row per record that is no event; its bytes are in `<topic>.dlt`."""
