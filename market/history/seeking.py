"""Where in a partition to begin, for the facts from some position on."""

from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from kit.consumers.records import read_envelope

NEAR: Final = 5_000
_QUIET_MS: Final = 300


async def offset_near(
    consumer: AIOKafkaConsumer,
    part: TopicPartition,
    within: tuple[int, int],
    pos: int,
    near: int = NEAR,
) -> int:
    """Return an offset from which on all facts from `pos` on are found, and few others.

    Positions grow with offsets. What was sent again goes back to an earlier position and
    has all that follow it, so that nothing is missed from there on either. Where no fact
    is found, or none yet, we begin before it.

    Shape: `within` is the first offset, and one that is not there yet; `near` are offsets
        that are as soon read as looked into; `consumer` is left somewhere between.
    """
    first, beyond = within
    while beyond - first > near:
        middle = (first + beyond) // 2
        found = await _pos_from(consumer, part, middle)
        if found is not None and found < pos:
            first = middle
        else:
            beyond = middle
    return first


async def _pos_from(
    consumer: AIOKafkaConsumer, part: TopicPartition, offset: int
) -> int | None:
    """Return the position of the next fact, or None if what comes next is none."""
    consumer.seek(part, offset)
    found = await consumer.getmany(part, timeout_ms=_QUIET_MS, max_records=1)
    for record in found.get(part, ()):
        try:
            return read_envelope(record.headers).pos
        except ValueError:
            return None
    return None
