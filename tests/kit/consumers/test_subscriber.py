"""Consumption of real topics: everything once, whatever happens on the way."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition
from sqlalchemy import Connection, Engine, text

from contracts.topics import dead_letters
from kit.consumers.consumption import Consumption
from kit.consumers.inbox import Inbox
from kit.consumers.parking import parked_streams
from kit.consumers.records import Handler, Received
from kit.consumers.subscriber import consume
from tests.kit.consumers.kafka import caught_up, relay, spread, until, write
from tests.kit.consumers.records import ARecord, record, remember, remembered
from tests.samples import PLACED

MakeTopics = Callable[..., list[str]]


@pytest.fixture
def topic(new_topics: MakeTopics) -> str:
    """A topic with a place for its dead letters."""
    name, _ = new_topics("v1", "v1.dlt")
    return name


def orders(count: int, start: int = 0, streams: int = 8) -> list[ARecord]:
    """Orders placed, dealt out over streams and over the topic's four partitions."""
    places = range(start, start + count)
    return spread([record(PLACED, n, stream=f"order-o-{n % streams}") for n in places], 4)


def came(engine: Engine, count: int) -> Callable[[], Awaitable[bool]]:
    """Tell whether `count` facts or more have come."""

    async def enough() -> bool:
        return len(await asyncio.to_thread(remembered, engine)) >= count

    return enough


def consuming(kafka: str, engine: Engine, topic: str, handler: Handler) -> Consumption:
    return consume(kafka, Inbox(engine, f"group of {topic}"), {topic: handler})


async def test_everything_is_applied_once_and_in_order_of_each_partition(
    kafka: str, engine: Engine, topic: str
) -> None:
    async with relay(kafka) as producer, consuming(kafka, engine, topic, remember) as mine:
        await write(producer, topic, orders(600))
        await write(producer, topic, orders(400, 600))
        await caught_up(mine)

    order = remembered(engine)
    assert sorted(order) == list(range(1, 1_001))
    for partition in range(4):
        own = [pos for pos in order if (pos - 1) % 8 % 4 == partition]
        assert own == sorted(own)


async def test_a_consumer_that_starts_again_goes_on_where_its_database_stands(
    kafka: str, engine: Engine, topic: str
) -> None:
    async with relay(kafka) as producer:
        async with consuming(kafka, engine, topic, remember) as first:
            await write(producer, topic, orders(100))
            await caught_up(first)
        await write(producer, topic, orders(100, 100))
        async with consuming(kafka, engine, topic, remember) as second:
            await caught_up(second)

    assert sorted(remembered(engine)) == list(range(1, 201))


async def test_kafka_is_told_the_place_but_never_asked_for_it(
    kafka: str, engine: Engine, topic: str
) -> None:
    """A database that starts anew gets the whole history, whatever Kafka was told."""
    group = f"group of {topic}"
    async with relay(kafka) as producer, consuming(kafka, engine, topic, remember) as mine:
        await write(producer, topic, orders(100))
        await caught_up(mine)
        await until_told(kafka, group, topic)
    with engine.begin() as db:
        db.execute(text("TRUNCATE consumer_positions, seen"))

    async with consuming(kafka, engine, topic, remember) as again:
        await caught_up(again)

    assert sorted(remembered(engine)) == list(range(1, 101))


async def until_told(kafka: str, group: str, topic: str) -> None:
    places = [TopicPartition(topic, n) for n in range(4)]
    async with AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group) as other:
        ends = await other.end_offsets(places)

        async def told() -> bool:
            return [await other.committed(place) for place in places] == list(ends.values())

        await until(told)


async def test_a_transaction_that_was_aborted_never_comes(
    kafka: str, engine: Engine, topic: str
) -> None:
    async with relay(kafka) as producer, consuming(kafka, engine, topic, remember) as mine:
        await producer.begin_transaction()
        for each in orders(50):
            await producer.send(topic, each.value, partition=0, headers=list(each.headers))
        await producer.abort_transaction()
        await write(producer, topic, orders(50))
        await caught_up(mine)

    assert sorted(remembered(engine)) == list(range(1, 51))


async def test_a_failure_that_passes_skips_nothing_and_keeps_the_order(
    kafka: str, engine: Engine, topic: str
) -> None:
    left = [3]

    def cut_off_three_times(batch: Sequence[Received], db: Connection) -> None:
        remember(batch, db)
        if batch[0].envelope.subject == "order-o-1" and left[0]:
            left[0] -= 1
            me = db.scalar(text("SELECT pg_backend_pid()"))
            with engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:me)"), {"me": me})
        db.execute(text("SELECT 1"))

    async with (
        relay(kafka) as producer,
        consuming(kafka, engine, topic, cut_off_three_times) as mine,
    ):
        await write(producer, topic, orders(200))
        await caught_up(mine)

    order = remembered(engine)
    assert left == [0]
    assert sorted(order) == list(range(1, 201))
    first = [pos for pos in order if (pos - 1) % 4 == 1]
    assert first == sorted(first)
    assert parked_streams(engine, f"group of {topic}") == []


