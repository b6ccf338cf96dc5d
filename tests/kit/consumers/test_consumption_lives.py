"""Consumption goes on when the client under it gives up, and ends without a complaint."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka.errors import KafkaError
from sqlalchemy import Engine

from kit.consumers.consumption import Consumption
from kit.consumers.failures import Unavailable
from kit.consumers.inbox import Inbox
from kit.consumers.subscriber import consume
from tests.kit.consumers.kafka import caught_up, relay, spread, until, write
from tests.kit.consumers.records import ARecord, record, remember, remembered
from tests.samples import PLACED

TASKS = [("_coordinator", "_coordination_task"), ("_fetcher", "_fetch_task")]


def orders(count: int, start: int = 0) -> list[ARecord]:
    places = range(start, start + count)
    return spread([record(PLACED, n, stream=f"order-o-{n % 8}") for n in places], 4)


def consuming(kafka: str, engine: Engine, topic: str) -> Consumption:
    return consume(kafka, Inbox(engine, f"group of {topic}"), {topic: remember})


async def fail(consumption: Consumption, part: str, task: str) -> None:
    """Let one of aiokafka's tasks end as it does after an error that it did not expect."""

    async def dead() -> None:
        raise KafkaError("unexpected")

    of = getattr(consumption._subscriber.consumer, part)  # noqa: SLF001 - it fails inside
    getattr(of, task).cancel()
    await asyncio.wait({getattr(of, task)})
    setattr(of, task, asyncio.create_task(dead()))
    await asyncio.wait({getattr(of, task)})


@pytest.mark.parametrize(("part", "task"), TASKS)
async def test_consuming_begins_anew_when_a_task_of_the_client_has_died(
    part: str, task: str, kafka: str, engine: Engine, new_topic: str
) -> None:
    async with relay(kafka) as producer, consuming(kafka, engine, new_topic) as mine:
        await write(producer, new_topic, orders(100))
        await caught_up(mine)
        dead = mine._subscriber.consumer  # noqa: SLF001 - to see that it is replaced

        async def begun_anew() -> bool:
            return mine._dead is None and mine._subscriber.consumer is not dead  # noqa: SLF001

        await fail(mine, part, task)
        await until(begun_anew)
        await write(producer, new_topic, orders(100, 100))
        await caught_up(mine)

    assert sorted(remembered(engine)) == list(range(1, 201))


async def test_a_consumer_that_is_dead_can_be_closed(
    kafka: str, engine: Engine, new_topic: str
) -> None:
    async with relay(kafka) as producer, consuming(kafka, engine, new_topic) as mine:
        await write(producer, new_topic, orders(100))
        await caught_up(mine)
        await fail(mine, *TASKS[1])


async def test_while_nothing_is_consumed_that_is_what_is_said(
    kafka: str, engine: Engine, new_topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with consuming(kafka, engine, new_topic) as mine:
        await caught_up(mine)
        assert mine._ticking is not None  # noqa: SLF001 - who looks after it
        mine._ticking.cancel()  # noqa: SLF001
        monkeypatch.setattr(mine, "_dead", "aiokafka's fetcher ended")

        with pytest.raises(Unavailable, match="fetcher"):
            await mine.standing()


async def test_closing_at_once_after_starting_leaves_nothing_behind(
    kafka: str, engine: Engine, new_topics: Callable[..., list[str]]
) -> None:
    before = asyncio.all_tasks()
    for topic in new_topics("a", "b", "c"):
        async with consuming(kafka, engine, topic):
            pass

    async def all_ended() -> bool:
        return asyncio.all_tasks() == before

    await until(all_ended)
