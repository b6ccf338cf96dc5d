"""What a service decides because of others' facts: at once, with its place among them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection

from kit.consumers.records import Handler, Received
from kit.eventstore.streams import PostgresStreams, Streams

React: TypeAlias = Callable[[Sequence[Received], Connection, Streams], None]
"""Submits to the streams what follows from a batch; reads what it needs by the connection.

Both are of one transaction, which holds the position too: all of it happened, or none.
"""


@dataclass(frozen=True, slots=True)
class Reaction:
    """Facts decided of others' facts. No part of a read model: no rebuild does it again.

    Shape: `react` gets the facts of `topics`, each once, in the order of its stream. An
        error that it raises parks the event; a refusal is an answer like any other, and
        for `react` to judge.
    """

    topics: Sequence[str]
    react: React


def decided_within(streams: PostgresStreams, reaction: Reaction) -> Handler:
    """Return `reaction` as a handler whose facts are kept with the consumer's position."""

    def handler(batch: Sequence[Received], db: Connection) -> None:
        reaction.react(batch, db, streams.within(db))

    return handler
