"""Topics: one per service, `<service>.v<major>`, keyed by seller id, kept for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ORDERS: Final = "orders.v1"
CATALOG: Final = "catalog.v1"
BILLING: Final = "billing.v1"
BUYERS: Final = "buyers.v1"
PERFORMANCE: Final = "performance.v1"

MAX_EVENT_BYTES: Final = 1_000_000
"""The largest value that a topic takes; larger facts are refused when recorded."""

_KEPT_FOR_EVER: Final[Mapping[str, str]] = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "compression.type": "producer",
    "max.message.bytes": str(4 * MAX_EVENT_BYTES),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must be created; auto-creation would lose history.

    Units: `settings` are Kafka's own topic configuration, by its names.
    """

    name: str
    partitions: int
    settings: Mapping[str, str] = field(default_factory=lambda: _KEPT_FOR_EVER)


_LETTERS_KEPT: Final[Mapping[str, str]] = {
    **_KEPT_FOR_EVER,
    "max.message.bytes": str(8 * MAX_EVENT_BYTES),
}
"""Larger than any record that can be found: its letter holds it, and why it is there."""


def dead_letters(topic: str) -> str:
    """Return the topic that keeps what was found on `topic` and is no event."""
    return f"{topic}.dlt"


FACTS: Final = tuple(
    Topic(name, partitions=4) for name in (ORDERS, CATALOG, BILLING, BUYERS, PERFORMANCE)
)
OWNERS: Final[Mapping[str, str]] = {topic.name: topic.name.split(".")[0] for topic in FACTS}
"""Whose facts a topic holds: the service that is their `ce_source`."""

LETTERS: Final = tuple(Topic(dead_letters(t.name), 1, _LETTERS_KEPT) for t in FACTS)
TOPICS: Final = (*FACTS, *LETTERS)
