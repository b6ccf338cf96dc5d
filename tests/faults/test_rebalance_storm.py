"""Consumers come and go while facts flow: 1, 4, and 1 again."""

import asyncio
from collections.abc import Callable
from itertools import count

from tests.faults.checks import arrived, the_history_reached_its_consumer
from tests.faults.ground import Ground
from tests.faults.processes import Child
from tests.kit.consumers.kafka import until

JOINED = "Setting newly assigned partitions"


async def test_every_fact_arrives_once_while_consumers_join_leave_and_die(
    ground: Ground, start_consumer: Callable[..., Child]
) -> None:
    over = asyncio.Event()

    async def recording() -> None:
        for number in count():
            if over.is_set():
                return
            await asyncio.to_thread(ground.record, [number])

    async def all_arrived() -> bool:
        came = await asyncio.to_thread(arrived, ground.url)
        return len(came) >= len(ground.acknowledged)

    async with ground.relaying():
        first = start_consumer()
        await asyncio.to_thread(first.wait_said, JOINED)
        flow = asyncio.create_task(recording())
        others = [start_consumer() for _ in range(3)]
        for child in others:
            await asyncio.to_thread(child.wait_said, JOINED)
        others[0].kill()
        await asyncio.to_thread(others[1].end)
        await asyncio.to_thread(others[2].end)
        over.set()
        await flow
        await ground.published()
        await until(all_arrived)

    first.end()
    the_history_reached_its_consumer(ground)
