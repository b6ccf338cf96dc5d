"""A market's history in Kafka, as relays leave it, and a plain consumer that reads it."""

import gc
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import islice
from time import perf_counter
from typing import Final

from aiokafka import AIOKafkaConsumer
from uuid_utils.compat import uuid7

from benchmarks.servers import new_topic
from benchmarks.stories import SOURCES, published
from kit.consumers import subscriber
from kit.consumers.records import Record
from kit.relay.outbox import Outgoing
from kit.relay.publisher import Publisher

_PYTHONS_OWN: Final = gc.get_threshold()
_TRANSACTION: Final = 6_000
_WAIT_MS: Final = 200


@dataclass(frozen=True, slots=True)
class Backlog:
    """Where a history is: the topic of each source, and how many facts each has.

    Shape: `ends` by topic and partition: the offset after its last fact.
    """

    kafka: str
    topics: Mapping[str, str]
    sizes: Mapping[str, int]
    ends: Mapping[tuple[str, int], int]

    @property
    def size(self) -> int:
        """How many facts there are in all."""
        return sum(self.sizes.values())

    def of(self, source: str) -> "Backlog":
        """Return the part of it that is of one source."""
        topic = self.topics[source]
        ends = {where: end for where, end in self.ends.items() if where[0] == topic}
        one = ({source: topic}, {source: self.sizes[source]}, ends)
        return Backlog(self.kafka, *one)


async def publish(kafka: str, size: int) -> Backlog:
    """Publish `size` facts, those of each source to a topic of its own."""
    topics = {source: new_topic(kafka) for source in SOURCES}
    sizes, facts = Counter[str](), published(size)
    async with AsyncExitStack() as stack:
        publishers = {
            source: await stack.enter_async_context(Publisher(kafka, topic, source))
            for source, topic in topics.items()
        }
        while some := list(islice(facts, _TRANSACTION)):
            batches = defaultdict[str, list[Outgoing]](list)
            for source, fact in some:
                batches[source].append(fact)
            for source, batch in batches.items():
                await publishers[source].publish(batch)
                sizes[source] += len(batch)
    backlog = Backlog(kafka, topics, sizes, {})
    ends: dict[tuple[str, int], int] = {}
    async for records in polled(backlog.kafka, [*backlog.topics.values()], backlog.size):
        for record in records:
            ends[record.topic, record.partition] = record.offset + 1
    return replace(backlog, ends=ends)


async def raw(backlog: Backlog) -> float:
    """Return events per second of a consumer that takes the records and drops them."""
    collect_as_python_does()
    started = perf_counter()
    async for records in polled(backlog.kafka, [*backlog.topics.values()], backlog.size):
        del records
    return backlog.size / (perf_counter() - started)


def collect_as_python_does() -> None:
    """Undo what ours, which ran in this process before, did to the garbage collector."""
    gc.unfreeze()
    gc.set_threshold(*_PYTHONS_OWN)


def new_name() -> str:
    """Return a name that nobody else uses."""
    return f"bench-{uuid7().hex}"


async def polled(
    kafka: str, topics: Sequence[str], size: int
) -> AsyncIterator[Sequence[Record]]:
    """Yield `size` records of `topics`, from the first, as a plain consumer gets them."""
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=kafka,
        group_id=new_name(),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=subscriber.PARTITION_BYTES,
    )
    await consumer.start()
    try:
        left = size
        while left:
            found = await consumer.getmany(
                timeout_ms=_WAIT_MS, max_records=subscriber.MAX_RECORDS
            )
            for records in found.values():
                left -= len(records)
                yield records
    finally:
        await consumer.stop()
