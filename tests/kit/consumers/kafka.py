"""Real topics with facts on them, as a relay writes them: in transactions."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4  # noqa: TID251 - names of producers, no domain ids

from aiokafka import AIOKafkaProducer
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from kit.consumers.consumption import Consumption
from tests.kit.consumers.records import ARecord

PATIENCE_S = 60


@asynccontextmanager
async def relay(bootstrap_servers: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that writes transactions."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        transactional_id=uuid4().hex,
        enable_idempotence=True,
        acks="all",
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def write(producer: AIOKafkaProducer, topic: str, records: Iterable[ARecord]) -> None:
    """Write `records` to their partitions of `topic`, in one transaction that commits."""
    async with producer.transaction():
        for each in records:
            await producer.send(
                topic,
                each.value,
                each.key,
                partition=each.partition,
                headers=list(each.headers),
            )


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again until the answer is yes; fail if it never is."""
    asking = retry(
        retry=retry_if_result(lambda yes: not yes),
        wait=wait_fixed(0.02),
        stop=stop_after_delay(PATIENCE_S),
    )
    await asking(true)()


async def caught_up(consumption: Consumption) -> None:
    """Wait until nothing lies between where the group stands and the end."""

    async def no_lag() -> bool:
        standing = await consumption.standing()
        return bool(standing) and not any(place.lag for place in standing)

    await until(no_lag)


def spread(records: Sequence[ARecord], partitions: int) -> list[ARecord]:
    """Deal `records` out to partitions by the number at the end of their stream."""
    for each in records:
        stream = dict(each.headers)["ce_subject"].decode()
        each.partition = int(stream.rpartition("-")[2]) % partitions
    return list(records)
