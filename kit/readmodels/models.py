"""What a read model is: its tables, and how facts are folded into them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import MetaData

from kit.consumers.records import Handler
from kit.eventstore.streams import Projection


@dataclass(frozen=True, slots=True)
class OwnReadModel:
    """A fold of the service's own facts, kept in the transaction that appends them.

    Shape: `tables` name no schema; their rows follow from the facts alone, so that a fold
        made again is the same. PostgreSQL can hash their columns: jsonb, not json.
    """

    name: str
    tables: MetaData
    projections: Sequence[Projection]


@dataclass(frozen=True, slots=True)
class ForeignReadModel:
    """A fold of other services' facts, kept in the transaction that moves the position.

    Shape: as `OwnReadModel`; `handler` gets the facts of `topics` in any order of topics.
        With `only_adds` it looks at no row that is there: while it is made again, its
        tables do without their keys, which are made at the end.
    """

    name: str
    tables: MetaData
    handler: Handler
    topics: Sequence[str]
    only_adds: bool = False
