"""The last position that Kafka has committed, asked of Kafka itself.

A leader that dies between Kafka's commit and the cursor leaves the cursor behind. Its
successor, whose producer has fenced it, looks here first: so nothing is published twice.
"""

from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from kit.consumers.ends import Ends

_LAST: Final = 64
"""Offsets looked at first, from a partition's end: more than the markers there."""
_WAIT_MS: Final = 1_000


async def last_committed_pos(
    bootstrap_servers: str, partitions: Sequence[TopicPartition]
) -> int:
    """Return the highest `ce_pos` that a reader of committed records finds; 0 if none.

    A transaction holds consecutive positions whole, so all up to it are there too.

    Raises:
        KafkaError: The brokers do not answer.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    consumer.assign([*partitions])
    await consumer.start()
    asked = Ends(bootstrap_servers)
    try:
        ends = await asked.of(partitions)
        return max([await _last(consumer, at, ends[at]) for at in partitions], default=0)
    finally:
        await asked.close()
        await consumer.stop()


async def _last(consumer: AIOKafkaConsumer, at: TopicPartition, end: int) -> int:
    """Return the last position in a partition, looking back further until there is one."""
    back = _LAST
    while end > 0:
        first = max(0, end - back)
        consumer.seek(at, first)
        last = 0
        while await consumer.position(at) < end:
            found = await consumer.getmany(at, timeout_ms=_WAIT_MS)
            for record in found.get(at, ()):
                last = max(last, int(dict(record.headers).get("ce_pos", b"0")))
        if last or first == 0:
            return last
        back *= 8
    return 0
