"""A Kafka client that knows nothing of our code, and how long a relay may take."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import uuid4  # noqa: TID251 - names of groups, no domain ids

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaException,
    Producer,
    TopicPartition,
)
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from kit.relay.relay import Relay

PATIENCE_S = 60


class Seen(NamedTuple):
    """A record as any client sees it."""

    partition: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def read_all(bootstrap_servers: str, topic: str) -> list[Seen]:
    """Read what is committed on `topic` by now: each partition's records in order."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": uuid4().hex,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    try:
        partitions = consumer.list_topics(topic, PATIENCE_S).topics[topic].partitions
        consumer.assign([TopicPartition(topic, n, OFFSET_BEGINNING) for n in partitions])
        return list(_until_ends(consumer, len(partitions)))
    finally:
        consumer.close()


def _until_ends(consumer: Consumer, partitions: int) -> Iterable[Seen]:
    while partitions:
        message = consumer.poll(PATIENCE_S)
        assert message is not None
        error = message.error()
        if error is None:
            yield Seen(
                message.partition() or 0,
                message.key() or b"",
                message.value() or b"",
                [(name, value) for name, value in message.headers() or []],
            )
        elif error.name() == "_PARTITION_EOF":
            partitions -= 1
        else:
            raise KafkaException(error)


def write_plainly(bootstrap_servers: str, topic: str, keys: Iterable[bytes]) -> None:
    """Write a record of each key, wherever this client's rule for keys puts it."""
    producer = Producer(
        {"bootstrap.servers": bootstrap_servers, "partitioner": "murmur2_random"}
    )
    for key in keys:
        producer.produce(topic, key=key, value=b"{}")
    assert producer.flush(PATIENCE_S) == 0


async def until(true: Callable[[], bool]) -> None:
    """Ask again and again until the answer is yes; fail if it never is."""

    async def ask() -> bool:
        return await asyncio.to_thread(true)

    asking: Callable[[], Awaitable[bool]] = retry(
        retry=retry_if_result(lambda yes: not yes),
        wait=wait_fixed(0.02),
        stop=stop_after_delay(PATIENCE_S),
    )(ask)
    await asking()


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    """Run `relay` meanwhile, and end it in order."""
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE_S)
