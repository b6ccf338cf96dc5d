"""Whether aiokafka still works for its consumer, and the end of one that does not.

Two tasks of its own do all the work. When one of them fails, it stays dead: a coordinator
that is gone makes every poll raise, which FastStream logs and repeats for ever; a fetcher
that is gone tells nobody, and polls just bring nothing.
"""

from contextlib import suppress

from aiokafka import AIOKafkaConsumer
from faststream.kafka.subscriber.usecase import BatchSubscriber


def cause_of_death(consumer: AIOKafkaConsumer) -> str | None:
    """Return what ended one of the tasks behind `consumer`, or None while they live."""
    tasks = {
        "coordinator": consumer._coordinator._coordination_task,  # noqa: SLF001 - see above
        "fetcher": consumer._fetcher._fetch_task,  # noqa: SLF001 - nothing public tells
    }
    for name, task in tasks.items():
        if task.done() and not task.cancelled():
            return f"aiokafka's {name} ended: {task.exception()!r}"
    return None


async def end(subscriber: BatchSubscriber) -> None:
    """End the consumer of `subscriber`, dead or alive, as far as it lets itself.

    Safe to repeat: Yes.
    """
    consumer = subscriber.consumer
    try:
        await subscriber.stop()
    except Exception:  # noqa: BLE001 - what a dead task raised is raised again here
        if consumer is not None:
            with suppress(Exception):
                await consumer._client.close()  # noqa: SLF001 - its stop did not get there
        subscriber.consumer = None
