"""A fact as the store holds it, and as the `eventsourcing` library carries it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent

from contracts.fact import Fact
from contracts.registry import REGISTRY, Registry
from contracts.topics import MAX_EVENT_BYTES
from kit.domain import Refused


class FactTooLarge(Refused):
    """A fact that no topic would take; refused before it is recorded."""

    code = "fact-too-large"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact with its place in a stream. What a read model is folded from.

    Units: `version` counts the facts of one stream, from 1; `recorded_at` is aware UTC.
    Shape: `meta` is what travels beside the fact: `traceparent`, who asked.
    """

    stream_id: str
    version: int
    event_id: UUID
    fact: Fact
    recorded_at: datetime
    meta: Mapping[str, str] = field(default_factory=dict)

    @property
    def originator_id(self) -> str:
        """The library's name for `stream_id`."""
        return self.stream_id

    @property
    def originator_version(self) -> int:
        """The library's name for `version`."""
        return self.version


@dataclass(frozen=True)
class StoredFact(StoredEvent):
    """The library's stored event, with what the library has no column for.

    `originator_id` is the stream, `topic` the type name, `state` the published bytes.
    """

    event_id: UUID
    partition_key: str
    occurred_at: datetime
    recorded_at: datetime
    meta: Mapping[str, str]


def refuse_too_large(stored: StoredFact) -> None:
    """Let pass what the topic of `stored` takes.

    Raises:
        FactTooLarge: It is larger; the field that most of it is in is named.
    """
    size = len(stored.state)
    if size > MAX_EVENT_BYTES:
        raise FactTooLarge(
            f"{_largest_field(stored.state)}: {stored.topic} in {stored.originator_id} has"
            f" {size} bytes, more than the {MAX_EVENT_BYTES} that its topic takes"
        )


def _largest_field(data: bytes) -> str:
    fields: Mapping[str, object] = json.loads(data)
    return max(fields, key=lambda name: len(json.dumps(fields[name])))


class FactMapper(Mapper[str]):
    """Between facts and stored bytes: type names of the contracts, never class paths."""

    registry: Registry = REGISTRY

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredFact:
        """Return `domain_event`, a `Recorded`, as it is stored."""
        recorded = cast("Recorded", domain_event)
        fact = recorded.fact
        name, data = self.registry.encode(fact)
        return StoredFact(
            originator_id=recorded.stream_id,
            originator_version=recorded.version,
            topic=name,
            state=data,
            event_id=recorded.event_id,
            partition_key=fact.seller_id,
            occurred_at=fact.happened_at,
            recorded_at=recorded.recorded_at,
            meta=recorded.meta,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:
        """Return the fact that `stored_event` keeps.

        A store that keeps the library's four fields alone gets an id made of the stream
        and version, and the fact's own moment as the one of recording.

        Raises:
            UnknownTypeError: The code does not know the type or its version.
        """
        stream_id, version = (
            str(stored_event.originator_id),
            stored_event.originator_version,
        )
        fact = self.registry.decode(stored_event.topic, stored_event.state)
        if isinstance(stored_event, StoredFact):
            return Recorded(
                stream_id,
                version,
                stored_event.event_id,
                fact,
                stored_event.recorded_at,
                stored_event.meta,
            )
        event_id = uuid5(NAMESPACE_URL, f"{stream_id}/{version}")
        return Recorded(stream_id, version, event_id, fact, fact.happened_at)
