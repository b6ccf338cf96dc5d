"""What a service decides because of what happened elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from contracts.fact import Fact
from kit.consumers.records import Handler, Received
from kit.eventstore.requests import AnyRequest
from kit.eventstore.streams import PostgresStreams, Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """Requests to the service's own streams that follow from others' facts.

    No read model: what is recorded is a fact, so a rebuild does not go through it again.

    Shape: `asks` is pure; it returns none for facts that it is not about.
    """

    name: str
    topics: Sequence[str]
    asks: Callable[[Fact], Sequence[AnyRequest]]

    def handler(self, streams: PostgresStreams) -> Handler:
        """Return the handler that asks `streams`.

        What is recorded, its place in the outbox and the place in the topic are one
        transaction. Each request has its fact's id as key: however the topic is read
        again, it is answered as the first time. A fact whose requests are refused can't be
        applied: it is parked.
        """
        return partial(_react, self, streams)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReaction:
    """Likewise, where what is asked depends on more than one fact.

    Shape: `react` gets the facts of `topics`, each once and in the order of its stream, a
        connection for what it needs to know, and the streams that it asks; all of it is one
        transaction. An error that it raises parks the fact; refusals are for it to judge.
    """

    name: str
    topics: Sequence[str]
    react: Callable[[Sequence[Received], Connection, Streams], None]

    def handler(self, streams: PostgresStreams) -> Handler:
        """Return the handler that lets `react` ask `streams`, in the transaction."""

        def handler(batch: Sequence[Received], db: Connection) -> None:
            self.react(batch, db, streams.within(db))

        return handler


def _react(
    reaction: Reaction,
    streams: PostgresStreams,
    received: Sequence[Received],
    db: Connection,
) -> None:
    requests = [
        replace(
            request,
            key=f"{reaction.name}/{one.envelope.id}/{number}",
            digest=one.envelope.id.bytes,
        )
        for one in received
        for number, request in enumerate(reaction.asks(one.fact))
    ]
    answers = streams.join(requests, db) if requests else ()
    for answer in answers:
        if answer.refused is not None:
            raise answer.refused
