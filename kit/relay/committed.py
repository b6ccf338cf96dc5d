"""The last that Kafka has committed of a history, asked of Kafka itself.

A leader that dies between Kafka's commit and the cursor leaves the cursor behind. Its
successor, whose producer has fenced it, looks here first: so nothing is published twice.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from kit.consumers.ends import Ends
from kit.consumers.records import read_envelope
from kit.consumers.stopping import stop

_LAST: Final = 64
"""Offsets looked at first, from a partition's end: more than the markers there."""
_WAIT_MS: Final = 1_000


async def last_committed(
    bootstrap_servers: str, source: str, partitions: Sequence[TopicPartition]
) -> Mapping[int, UUID]:
    """Return what the ends of the topic hold of `source`: event ids by position.

    A transaction holds consecutive positions whole, so whatever is before the highest of
    them is there too. Anybody may write to a topic: what these records say is a claim, to
    be held against the history itself.

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
        found: dict[int, UUID] = {}
        for at in partitions:
            found |= await _last(consumer, source, at, ends[at])
        return found
    finally:
        await asked.close()
        await stop(consumer)


async def _last(
    consumer: AIOKafkaConsumer, source: str, at: TopicPartition, end: int
) -> Mapping[int, UUID]:
    """Return the last of a partition, looking back further until there is something."""
    back = _LAST
    while end > 0:
        first = max(0, end - back)
        consumer.seek(at, first)
        found: dict[int, UUID] = {}
        while await consumer.position(at) < end:
            records = await consumer.getmany(at, timeout_ms=_WAIT_MS)
            for record in records.get(at, ()):
                with suppress(ValueError):
                    envelope = read_envelope(record.headers)
                    if envelope.source == source:
                        found[envelope.pos] = envelope.id
        if found or first == 0:
            return found
        back *= 8
    return {}
