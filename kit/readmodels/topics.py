"""A stretch of a topic, read once more from Kafka, outside of any consumer group."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from kit.consumers.records import Record
from kit.consumers.sparing import spare_what_is_loaded

_BATCH: Final = 20_000
"""What one poll hands over at most; of a partition it has what one fetch brought."""
_PARTITION_BYTES: Final = 4 * 2**20
"""What one fetch brings of a partition: enough for a batch of facts with their headers."""
_WAIT_MS: Final = 500

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
    give: Callable[[Sequence[Record]], None],
) -> None:
    """Give all committed records from `first` up to, not including, `beyond`.

    Blocks; call it from a thread. Each batch is of one partition, in offset order; one is
    given at a time, in a thread, while the next is read.

    Raises:
        HistoryGone: Not all of that is there any more.
        KafkaError: No broker answers.
    """
    spare_what_is_loaded()
    asyncio.run(_read(bootstrap_servers, first, beyond, give))


async def _read(
    bootstrap_servers: str,
    first: Stretch,
    beyond: Stretch,
    give: Callable[[Sequence[Record]], None],
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
    )
    consumer.assign([*ends])
    try:
        await consumer.start()
        begins = {at: first.get((at.topic, at.partition), 0) for at in ends}
        await _require_whole(consumer, begins, ends)
        for partition, begin in begins.items():
            consumer.seek(partition, begin)
        await _give_each(_until(consumer, ends), give)
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
    batches: AsyncIterator[Sequence[Record]], give: Callable[[Sequence[Record]], None]
) -> None:
    giving = asyncio.create_task(asyncio.sleep(0))
    try:
        async for records in batches:
            await giving
            giving = asyncio.create_task(asyncio.to_thread(give, records))
    finally:
        await giving


async def _until(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Sequence[Record]]:
    left = set(ends)
    while left:
        found = await consumer.getmany(*left, timeout_ms=_WAIT_MS, max_records=_BATCH)
        for partition, records in found.items():
            if wanted := [r for r in records if r.offset < ends[partition]]:
                yield wanted
        for partition in [*left]:
            if await consumer.position(partition) >= ends[partition]:
                left.discard(partition)
