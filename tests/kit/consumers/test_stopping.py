"""A consumer that gives up a fetch when it is stopped has cancelled nobody else."""

import asyncio
from typing import Any

import pytest

from kit.consumers.stopping import stop


class GivesUp:
    """As aiokafka's, that is stopped between two tries of a fetch."""

    async def stop(self) -> None:
        fetching = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        fetching.cancel()
        await fetching


class TakesLong:
    """One that is not stopped at once."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def stop(self) -> None:
        self.begun.set()
        await asyncio.sleep(60)


async def test_a_fetch_that_is_given_up_hides_nothing() -> None:
    consumer: Any = GivesUp()

    async def reading() -> None:
        try:
            raise ValueError("what went wrong")
        finally:
            await stop(consumer)

    with pytest.raises(ValueError, match="what went wrong"):
        await reading()


async def test_who_stops_it_can_be_cancelled_all_the_same() -> None:
    consumer: Any = TakesLong()
    stopping = asyncio.create_task(stop(consumer))
    await consumer.begun.wait()

    stopping.cancel()

    with pytest.raises(asyncio.CancelledError):
        await stopping
