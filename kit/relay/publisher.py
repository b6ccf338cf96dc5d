"""Facts to Kafka, one transaction per batch: it is there whole or not at all."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import UUID

from aiokafka import AIOKafkaProducer, TopicPartition

from contracts.envelope import ACTOR
from contracts.topics import MAX_EVENT_BYTES
from kit.partitions import partition_of
from kit.relay.committed import last_committed
from kit.relay.outbox import Outgoing

_NAMES: Final = {ACTOR: f"ce_{ACTOR}"}
"""Headers of what is kept beside a fact under another name."""

_BATCH_BYTES: Final = 2 * MAX_EVENT_BYTES
_ISO: Final = b"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ"


@dataclass(slots=True)
class Publisher:
    """The one producer of a topic. Its transactional id is fixed: it fences a zombie.

    Shape: `source` is the service, as in `ce_source`.
    """

    bootstrap_servers: str
    topic: str
    source: str
    _producer: AIOKafkaProducer | None = None
    _partitions: int = 0
    _source: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._source = self.source.encode()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Connect, and fence whoever published to the topic before."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap_servers,
            transactional_id=f"relay.{self.topic}",
            acks="all",
            compression_type="lz4",
            max_batch_size=_BATCH_BYTES,
            max_request_size=2 * _BATCH_BYTES,
            linger_ms=0,
            transaction_timeout_ms=30_000,
        )
        self._producer = producer
        try:
            await producer.start()
            self._partitions = len(await producer.partitions_for(self.topic))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Disconnect; an open transaction is aborted. Safe to repeat."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def last_published(self) -> Mapping[int, UUID]:
        """Return the last that Kafka has committed, event ids by position."""
        partitions = [TopicPartition(self.topic, n) for n in range(self._partitions)]
        return await last_committed(self.bootstrap_servers, self.source, partitions)

    async def publish(self, batch: Sequence[Outgoing]) -> None:
        """Publish `batch` in one transaction; return when Kafka has committed it.

        Raises:
            KafkaError: Nothing of it can be seen by who reads committed facts, or Kafka
                committed it and could not say so: publish it again, readers drop repeats.
            RuntimeError: It was not started.
        """
        producer = self._producer
        if producer is None:
            raise RuntimeError("start the publisher first")
        async with producer.transaction():
            by_partition = defaultdict(list)
            for fact in batch:
                by_partition[partition_of(fact.partition_key, self._partitions)].append(
                    fact
                )
            await asyncio.gather(
                *(self._send(producer, to, facts) for to, facts in by_partition.items())
            )

    async def _send(
        self, producer: AIOKafkaProducer, partition: int, facts: Iterable[Outgoing]
    ) -> None:
        builder, sent = producer.create_batch(), []
        for fact in facts:
            record = self._record(fact)
            if builder.append(**record) is None:
                sent.append(
                    await producer.send_batch(builder, self.topic, partition=partition)
                )
                builder = producer.create_batch()
                builder.append(**record)
        sent.append(await producer.send_batch(builder, self.topic, partition=partition))
        await asyncio.gather(*sent)

    def _record(self, fact: Outgoing) -> dict[str, Any]:
        key = fact.partition_key.encode()
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", str(fact.event_id).encode()),
            ("ce_type", fact.type.encode()),
            ("ce_source", self._source),
            ("ce_time", _moment(fact.occurred_at)),
            ("ce_recordedtime", _moment(fact.recorded_at)),
            ("ce_subject", fact.stream_id.encode()),
            ("ce_sequence", b"%d" % fact.version),
            ("ce_pos", b"%d" % fact.pos),
            ("ce_partitionkey", key),
            ("content-type", b"application/json"),
            *(
                (_NAMES.get(name, name), value.encode())
                for name, value in fact.meta.items()
            ),
        ]
        at_ms = int(fact.recorded_at.timestamp() * 1000)
        return {"key": key, "value": fact.data, "timestamp": at_ms, "headers": headers}


def _moment(at: datetime) -> bytes:
    """Return `at` as ISO 8601; written out, it takes half as long as `isoformat`."""
    at = at.astimezone(UTC)
    day = (at.year, at.month, at.day)
    return _ISO % (*day, at.hour, at.minute, at.second, at.microsecond)
