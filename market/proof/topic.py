"""What a topic must hold: each position once, each stream in order, as anyone reads it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from contracts.topics import FACTS
from kit.consumers.ends import Ends
from kit.consumers.records import Record, heading_of
from kit.readmodels.topics import read_again
from market.proof.finding import Finding


@dataclass(slots=True)
class TopicReader:
    """Folds a topic, record by record, into what can be said of it.

    Units: `published` is the last position that must be there.
    """

    published: int
    seen: bytearray = field(init=False)
    records: int = 0
    beyond: int = 0
    repeated: str | None = None
    disordered: str | None = None
    strangers: int = 0
    versions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seen = bytearray(self.published + 1)

    def take(self, records: Sequence[Record]) -> None:
        """Take note of some records of one partition, in offset order."""
        for record in records:
            self.records += 1
            self._note(record)

    def _note(self, record: Record) -> None:
        where = f"partition {record.partition}, offset {record.offset}"
        try:
            envelope = heading_of(record)
        except ValueError:
            self.strangers += 1
            return
        pos, stream = envelope.pos, envelope.subject
        if pos > self.published:
            self.beyond += 1
        elif self.seen[pos]:
            self.repeated = self.repeated or f"position {pos} is there again at {where}"
        else:
            self.seen[pos] = 1
        expected = self.versions.get(stream, 0) + 1
        if envelope.sequence != expected and self.disordered is None:
            self.disordered = (
                f"{stream}: version {envelope.sequence} at {where}, not {expected}"
            )
        self.versions[stream] = max(envelope.sequence, self.versions.get(stream, 0))

    def missing(self) -> str | None:
        """Return the first position that is not there, if one is not."""
        hole = self.seen.find(0, 1)
        return None if hole < 0 else f"position {hole} is not there"


def prove_topic(topic: str, bootstrap_servers: str, published: int) -> list[Finding]:
    """Return what a read_committed consumer of all of `topic` finds."""
    ends = asyncio.run(_ends(topic, bootstrap_servers))
    reader = TopicReader(published)
    read_again(bootstrap_servers, {}, ends, reader.take, lambda _: None)
    figure = f"{reader.records} records in {len(ends)} partitions"
    if reader.beyond:
        figure += f", {reader.beyond} newer than the proof"
    if reader.strangers:
        figure += f", {reader.strangers} no events"
    return [
        Finding(
            f"{topic}: every position is there", f"{published} positions", reader.missing()
        ),
        Finding(f"{topic}: every position is there once", figure, reader.repeated),
        Finding(
            f"{topic}: every stream is in order",
            f"{len(reader.versions)} streams",
            reader.disordered,
        ),
    ]


async def _ends(topic: str, bootstrap_servers: str) -> Mapping[tuple[str, int], int]:
    asked = Ends(bootstrap_servers)
    try:
        ends = await asked.of([TopicPartition(topic, n) for n in range(_partitions(topic))])
        return {(at.topic, at.partition): end for at, end in ends.items()}
    finally:
        await asked.close()


def _partitions(topic: str) -> int:
    (declared,) = [each for each in FACTS if each.name == topic]
    return declared.partitions
