"""A backlog published: our relay, beside a producer that sends the same bytes.

Ours numbers the backlog, reads it from the database, publishes it in transactions and
moves its cursor. The other side has every record in memory, in the right form, and sends
them one after another with an idempotent producer that waits for all acknowledgements.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from time import perf_counter, sleep
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import Engine, text

from benchmarks.facts import stored_facts
from benchmarks.measure import (
    Outcome,
    conclude,
    megabytes,
    memory_of,
    peak_memory,
    say,
    side_by_side,
)
from benchmarks.servers import broker, database, new_topic
from kit.database import connect
from kit.eventstore import tables
from kit.eventstore.recorder import PostgresRecorder
from kit.relay.outbox import log_state
from kit.relay.publisher import Publisher
from kit.relay.relay import Relay

BACKLOG: Final = 200_000
SMALL_BACKLOG: Final = 50_000
RUNS: Final = 3
GOAL: Final = 0.5

_LOOK_S: Final = 0.02
_TRANSACTION: Final = 2_000
_UNPUBLISH: Final = """
TRUNCATE event_log, events_pending;
UPDATE log_leader SET head = 0, published = 0;
INSERT INTO events_pending SELECT append_seq, append_seq FROM events
"""
"""As after as many commands of one fact each: what costs most to number."""


class Message(NamedTuple):
    """A record as the other side sends it."""

    value: bytes
    key: bytes
    partition: None
    timestamp_ms: int
    headers: Sequence[tuple[str, bytes]]


def relay() -> Outcome:
    """Return how fast ours publishes, beside a producer that sends the same bytes."""
    with database() as url, broker() as kafka, backlog(url, BACKLOG) as engine:
        topic = new_topic(kafka)
        _publish(engine, kafka, topic)
        messages = asyncio.run(_read(kafka, topic))
        found = side_by_side(
            "relay",
            GOAL,
            partial(_publish, engine, kafka),
            lambda: asyncio.run(_send(messages, kafka, new_topic(kafka))),
            runs=RUNS,
        )
        where = {"DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        for size in (SMALL_BACKLOG, BACKLOG):
            most = memory_of(__spec__.name, size, where=where)
            say(f"relay: peak memory {megabytes(most)} for a backlog of {size:,}")
    return found


def memory(size: int) -> int:
    """Publish `size` facts and return the most memory, in bytes, that it ever took."""
    with database() as url, broker() as kafka, backlog(url, size) as engine:
        _publish(engine, kafka)
        return peak_memory()


@contextmanager
def backlog(url: str, size: int) -> Iterator[Engine]:
    """A database with `size` facts of orders that nobody has numbered or published."""
    engine = connect(url)
    recorder, facts = PostgresRecorder(engine), stored_facts(size)
    try:
        with engine.begin() as db:
            tables.create(db)
        while some := list(islice(facts, _TRANSACTION)):
            recorder.insert_events(some)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text("VACUUM ANALYZE"))
        yield engine
    finally:
        engine.dispose()


def _publish(engine: Engine, kafka: str, topic: str | None = None) -> float:
    """Return events per second of our relay, from its start until all is published."""
    with engine.begin() as db:
        db.execute(text(_UNPUBLISH))
    return asyncio.run(_relay(engine, kafka, topic or new_topic(kafka)))


async def _relay(engine: Engine, kafka: str, topic: str) -> float:
    waiting = log_state(engine).pending
    stop = asyncio.Event()
    ours = Relay(engine, Publisher(kafka, topic, "orders"))
    started = perf_counter()
    running = asyncio.create_task(ours.run(stop))
    await asyncio.to_thread(_wait_until_published, engine, waiting)
    taken = perf_counter() - started
    stop.set()
    await running
    return waiting / taken


def _wait_until_published(engine: Engine, pos: int) -> None:
    while log_state(engine).published < pos:
        sleep(_LOOK_S)


async def _send(messages: Sequence[Message], kafka: str, topic: str) -> float:
    """Return events per second of a producer alone, from its start until all is there."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        acks="all",
        compression_type="lz4",
        linger_ms=5,
        max_batch_size=1_000_000,
        max_request_size=4_000_000,
    )
    started = perf_counter()
    await producer.start()
    for message in messages:
        await producer.send(topic, *message)
    await producer.flush()
    taken = perf_counter() - started
    await producer.stop()
    return len(messages) / taken


async def _read(kafka: str, topic: str) -> list[Message]:
    """Return what our relay published to `topic`, by position."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        found: dict[int, Message] = {}
        while len(found) < BACKLOG:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                for r in records:
                    message = Message(r.value, r.key, None, r.timestamp, list(r.headers))
                    found[int(dict(r.headers)["ce_pos"])] = message
    finally:
        await consumer.stop()
    return [found[pos] for pos in range(1, BACKLOG + 1)]


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].isdigit():
        sys.stdout.write(f"{memory(int(sys.argv[1]))}\n")
    else:
        conclude(relay)
