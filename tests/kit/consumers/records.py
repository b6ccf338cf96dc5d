"""Kafka records of concrete facts, without Kafka, and a table that counts what came."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from contracts.envelope import Envelope
from contracts.fact import Fact
from contracts.registry import encode
from kit.consumers.columns import Batch
from kit.consumers.letters import DeadLetter
from kit.consumers.records import Handler, Received
from tests.samples import ACCEPTED, DELIVERED, PLACED, SHIPPED_THE_REST, received

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


def remember_columns(batch: Batch, db: Connection) -> None:
    """As `remember`, in columns: what comes in which order, the positions say."""
    frames = [facts.columns((), {}) for facts in batch.values()]
    for pos in pl.concat(frames)["pos"].sort():
        db.execute(insert(seen), [{"stream_id": "-", "pos": pos}])


def remembered(engine: Engine) -> list[int]:
    """The positions that came, in the order they came in."""
    with engine.connect() as db:
        return list(db.scalars(select(seen.c.pos).order_by(seen.c.place)))


STORY = [PLACED, ACCEPTED, SHIPPED_THE_REST, DELIVERED]


def story(start: int = 0, stream: str = "order-o-1") -> list[ARecord]:
    """An order from placing to delivery, at `start` and after."""
    return [record(fact, start + n, stream=stream) for n, fact in enumerate(STORY)]


def nothing_dead(letters: Sequence[DeadLetter]) -> None:
    raise AssertionError(letters)


def failing_on(*positions: int) -> Handler:
    """A handler that writes what it is given, then can't go on at any of `positions`."""

    def handler(batch: Sequence[Received], db: Connection) -> None:
        remember(batch, db)
        for each in batch:
            if each.envelope.pos in positions:
                raise KeyError(each.envelope.pos)

    return handler


def of_type(found: ARecord, name: str) -> ARecord:
    envelope = Received.parse(found).envelope.model_copy(update={"type": name})
    return replace(found, headers=headers_of(envelope))


def as_json(headers: Sequence[tuple[str, bytes]]) -> str:
    """Headers as parked events keep them."""
    return json.dumps([(name, b64encode(value).decode()) for name, value in headers])


def refused_the_place(engine: Engine) -> bool:
    """Tell whether somebody else holds the group's place just now."""
    with engine.connect() as other:
        other.exec_driver_sql("SET lock_timeout = '50ms'")
        try:
            other.exec_driver_sql("SELECT 1 FROM consumer_positions FOR UPDATE")
        except OperationalError:
            return True
    return False
