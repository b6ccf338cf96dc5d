"""A stretch of a topic, read once more from Kafka, outside of any consumer group."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from time import monotonic
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, OffsetOutOfRangeError

from kit.consumers.records import Record
from kit.consumers.sparing import spare_what_is_loaded
from kit.consumers.stopping import stop

_AT_HAND: Final = 200
"""What one poll hands over at most: as much as stays in the processor's cache."""
_RUN: Final = 20_000
_RUN_BYTES: Final = 32 * 2**20
"""After how many records, or bytes of values, a run ends; or where its partition does."""
_PARTITION_BYTES: Final = 8 * 2**20
"""What one fetch brings of a partition: enough for a run of facts with their headers."""
_WAIT_MS: Final = 50
"""How long a poll waits where only marks of transactions are left, which are no records."""
_PATIENCE_S: Final = 60.0

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
    """Take all committed records from `first` up to, not including, `beyond`; give by runs.

    Blocks; call it from a thread. Some hundreds of a partition, in offset order, are taken
    as soon as they are there: `take` is called where they are read, so it must be quick.
    What was taken on end, a run of one partition, is given: one run at a time, in a thread
    of its own, while the next is read and taken.

    Raises:
        HistoryGone: Not all of that is there any more.
        KafkaError: No broker answers, or none does any more.
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
        auto_offset_reset="none",  # else what is gone would be passed over, silently
    )
    consumer.assign([*ends])
    begins = {at: first.get((at.topic, at.partition), 0) for at in ends}
    try:
        await consumer.start()
        await _require_whole(consumer, begins, ends)
        for partition, begin in begins.items():
            consumer.seek(partition, begin)
        await _give_each(in_runs(_until(consumer, ends), take), give)
    except OffsetOutOfRangeError:
        await _require_whole(consumer, begins, ends)
        raise
    finally:
        await stop(consumer)


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


async def in_runs(
    polled: AsyncIterator[Sequence[Record]], take: Callable[[Sequence[Record]], T]
) -> AsyncIterator[Sequence[T]]:
    """Yield what `take` makes of what is `polled`, run by run.

    Shape: what is polled at once is of one partition, and at least one record.
    """
    run, records, size, of = list[T](), 0, 0, None
    async for some in polled:
        where = (some[0].topic, some[0].partition)
        if run and (where != of or records >= _RUN or size >= _RUN_BYTES):
            yield run
            run, records, size = [], 0, 0
        run.append(take(some))
        records, of = records + len(some), where
        size += sum(len(record.value or b"") for record in some)
    if run:
        yield run


async def _until(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Sequence[Record]]:
    left, moved_at = set(ends), monotonic()
    while left:
        found = await consumer.getmany(*left, timeout_ms=_WAIT_MS, max_records=_AT_HAND)
        for partition, records in found.items():
            if wanted := [r for r in records if r.offset < ends[partition]]:
                yield wanted
        done = {each for each in left if await consumer.position(each) >= ends[each]}
        consumer.pause(*done)  # else it would fetch on what nobody reads
        left -= done
        if found or done:
            moved_at = monotonic()
        elif monotonic() - moved_at > _PATIENCE_S:
            raise KafkaConnectionError(f"of {len(left)} partitions nothing comes any more")