async def test_the_other_partitions_flow_on_while_one_is_paused(
    kafka: str, engine: Engine, topic: str
) -> None:
    mended = threading.Event()

    def one_is_away(batch: Sequence[Received], db: Connection) -> None:
        if batch[0].envelope.subject.endswith(("-1", "-5")) and not mended.is_set():
            raise ConnectionResetError
        remember(batch, db)

    async with (
        relay(kafka) as producer,
        consuming(kafka, engine, topic, one_is_away) as mine,
    ):
        await write(producer, topic, orders(200))
        await until(came(engine, 150))
        assert not [pos for pos in remembered(engine) if (pos - 1) % 4 == 1]
        assert [at.partition for at in await mine.standing() if at.lag] == [1]
        mended.set()
        await caught_up(mine)

    assert sorted(remembered(engine)) == list(range(1, 201))


async def test_a_poisonous_event_holds_its_stream_alone(
    kafka: str, engine: Engine, topic: str
) -> None:
    def poisoned(batch: Sequence[Received], db: Connection) -> None:
        if any(each.envelope.pos == 11 for each in batch):
            raise ValueError("eleven")
        remember(batch, db)

    async with relay(kafka) as producer, consuming(kafka, engine, topic, poisoned) as mine:
        await write(producer, topic, orders(80))
        await caught_up(mine)

    stuck = [n for n in range(1, 81) if (n - 1) % 8 == 2 and n >= 11]
    assert sorted(remembered(engine)) == sorted(set(range(1, 81)) - set(stuck))
    [stream] = parked_streams(engine, f"group of {topic}")
    assert (stream.stream_id, stream.events) == ("order-o-2", len(stuck))


async def test_bytes_that_are_no_event_are_kept_raw_beside_the_topic(
    kafka: str, engine: Engine, topic: str
) -> None:
    garbage = ARecord(0, b"\xff\0{", [("from", b"\xfe"), ("reply_to", topic.encode())])
    async with relay(kafka) as producer, consuming(kafka, engine, topic, remember) as mine:
        await write(producer, topic, [*orders(10), garbage, *orders(10, 10)])
        await caught_up(mine)

    assert sorted(remembered(engine)) == list(range(1, 21))
    async with AIOKafkaConsumer(
        dead_letters(topic), bootstrap_servers=kafka, auto_offset_reset="earliest"
    ) as reader:
        letter = await asyncio.wait_for(reader.getone(), 30)
    assert (letter.key, letter.value) == (b"s-1", garbage.value)
    assert letter.headers[:2] == tuple(garbage.headers)
    assert dict(letter.headers)["dlt-partition"] == b"0"


async def test_consumers_that_come_and_go_apply_everything_once(
    kafka: str, engine: Engine, topic: str
) -> None:
    async def publish(producer: AIOKafkaProducer, start: int) -> None:
        for n in range(start, start + 1_000, 50):
            await write(producer, topic, orders(50, n))

    async with relay(kafka) as producer, consuming(kafka, engine, topic, remember) as stays:
        for start in (0, 1_000):
            publishing = asyncio.create_task(publish(producer, start))
            others = [consuming(kafka, engine, topic, remember) for _ in range(3)]
            await asyncio.gather(*(other.start() for other in others))
            for other in others:
                await other.close()
            await publishing
        await caught_up(stays)

    order = remembered(engine)
    assert sorted(order) == list(range(1, 2_001))
    for partition in range(4):
        own = [pos for pos in order if (pos - 1) % 4 == partition]
        assert own == sorted(own)


async def test_a_batch_in_hand_is_finished_before_the_consumer_leaves(
    kafka: str, engine: Engine, topic: str
) -> None:
    began, go_on = threading.Event(), threading.Event()

    def slow(batch: Sequence[Received], db: Connection) -> None:
        began.set()
        assert go_on.wait(30)
        remember(batch, db)

    async with relay(kafka) as producer:
        mine = consuming(kafka, engine, topic, slow)
        await mine.start()
        await write(producer, topic, [each for each in orders(40) if each.partition == 0])
        await asyncio.to_thread(began.wait, 30)
        leaving = asyncio.create_task(mine.close())
        go_on.set()
        await leaving

    assert len(remembered(engine)) == 10
