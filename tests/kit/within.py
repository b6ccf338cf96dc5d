"""Streams in the transactions of others."""

from collections.abc import Sequence
from dataclasses import dataclass

from kit.eventstore.requests import Answer, AnyRequest, Preview
from kit.eventstore.streams import PostgresStreams


@dataclass(frozen=True)
class EachInATransaction:
    """`Streams` as a consumer has them, each submission with a transaction of its own."""

    streams: PostgresStreams

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        with self.streams.history.engine.begin() as db:
            return self.streams.within(db).submit(requests)

    def preview(self, request: AnyRequest) -> Preview:
        with self.streams.history.engine.begin() as db:
            return self.streams.within(db).preview(request)

    def answered(self, request: AnyRequest) -> Answer | None:
        with self.streams.history.engine.begin() as db:
            return self.streams.within(db).answered(request)
