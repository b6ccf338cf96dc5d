"""Bytes that are no event: kept raw, with where they were found and why."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from aiokafka import AIOKafkaProducer

from contracts import topics
from kit.consumers.records import Record

LARGEST_BYTES: Final = 2 * 4 * topics.MAX_EVENT_BYTES


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that is no event, as it goes to `<topic>.dlt`.

    Shape: key, value and headers as they were found, then `dlt-reason`, `dlt-group`,
        `dlt-topic`, `dlt-partition` and `dlt-offset`. The last four identify it: a crash
        between its sending and the commit of the position sends it again.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, record: Record, group: str, why: str) -> Self:
        """Return the letter that `group` writes about `record`."""
        found = ((name, value or b"") for name, value in record.headers)
        said = {
            "dlt-reason": why,
            "dlt-group": group,
            "dlt-topic": record.topic,
            "dlt-partition": str(record.partition),
            "dlt-offset": str(record.offset),
        }
        added = ((name, value.encode()) for name, value in said.items())
        topic = topics.dead_letters(record.topic)
        return cls(topic, record.key, record.value, (*found, *added))


Bury: TypeAlias = Callable[[Sequence[DeadLetter]], None]
"""Blocks until every letter is kept by all replicas, or raises."""


class Undertaker:
    """The producer of dead letters: `acks=all`, idempotent, started by the first one."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep `letters`; returns when all replicas have them.

        Raises:
            KafkaError: Some may not be kept.
        Safe to repeat: As `DeadLetter` says, a letter may be there twice.
        """
        producer = await self._started()
        kept = [
            await producer.send(
                at.topic,
                # The client sends no record without both, though others do.
                b"" if at.value is at.key is None else at.value,
                at.key,
                headers=list(at.headers),
            )
            for at in letters
        ]
        for one in kept:
            await one

    async def close(self) -> None:
        """Stop the producer, if there ever was a letter."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap_servers,
                    acks="all",
                    enable_idempotence=True,
                    max_request_size=LARGEST_BYTES,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
