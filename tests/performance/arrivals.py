"""Facts as Kafka brings them to performance: each to its seller's partition, in order."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from aiokafka.partitioner import DefaultPartitioner
from sqlalchemy import Engine

from contracts.envelope import Envelope
from contracts.fact import Fact
from contracts.registry import NAMES, encode
from kit.consumers.inbox import Inbox
from services.performance.consumers import OBLIGATIONS
from tests.kit.consumers.records import ARecord, headers_of, nothing_dead

PARTITIONS: Final = [*range(4)]


@dataclass
class Arrivals:
    """The way in of a database; `offsets` by topic and partition, `places` by topic."""

    engine: Engine
    offsets: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    places: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def record(self, fact: Fact, late: timedelta = timedelta()) -> ARecord:
        """The next record: `fact`, recorded so much later than it happened."""
        name, data = encode(fact)
        source = NAMES[type(fact)].partition(".")[0]
        topic, key = f"{source}.v1", fact.seller_id.encode()
        partition: int = DefaultPartitioner()(key, PARTITIONS, PARTITIONS)
        self.places[topic] += 1
        pos, offset = self.places[topic], self.offsets[topic, partition]
        self.offsets[topic, partition] += 1
        envelope = Envelope(
            id=UUID(int=len(source) * 2**64 + pos),
            type=name,
            source=source,
            time=fact.happened_at,
            recordedtime=fact.happened_at + late,
            subject=f"{source}-{pos}",
            sequence=1,
            pos=pos,
            partitionkey=fact.seller_id,
        )
        made = ARecord(offset, data, headers_of(envelope))
        return replace(made, topic=topic, partition=partition, key=key)

    def hear(self, *facts: Fact, late: timedelta = timedelta()) -> None:
        """Take facts as they are told."""
        self.take([self.record(fact, late) for fact in facts])

    def take(self, records: Sequence[ARecord]) -> None:
        """Take `records`, which go on where those of their partitions ended."""
        inbox = Inbox(self.engine, "performance")
        batches: dict[tuple[str, int], list[ARecord]] = defaultdict(list)
        for each in records:
            batches[each.topic, each.partition].append(each)
        for where, batch in batches.items():
            believed = inbox.next_offset(*where)
            inbox.apply(batch, OBLIGATIONS.handler, believed, nothing_dead)
