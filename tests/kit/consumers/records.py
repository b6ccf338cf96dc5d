"""Kafka records of concrete facts, without Kafka, and a table that counts what came."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, Text, select
from sqlalchemy.dialects.postgresql import insert

from contracts.envelope import Envelope
from contracts.fact import Fact
from contracts.registry import encode
from kit.consumers.records import Received
from tests.samples import received

TOPIC = "orders.v1"

metadata = MetaData()

seen = Table(
    "seen",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=True),
    Column("stream_id", Text, nullable=False),
    Column("pos", Integer, nullable=False),
)


@dataclass(slots=True)
class ARecord:
    """`kit.consumers.records.Record`, made by hand."""

    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    topic: str = TOPIC
    partition: int = 0
    timestamp: int = 1_772_820_000_000
    key: bytes | None = b"s-1"


def headers_of(envelope: Envelope) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in envelope.headers().items()]


def record(
    fact: Fact, offset: int, pos: int | None = None, stream: str = "order-o-1"
) -> ARecord:
    """The record at `offset`, of the fact at `pos`: one more than `offset` unless said."""
    envelope = received(fact, offset + 1 if pos is None else pos, stream).envelope
    return ARecord(offset, encode(fact)[1], headers_of(envelope))


def remember(batch: Sequence[Received], db: Connection) -> None:
    """A handler that tells on repeats and on disorder: it only adds rows."""
    rows = [{"stream_id": r.envelope.subject, "pos": r.envelope.pos} for r in batch]
    db.execute(insert(seen), rows)


def remembered(engine: Engine) -> list[int]:
    """The positions that came, in the order they came in."""
    with engine.connect() as db:
        return list(db.scalars(select(seen.c.pos).order_by(seen.c.place)))
