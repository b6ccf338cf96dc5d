"""A stretch of a topic, read once more from Kafka, outside of any consumer group."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from kit.consumers.records import Record
from kit.consumers.sparing import spare_what_is_loaded

_AT_HAND: Final = 500
"""What one poll hands over at most: as much as stays in the processor's cache."""
_RUN: Final = 20_000
"""After how many records a run ends; it does, too, where what was fetched does."""
_PARTITION_BYTES: Final = 16 * 2**20
"""What one fetch brings of a partition: enough for a run of facts with their headers."""
_WAIT_MS: Final = 500
_FETCH_WAIT_MS: Final = 10
"""How long a broker may wait for more: of a stretch, all is there. A consumer that has no
group first asks for what comes after the end, and would wait for that."""

T = TypeVar("T")

Stretch = Mapping[tuple[str, int], int]
"""Offsets by topic and partition."""


class HistoryGone(RuntimeError):  # noqa: N818 - see kit.domain.Refused
    """A topic does not hold what was read from it once: it was cut off, or made anew."""

    def __init__(self, at: TopicPartition, there: range, wanted: range) -> None:
        super().__init__(
            f"{at.topic}, partition {at.partition}: it holds offsets {there.start} until"
            f" {there.stop}, and {wanted.start} until {wanted.stop} were applied here;"
            " topics of facts are kept for ever: bring the history back"
        )


def read_again(
    bootstrap_servers: str,
    first: Stretch,
    beyond: Stretch,
    take: Callable[[Sequence[Record]], T],
    give: Callable[[Sequence[T]], None],
) -> None:
    """Take all committed records from `first` up to, not including, `beyond`, and give.

    Blocks; call it from a thread. Some hundred records of a partition are taken at a time,
    as soon as they are there; what was taken of a partition on end, a run, is given, in
    offset order, one run at a time, in a thread, while the next is read.

    Raises:
        HistoryGone: Not all of that is there any more.
        KafkaError: No broker answers.
    """
    spare_what_is_loaded()
    asyncio.run(_read(bootstrap_servers, first, beyond, take, give))


async def _read(
    bootstrap_servers: str,
    first: Stretch,
    beyond: Stretch,
    take: Callable[[Sequence[Record]], T],
    give: Callable[[Sequence[T]], None],
) -> None:
    ends = {
        TopicPartition(*where): end
        for where, end in beyond.items()
        if end > first.get(where, 0)
    }
    if not ends:
        return
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        isolation_level="read_committed",
        max_partition_fetch_bytes=_PARTITION_BYTES,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
    )
    consumer.assign([*ends])
    try:
        await consumer.start()
        begins = {at: first.get((at.topic, at.partition), 0) for at in ends}
        await _require_whole(consumer, begins, ends)
        for partition, begin in begins.items():
            consumer.seek(partition, begin)
        await _give_each(_runs(_until(consumer, ends), take), give)
    finally:
        await consumer.stop()


async def _require_whole(
    consumer: AIOKafkaConsumer,
    begins: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
) -> None:
    """Let pass what is there from `begins` to `ends`; of the rest, nobody would come.

    Raises:
        HistoryGone: Something of it is not.
    """
    starts = await consumer.beginning_offsets([*ends])
    stops = await consumer.end_offsets([*ends])
    for at, end in ends.items():
        if begins[at] < starts[at] or end > stops[at]:
            raise HistoryGone(at, range(starts[at], stops[at]), range(begins[at], end))


async def _give_each(
    runs: AsyncIterator[Sequence[T]], give: Callable[[Sequence[T]], None]
) -> None:
    giving = asyncio.create_task(asyncio.sleep(0))
    try:
        async for run in runs:
            await giving
            giving = asyncio.create_task(asyncio.to_thread(give, run))
    finally:
        await giving


async def _runs(
    polled: AsyncIterator[Sequence[Record]], take: Callable[[Sequence[Record]], T]
) -> AsyncIterator[Sequence[T]]:
    run, size, of = list[T](), 0, None
    async for records in polled:
        where = (records[0].topic, records[0].partition)
        if run and (where != of or size >= _RUN):
            yield run
            run, size = [], 0
        run.append(take(records))
        size, of = size + len(records), where
    if run:
        yield run


async def _until(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Sequence[Record]]:
    left = set(ends)
    while left:
        found = await consumer.getmany(*left, timeout_ms=_WAIT_MS, max_records=_AT_HAND)
        for partition, records in found.items():
            if wanted := [r for r in records if r.offset < ends[partition]]:
                yield wanted
        for partition in [*found] or [*left]:
            if await consumer.position(partition) >= ends[partition]:
                left.discard(partition)
