"""A fact as the store holds it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.fact import Fact


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact with its place in a stream. What a read model is folded from.

    Units: `version` counts the facts of one stream, from 1; `recorded_at` is aware UTC.
    """

    stream_id: str
    version: int
    event_id: UUID
    fact: Fact
    recorded_at: datetime
