"""Consumers come and go while facts flow: 1, 4, and 1 again, and no hand-over is clean."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

from tests.faults.checks import arrived, the_history_reached_its_consumer
from tests.faults.doomed_consumer import BEFORE, DAWDLES, LATE
from tests.faults.ground import Ground
from tests.faults.processes import Child
from tests.kit.consumers.kafka import until

JOINED = "Setting newly assigned partitions"
AHEAD = 200
"""How many facts may be recorded and not have arrived."""
ROUNDS = 5
"""How often one more comes and goes at most, until somebody was overtaken."""

StartConsumer = Callable[..., Child]


async def join(start_consumer: StartConsumer) -> Child:
    """Start a consumer that dawdles before every third batch; it has its partitions."""
    child = start_consumer(BEFORE, DAWDLES, 3)
    await asyncio.to_thread(child.wait_said, JOINED)
    return child


@asynccontextmanager
async def facts_flowing(ground: Ground) -> AsyncIterator[None]:
    """Record facts, not too far ahead of the consumers; in the end all have arrived."""
    over = asyncio.Event()

    async def waiting() -> int:
        came = await asyncio.to_thread(arrived, ground.url)
        return len(ground.acknowledged) - len(came)

    async def few_wait() -> bool:
        return await waiting() <= AHEAD

    async def none_waits() -> bool:
        return await waiting() <= 0

    async def recording() -> None:
        for number in count():
            if over.is_set():
                return
            await until(few_wait)
            await asyncio.to_thread(ground.record, [number])

    flow = asyncio.create_task(recording())
    try:
        yield
    finally:
        over.set()
        await flow
    await ground.published()
    await until(none_waits)


def came_late(*children: Child) -> bool:
    """Tell whether one of them was overtaken with a batch in hand, and fenced."""
    return any(LATE in child.log.read_text() for child in children)


async def test_every_fact_arrives_once_while_consumers_join_leave_die_and_come_late(
    ground: Ground, start_consumer: StartConsumer
) -> None:
    async with ground.relaying():
        first = await join(start_consumer)
        async with facts_flowing(ground):
            others = [await join(start_consumer) for _ in range(3)]
            others[0].kill()
            await asyncio.to_thread(others[1].end)
            await asyncio.to_thread(others[2].end)
            for _ in range(ROUNDS):
                if not came_late(first, *others):
                    others.append(await join(start_consumer))
                    await asyncio.to_thread(others[-1].end)

    first.end()
    the_history_reached_its_consumer(ground)
    assert came_late(first, *others)
