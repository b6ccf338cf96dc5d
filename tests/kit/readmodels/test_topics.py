"""A stretch of a topic: each record of it once, in order, some of a partition at a time."""

from asyncio import to_thread
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from confluent_kafka import TopicPartition as Deleted
from confluent_kafka.admin import AdminClient

from contracts.topics import Topic
from kit.consumers.ends import Ends
from kit.consumers.records import Record
from kit.readmodels import topics
from kit.readmodels.topics import HistoryGone, Stretch, in_runs, read_again
from market.embedded.instance import Instance
from market.embedded.kafka import Kafka
from market.embedded.topics import create_topics
from tests.kit.consumers.kafka import relay, until, write
from tests.kit.consumers.records import ARecord, record
from tests.samples import PLACED

PARTITIONS = 4
AT_ONCE = 200
"""As many as are taken at a time, at most."""


def facts(partition: int, count: int) -> list[ARecord]:
    return [replace(record(PLACED, n), partition=partition) for n in range(count)]


HEAVY = [replace(each, value=b"x" * 30_000) for each in facts(0, 5 * AT_ONCE)]
"""More than what is fetched of a partition at once."""


async def ended(kafka: str, beyond: Stretch) -> None:
    """Wait until all before `beyond` is committed or aborted: marks come a little later."""
    asked = Ends(kafka)
    wanted = {TopicPartition(*where): end for where, end in beyond.items()}

    async def there() -> bool:
        return dict(await asked.of([*wanted])) == wanted

    await until(there)
    await asked.close()


def cut_off(kafka: str, at: TopicPartition, before: int) -> None:
    """Delete what lies before an offset, as retention would."""
    admin = AdminClient({"bootstrap.servers": kafka})
    where = Deleted(at.topic, at.partition, before)
    for done in admin.delete_records([where]).values():
        done.result()


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


@pytest.mark.parametrize("sizes", [{0: 2 * AT_ONCE + 1, 1: 40, 3: 7}, {2: AT_ONCE}])
async def test_all_of_a_stretch_is_given_once_and_in_order(
    kafka: str, new_topic: str, sizes: Mapping[int, int]
) -> None:
    async with relay(kafka) as producer:
        for partition, size in sizes.items():
            await write(producer, new_topic, facts(partition, size))

    # Beyond the last of each lies the mark that its transaction ended.
    beyond = {(new_topic, at): size + 1 for at, size in sizes.items()}
    await ended(kafka, beyond)
    found = await offsets(kafka, {}, beyond)

    assert found == {(new_topic, at): [*range(size)] for at, size in sizes.items()}


async def test_a_mark_alone_is_read_and_nothing_given(kafka: str, new_topic: str) -> None:
    async with relay(kafka) as producer:
        await write(producer, new_topic, facts(0, 3))
    beyond = {(new_topic, 0): 4}
    await ended(kafka, beyond)

    assert await offsets(kafka, {(new_topic, 0): 3}, beyond) == {}


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
        for partition in (0, 1):
            await producer.send_and_wait(new_topic, b"{}", partition=partition)
        await producer.abort_transaction()
        await write(producer, new_topic, facts(0, 2))
    beyond = {(new_topic, 0): 9, (new_topic, 1): 2}
    await ended(kafka, beyond)

    assert await offsets(kafka, {}, beyond) == {(new_topic, 0): [0, 1, 2, 6, 7]}


async def test_what_is_cut_off_while_it_is_read_is_told(kafka: str, new_topic: str) -> None:
    async with relay(kafka) as producer:
        await write(producer, new_topic, HEAVY)
    at = TopicPartition(new_topic, 0)
    beyond = {(new_topic, 0): len(HEAVY) + 1}
    await ended(kafka, beyond)
    taken = list[int]()

    def take(records: Sequence[Record]) -> None:
        if not taken:
            cut_off(kafka, at, len(HEAVY))
        taken.append(len(records))

    with pytest.raises(HistoryGone, match=f"{new_topic}, partition 0"):
        await to_thread(read_again, kafka, {}, beyond, take, lambda _: None)


async def test_a_broker_that_goes_away_is_told(
    own_kafka: Callable[[], Instance[Kafka]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "_PATIENCE_S", 2.0)
    broker, topic = own_kafka(), "gone.v1"
    kafka = broker.server.address
    create_topics(kafka, [Topic(topic, PARTITIONS)])
    async with relay(kafka) as producer:
        await write(producer, topic, HEAVY)
    await ended(kafka, {(topic, 0): len(HEAVY) + 1})

    def take(_: Sequence[Record]) -> None:
        broker.kill()

    beyond = {(topic, 0): len(HEAVY)}
    with pytest.raises(KafkaConnectionError, match="nothing comes any more"):
        await to_thread(read_again, kafka, {}, beyond, take, lambda _: None)


async def test_what_fails_where_it_is_given_is_told(kafka: str, new_topic: str) -> None:
    def refuse(run: Sequence[Sequence[Record]]) -> None:
        raise ValueError(f"not these {len(run)}")

    async with relay(kafka) as producer:
        await write(producer, new_topic, facts(0, 3))
    beyond = {(new_topic, 0): 3}

    with pytest.raises(ValueError, match="not these 1"):
        await to_thread(read_again, kafka, {}, beyond, list, refuse)


@pytest.mark.parametrize(
    ("polled", "expected"),
    [
        ([(0, 8_000, 1)] * 5, [3, 2]),  # by their number
        ([(0, 10, 2**20)] * 8, [4, 4]),  # by what they hold
        ([(0, 1, 1), (0, 1, 1), (1, 1, 1), (0, 1, 1)], [2, 1, 1]),  # by partition
    ],
)
async def test_a_run_ends(
    polled: Sequence[tuple[int, int, int]], expected: list[int]
) -> None:
    async def some() -> AsyncIterator[Sequence[ARecord]]:
        for partition, count, size in polled:
            one = replace(record(PLACED, 0), partition=partition, value=b"x" * size)
            yield [one] * count

    assert [len(run) async for run in in_runs(some(), len)] == expected
