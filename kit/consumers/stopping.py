"""How a consumer that reads by itself is stopped, also while its broker is away."""

import asyncio

from aiokafka import AIOKafkaConsumer


async def stop(consumer: AIOKafkaConsumer) -> None:
    """Stop `consumer`.

    aiokafka cancels a fetch that is between two tries, and then raises that: to those who
    stop it, it would look as if they had been cancelled, and hide what went wrong.

    Raises:
        CancelledError: Who stops it is cancelled.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        me = asyncio.current_task()
        if me is None or me.cancelling():
            raise
