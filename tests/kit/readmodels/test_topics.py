"""A stretch of a topic: each record of it once, in order, some of a partition at a time."""

from asyncio import to_thread
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import pytest
from aiokafka import TopicPartition

from kit.consumers.ends import Ends
from kit.consumers.records import Record
from kit.readmodels.topics import Stretch, read_again
from tests.kit.consumers.kafka import relay, write
from tests.kit.consumers.records import ARecord, record
from tests.samples import PLACED

PARTITIONS = 4
AT_ONCE = 500
"""As many as are taken at a time, at most."""


def facts(partition: int, count: int) -> list[ARecord]:
    return [replace(record(PLACED, n), partition=partition) for n in range(count)]


async def ends(kafka: str, topic: str) -> Stretch:
    asked = Ends(kafka)
    found = await asked.of([TopicPartition(topic, n) for n in range(PARTITIONS)])
    await asked.close()
    return {(at.topic, at.partition): end for at, end in found.items()}


async def offsets(
    kafka: str, first: Stretch, beyond: Stretch
) -> dict[tuple[str, int], list[int]]:
    """The offsets that were given, by topic and partition, and that each run is one's."""
    found = defaultdict[tuple[str, int], list[int]](list)

    def give(run: Sequence[Sequence[Record]]) -> None:
        (where,) = {(each.topic, each.partition) for some in run for each in some}
        assert all(len(some) <= AT_ONCE for some in run)
        found[where] += [each.offset for some in run for each in some]

    await to_thread(read_again, kafka, first, beyond, list, give)
    return found


async def test_all_of_a_stretch_is_given_once_and_in_order(
    kafka: str, new_topic: str
) -> None:
    sizes = {0: 2 * AT_ONCE + 1, 1: AT_ONCE, 3: 7}
    async with relay(kafka) as producer:
        for partition, size in sizes.items():
            await write(producer, new_topic, facts(partition, size))

    # Beyond the last of each lies the mark that its transaction ended.
    found = await offsets(kafka, {}, await ends(kafka, new_topic))

    assert found == {(new_topic, at): [*range(size)] for at, size in sizes.items()}


async def test_what_lies_outside_of_it_is_not(kafka: str, new_topic: str) -> None:
    async with relay(kafka) as producer:
        await write(producer, new_topic, [*facts(0, AT_ONCE + 100), *facts(1, 9)])

    first = {(new_topic, 0): 40, (new_topic, 1): 5}
    found = await offsets(kafka, first, {(new_topic, 0): AT_ONCE + 60, (new_topic, 1): 5})

    assert found == {(new_topic, 0): [*range(40, AT_ONCE + 60)]}


async def test_what_was_not_committed_is_not(kafka: str, new_topic: str) -> None:
    async with relay(kafka) as producer:
        await write(producer, new_topic, facts(0, 3))
        await producer.begin_transaction()
        await producer.send_and_wait(new_topic, b"{}", partition=0)
        await producer.abort_transaction()
        await write(producer, new_topic, facts(0, 2))

    found = await offsets(kafka, {}, await ends(kafka, new_topic))

    assert found == {(new_topic, 0): [0, 1, 2, 6, 7]}


async def test_what_fails_where_it_is_given_is_told(kafka: str, new_topic: str) -> None:
    def refuse(run: Sequence[Sequence[Record]]) -> None:
        raise ValueError(f"not these {len(run)}")

    async with relay(kafka) as producer:
        await write(producer, new_topic, facts(0, 3))
    beyond = await ends(kafka, new_topic)

    with pytest.raises(ValueError, match="not these 1"):
        await to_thread(read_again, kafka, {}, beyond, list, refuse)
