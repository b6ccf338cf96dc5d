"""Streams in the transactions of others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from sqlalchemy import Engine

from kit.consumers.failures import passes
from kit.eventstore.history import History
from kit.eventstore.requests import Answer, AnyRequest, Preview, Request
from kit.eventstore.streams import PostgresStreams, StreamConflict, Streams, transact
from services.catalog.model import INVENTORY
from tests.catalog.test_inventory import RECEIVE
from tests.kit.test_streams import (
    ACCEPT,
    PLACE,
    StreamsContract,
    asked,
    new_id,
    streams_on,
)


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


class TestStreamsWithinATransaction(StreamsContract):
    @pytest.fixture
    def streams(self, engine: Engine) -> Streams:
        return EachInATransaction(streams_on(History(engine)))


def test_what_is_decided_within_a_transaction_is_undone_with_it(engine: Engine) -> None:
    streams = streams_on(History(engine))

    with engine.connect() as db:
        within = streams.within(db)
        recorded = [transact(within, asked(c)).recorded for c in (PLACE, ACCEPT)]
        db.rollback()

    assert recorded == [1, 1]
    assert transact(streams, asked(PLACE)) == Answer(1, 1)


def test_who_loses_within_a_transaction_decides_again_and_loses_nothing_else(
    engine: Engine,
) -> None:
    streams = streams_on(History(engine))
    others = [asked(PLACE)]

    def id_after_others_wrote() -> UUID:
        while others:
            transact(streams, others.pop())
        return new_id()

    other_order = asked(replace(PLACE, order_id="o-2"), order="o-2")
    with engine.begin() as db:
        transact(streams.within(db), other_order)
        slower = replace(streams, new_id=id_after_others_wrote)
        answer = transact(slower.within(db), asked(PLACE))

    assert (answer, others) == (Answer(1, 0), [])
    assert transact(streams, other_order) == Answer(1, 0)


def test_who_loses_again_and_again_within_a_transaction_says_so_and_it_may_go_on(
    engine: Engine,
) -> None:
    streams = streams_on(History(engine))
    receive = Request(stream_id="inventory-s-1:p-1", decider=INVENTORY, command=RECEIVE)

    def id_after_others_wrote() -> UUID:
        transact(streams, receive)
        return new_id()

    with engine.begin() as db:
        slower = replace(streams, new_id=id_after_others_wrote)
        with pytest.raises(StreamConflict) as lost:
            transact(slower.within(db), receive)
        answer = transact(streams.within(db), receive)

    assert passes(lost.value)
    assert answer == Answer(4, 1)
