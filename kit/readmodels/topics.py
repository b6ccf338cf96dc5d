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


def read_again(
    bootstrap_servers: str,
    first: Stretch,
    beyond: Stretch,
    give: Callable[[Sequence[Record]], None],
) -> None:
    """Give all committed records from `first` up to, not including, `beyond`.

    Blocks; call it from a thread. Each batch is of one partition, in offset order; one is
    given at a time, in a thread, while the next is read.
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
        for partition in ends:
            consumer.seek(partition, first.get((partition.topic, partition.partition), 0))
        await _give_each(_until(consumer, ends), give)
    finally:
        await consumer.stop()


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
