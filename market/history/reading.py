"""Topics read by a consumer like any other: committed facts, no consumer group."""

import asyncio
import time
from collections.abc import (
    AsyncIterator,
    Collection,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kit.consumers.records import Record
from kit.consumers.stopping import stop
from market.errors import MarketError
from market.history.merging import TopicMerge, take_in_order, waited_for
from market.history.published import Published
from market.history.seeking import offset_near
from market.waiting import Tell

AT_ONCE: Final = 5_000
QUIET_MS: Final = 300
PATIENCE_S: Final = 10.0


class UnreadableError(MarketError):
    """The broker did not answer, or does not have the topic."""


@dataclass(frozen=True, slots=True)
class Since:
    """Where to begin: at a position, or with what was recorded from a moment on."""

    pos: int = 1
    recorded_at: datetime | None = None

    def begins_before(self, fact: Published) -> bool:
        """Return whether `fact` is wanted."""
        recorded = fact.envelope.recordedtime
        return fact.pos >= self.pos and (
            self.recorded_at is None or recorded >= self.recorded_at
        )


def read_history(
    bootstrap_servers: str,
    topics: Sequence[str],
    tell: Tell,
    since: Since = Since(),
    *,
    follow: bool = False,
) -> Generator[Published, None, None]:
    """Yield the facts of `topics`, each topic by position, each fact once.

    Ends where the topics ended when it began; with `follow`, never. What is no fact is left
    out, and `tell` is told where it stands.

    Raises:
        UnreadableError: The broker does not answer, or lacks a topic.
    """
    with asyncio.Runner() as runner, _reading(runner, bootstrap_servers, topics) as reading:
        merges = {name: TopicMerge(reading.partitions(name)) for name in topics}
        found = _until_the_end(reading, merges, since, tell)
        if follow:
            found = chain(found, _from_then_on(reading, merges, tell))
        yield from (fact for fact in found if since.begins_before(fact))


def _until_the_end(
    reading: "Reading", merges: Mapping[str, TopicMerge], since: Since, tell: Tell
) -> Iterator[Published]:
    """Yield what is there now."""
    ends = reading.begin(since)
    moved_at = time.monotonic()
    while not all(each.ended for each in merges.values()):
        for record in reading.more(waited_for(merges)):
            moved_at = time.monotonic()
            if record.offset < ends[record.topic, record.partition]:
                _give(record, merges, tell)
        open_still = waited_for(merges)
        finished = reading.finished(ends)
        if time.monotonic() - moved_at > PATIENCE_S and set(open_still) - set(finished):
            tell("left out the latest facts: a transaction that holds them is not over")
            finished = [*ends]
        for name, number in finished:
            merges[name].close(number)
        yield from take_in_order(merges)
    reading.go_to(ends)


def _from_then_on(
    reading: "Reading", merges: Mapping[str, TopicMerge], tell: Tell
) -> Iterator[Published]:
    """Yield what comes, for ever."""
    for each in merges.values():
        each.reopen()
    while True:
        wanted = waited_for(merges)
        come = set()
        for record in reading.more(wanted):
            come.add((record.topic, record.partition))
            _give(record, merges, tell)
        # A position that no partition shows is missing: nothing is held back for it.
        yield from take_in_order(merges, quiet=() if come else wanted)


class Reading:
    """A consumer of `topics`, asked from outside of its event loop."""

    def __init__(
        self, runner: asyncio.Runner, bootstrap_servers: str, consumer: AIOKafkaConsumer
    ) -> None:
        self._runner = runner
        self._bootstrap_servers = bootstrap_servers
        self._consumer = consumer

    def partitions(self, topic: str) -> set[int]:
        """Return the numbers of the partitions of `topic`."""
        found: set[int] = self._consumer.partitions_for_topic(topic) or set()
        return found

    def begin(self, since: Since) -> dict[tuple[str, int], int]:
        """Go to where `since` is; return the offsets that are not there yet."""
        with _clearly():
            return self._runner.run(self._begin(since))

    async def _begin(self, since: Since) -> dict[tuple[str, int], int]:
        consumer = self._consumer
        parts = consumer.assignment()
        ends = await _ends(self._bootstrap_servers, parts)
        first: dict[TopicPartition, int] = await consumer.beginning_offsets(parts)
        if since.recorded_at is not None:
            # Records carry the time they were recorded at, in whole milliseconds.
            at_ms = max(0, int(since.recorded_at.timestamp() * 1000))
            found = await consumer.offsets_for_times(dict.fromkeys(parts, at_ms))
            first = {at: found[at].offset if found[at] else ends[at] for at in parts}
        if since.pos > 1:
            first = {
                at: await offset_near(consumer, at, (first[at], ends[at]), since.pos)
                for at in parts
            }
        self.go_to({tuple(at): offset for at, offset in first.items()})
        return {tuple(at): end for at, end in ends.items()}

    def go_to(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Read on from `offsets`."""
        for (topic, number), offset in offsets.items():
            self._consumer.seek(TopicPartition(topic, number), offset)

    def more(self, wanted: Collection[tuple[str, int]]) -> Iterator[Record]:
        """Yield what comes next of `wanted`, by partition; nothing if all are quiet.

        Raises:
            UnreadableError: The broker does not answer.
        """
        if wanted:
            parts = [TopicPartition(*each) for each in wanted]
            more = self._consumer.getmany(*parts, timeout_ms=QUIET_MS, max_records=AT_ONCE)
            with _clearly():
                found = self._runner.run(more)
            for records in found.values():
                yield from records

    def finished(self, ends: Mapping[tuple[str, int], int]) -> list[tuple[str, int]]:
        """Return the partitions that were read up to their end."""
        with _clearly():
            return self._runner.run(self._finished(ends))

    async def _finished(self, ends: Mapping[tuple[str, int], int]) -> list[tuple[str, int]]:
        position = self._consumer.position
        return [
            at for at, end in ends.items() if await position(TopicPartition(*at)) >= end
        ]


@contextmanager
def _reading(
    runner: asyncio.Runner, bootstrap_servers: str, topics: Sequence[str]
) -> Iterator[Reading]:
    with _clearly():
        missing = runner.run(_missing(bootstrap_servers, topics))
    if missing:
        raise UnreadableError(
            f"the broker has no topic {', '.join(missing)}: `market up` creates it"
        )
    consumer = runner.run(_consumer(bootstrap_servers, topics))
    try:
        with _clearly():
            runner.run(consumer.start())
        yield Reading(runner, bootstrap_servers, consumer)
    finally:
        runner.run(stop(consumer))


async def _consumer(bootstrap_servers: str, topics: Sequence[str]) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )


async def _missing(bootstrap_servers: str, topics: Sequence[str]) -> list[str]:
    """Return those of `topics` that the broker does not have."""
    async with _looking(bootstrap_servers) as consumer:
        there = await consumer.topics()
        return [name for name in topics if name not in there]


async def _ends(
    bootstrap_servers: str, parts: Collection[TopicPartition]
) -> dict[TopicPartition, int]:
    """Return the offsets that are not there yet.

    What is being committed just now counts as there: its producer may have been told so,
    before every partition shows it.
    """
    async with _looking(bootstrap_servers) as consumer:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(parts)
        return ends


@asynccontextmanager
async def _looking(bootstrap_servers: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, isolation_level="read_uncommitted"
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


@contextmanager
def _clearly() -> Iterator[None]:
    try:
        yield
    except KafkaError as why:
        raise UnreadableError(
            f"Kafka does not answer ({why}): `market status` shows how it does"
        ) from why


def _give(record: Record, merges: Mapping[str, TopicMerge], tell: Tell) -> None:
    try:
        merges[record.topic].give(Published.of(record))
    except ValueError as why:
        where = f"{record.topic}, partition {record.partition}, offset {record.offset}"
        tell(f"left out what is no fact: {where} ({str(why).partition(chr(10))[0]})")
