"""Where one begins to read for a position: near it, and before all that follow it."""

from collections.abc import AsyncIterator, Iterable, Sequence

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from kit.consumers.records import read_envelope
from market.history.seeking import offset_near
from tests.kit.consumers.kafka import relay
from tests.samples import PLACED, received

NEAR, SENT_AGAIN = 8, 51


async def write(kafka: str, topic: str, positions: Iterable[int]) -> None:
    async with relay(kafka) as producer, producer.transaction():
        for pos in positions:
            headers = received(PLACED, pos).envelope.headers().items()
            await producer.send(
                topic, b"{}", partition=0, headers=[(n, v.encode()) for n, v in headers]
            )


async def rest(consumer: AIOKafkaConsumer, part: TopicPartition, end: int) -> Sequence[int]:
    """The positions from where `consumer` stands to the end."""
    found = []
    while await consumer.position(part) < end:
        for record in (await consumer.getmany(part, timeout_ms=100)).get(part, ()):
            found.append(read_envelope(record.headers).pos)  # noqa: PERF401 - async
    return found


@pytest.fixture
async def consumer(kafka: str, new_topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    for first, last in ((1, 100), (101, 200), (150, 260), (261, 300)):
        await write(kafka, new_topic, range(first, last + 1))
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, isolation_level="read_committed")
    consumer.assign([TopicPartition(new_topic, 0)])
    await consumer.start()
    yield consumer
    await consumer.stop()


async def test_all_from_a_position_on_is_found_from_a_place_near_it(
    consumer: AIOKafkaConsumer,
) -> None:
    (part,) = consumer.assignment()
    end = (await consumer.end_offsets([part]))[part]

    for pos in (1, 2, 99, 100, 101, 140, 155, 200, 201, 259, 299, 300, 400):
        offset = await offset_near(consumer, part, (0, end), pos, NEAR)
        consumer.seek(part, offset)
        found = await rest(consumer, part, end)

        assert {each for each in found if each >= pos} == set(range(pos, 301)), pos
        assert sum(each < pos for each in found) <= 2 * NEAR + SENT_AGAIN


async def test_an_empty_partition_is_read_from_its_beginning(
    consumer: AIOKafkaConsumer,
) -> None:
    (part,) = consumer.assignment()

    assert await offset_near(consumer, part, (0, 0), 7, NEAR) == 0
