"""A backlog from Kafka to committed obligations: ours, beside two that keep less.

The topic is as our relay leaves it: orders from placing to delivery, in transactions of
2,000. Ours reads it, checks every envelope and fact, and writes what each says of
obligations with the place of the group, durably. Beside it a plain consumer that looks at
nothing, and quixstreams, which reads each value as JSON and counts the facts of each seller
in its state store (RocksDB with a changelog topic): each exactly once, as ours, and for the
rest as it does by default. Ours makes Python's garbage collector rarer when it starts; the
others find it as Python comes.
"""

import asyncio
import gc
import logging
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from sqlalchemy import Engine, text

from benchmarks.backlog import new_name, polled
from benchmarks.facts import stored_facts
from benchmarks.measure import (
    Outcome,
    end,
    megabytes,
    memory_of,
    peak_memory,
    say,
    side_by_side,
)
from benchmarks.servers import broker, database, new_topic
from kit.consumers import subscriber
from kit.consumers.inbox import Inbox
from kit.consumers.positions import positions
from kit.database import connect
from kit.eventstore.records import StoredFact
from kit.process import prepare
from kit.relay.outbox import Outgoing
from kit.relay.publisher import Publisher
from services.performance.app import BLUEPRINT
from services.performance.consumers import OBLIGATIONS
from services.performance.projections import metadata

BACKLOG: Final = 400_000
RUNS: Final = 3
GOAL_RAW: Final = 0.2
GOAL_QUIXSTREAMS: Final = 1.0

_LOOK_S: Final = 0.02
_PYTHONS_OWN: Final = gc.get_threshold()
_TRANSACTION: Final = 2_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """Where the facts are, and how far each partition goes."""

    kafka: str
    topic: str
    size: int
    ends: Mapping[int, int]


def consume(size: int) -> Iterator[Outcome]:
    """Yield how fast ours consumes, beside a plain consumer and beside quixstreams."""
    with broker() as kafka, tables() as engine:
        backlog = asyncio.run(_publish(kafka, size))
        yield side_by_side(
            "consume",
            GOAL_RAW,
            lambda: asyncio.run(_ours(backlog, engine)),
            lambda: asyncio.run(_raw(backlog)),
            runs=RUNS,
        )
        yield side_by_side(
            "consume beside quixstreams",
            GOAL_QUIXSTREAMS,
            lambda: asyncio.run(_ours(backlog, engine)),
            lambda: _quixstreams(backlog),
            runs=RUNS,
        )
    for less in (size // 4, size):
        most = megabytes(memory_of(__spec__.name, "--memory", "--size", less))
        say(f"consume: {most} for a backlog of {less:,}")


def memory(size: int) -> int:
    """Consume `size` facts and return the most memory, in bytes, that it ever took."""
    with broker() as kafka, tables() as engine:
        backlog = asyncio.run(_publish(kafka, size))
        say(f"consume: {megabytes(peak_memory())} at the start")
        asyncio.run(_ours(backlog, engine))
        return peak_memory()


@contextmanager
def tables() -> Iterator[Engine]:
    """A database as performance prepares it."""
    with database() as url:
        engine = connect(url)
        prepare(engine, BLUEPRINT)
        try:
            yield engine
        finally:
            engine.dispose()


async def _ours(backlog: Backlog, engine: Engine) -> float:
    """Return events per second, from the start until all is committed."""
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with engine.begin() as db:
        db.execute(text(f"TRUNCATE {names}, consumer_positions"))
    inbox = Inbox(engine, new_name())
    handlers = {backlog.topic: OBLIGATIONS.handler}
    started = perf_counter()
    async with subscriber.consume(backlog.kafka, inbox, handlers):
        while await asyncio.to_thread(_stands, inbox) != backlog.ends:  # noqa: ASYNC110 - rows tell no one
            await asyncio.sleep(_LOOK_S)
        taken = perf_counter() - started
    return backlog.size / taken


def _stands(inbox: Inbox) -> dict[int, int]:
    return {p.partition: p.next_offset for p in positions(inbox.engine, inbox.group)}


async def _raw(backlog: Backlog) -> float:
    """Return events per second of a consumer that takes the records and drops them."""
    _collect_as_python_does()
    started = perf_counter()
    async for records in polled(backlog.kafka, [backlog.topic], backlog.size):
        del records
    return backlog.size / (perf_counter() - started)


def _quixstreams(backlog: Backlog) -> float:
    """Return events per second of quixstreams, until all is committed."""
    from quixstreams import Application, State  # noqa: PLC0415 - for this comparison alone

    _collect_as_python_does()

    def count(_: object, state: State) -> None:
        state.set("facts", state.get("facts", 0) + 1)

    with TemporaryDirectory(prefix="bench-quixstreams-") as folder:
        app = Application(
            backlog.kafka,
            consumer_group=new_name(),
            auto_offset_reset="earliest",
            state_dir=folder,
            processing_guarantee="exactly-once",
            loglevel="ERROR",
        )
        app.dataframe(app.topic(backlog.topic)).update(count, stateful=True)
        started = perf_counter()
        app.run(count=backlog.size)
        return backlog.size / (perf_counter() - started)


def _collect_as_python_does() -> None:
    """Undo what ours, which ran in this process before, did to the garbage collector."""
    gc.unfreeze()
    gc.set_threshold(*_PYTHONS_OWN)


async def _publish(kafka: str, size: int) -> Backlog:
    """Publish `size` facts of orders as the relay does."""
    topic, facts = new_topic(kafka), stored_facts(size)
    numbered = enumerate(facts, start=1)
    async with Publisher(kafka, topic, "orders") as publisher:
        while some := list(islice(numbered, _TRANSACTION)):
            await publisher.publish([_outgoing(pos, fact) for pos, fact in some])
    ends: dict[int, int] = {}
    async for records in polled(kafka, [topic], size):
        for record in records:
            ends[record.partition] = record.offset + 1
    return Backlog(kafka, topic, size, ends)


def _outgoing(pos: int, stored: StoredFact) -> Outgoing:
    return Outgoing(
        pos=pos,
        event_id=stored.event_id,
        type=stored.topic,
        stream_id=str(stored.originator_id),
        version=stored.originator_version,
        partition_key=stored.partition_key,
        data=stored.state,
        occurred_at=stored.occurred_at,
        recorded_at=stored.recorded_at,
        meta=dict(stored.meta),
    )


def main() -> None:
    """Print an outcome as a line of JSON for each of the two; or the memory alone.

    Raises:
        SystemExit: As `end`.
    """
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=BACKLOG, help="facts in the backlog")
    parser.add_argument("--memory", action="store_true", help="print peak memory alone")
    parser.add_argument("--strict", action="store_true", help="fail below a goal")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    if asked.memory:
        sys.stdout.write(f"{memory(asked.size)}\n")
        return
    end(consume(asked.size), strict=asked.strict)


if __name__ == "__main__":
    main()
