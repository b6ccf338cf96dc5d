"""What a consumer decides: with its position, once, or not at all."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, text

from contracts.orders import OrderAccepted
from kit.blueprint import Blueprint
from kit.consumers.inbox import Inbox
from kit.consumers.parking import parked_streams, redrive
from kit.consumers.reactions import BatchReaction
from kit.consumers.records import Handler, Received
from kit.database import driver
from kit.eventstore import tables
from kit.eventstore.history import History
from kit.eventstore.requests import Request
from kit.eventstore.streams import PostgresStreams, Streams
from kit.readmodels.models import ForeignReadModel
from services.catalog.api import router
from services.catalog.model import INVENTORY
from tests.catalog.test_inventory import RECEIVE
from tests.kit.consumers.records import (
    TOPIC,
    metadata,
    nothing_dead,
    record,
    remember,
    remembered,
    story,
)
from tests.kit.test_streams import new_id
from tests.samples import ACCEPTED, FRIDAY


def take_in(batch: Sequence[Received], _: Connection, streams: Streams) -> None:
    """A reaction: whenever an order is accepted, a lot of its name comes in."""
    streams.submit(
        [
            Request(
                stream_id="inventory-s-1:p-1",
                decider=INVENTORY,
                command=replace(RECEIVE, lot_id=received.fact.order_id),
            )
            for received in batch
            if isinstance(received.fact, OrderAccepted)
        ]
    )


def take_in_no_more(batch: Sequence[Received], db: Connection, streams: Streams) -> None:
    take_in(batch, db, streams)
    raise KeyError("no more")


def reading(reaction: BatchReaction, engine: Engine) -> Handler:
    """What a service does that remembers facts, and reacts to them."""
    model = ForeignReadModel("seen", metadata, remember, (TOPIC,))
    blueprint = Blueprint(
        name="catalog", topic=None, router=router, foreign=[model], reactions=[reaction]
    )
    streams = PostgresStreams(History(engine), [], new_id, lambda: FRIDAY)
    return blueprint.handlers(streams)[TOPIC]


def lots(engine: Engine) -> list[str]:
    with engine.connect() as db:
        rows = driver(db).execute("SELECT data->>'lot_id' FROM events ORDER BY version")
        return [lot for (lot,) in rows]


@pytest.fixture(autouse=True)
def store(engine: Engine) -> None:
    with engine.begin() as db:
        tables.create(db)


def test_what_follows_from_a_fact_is_decided_once_however_often_it_comes(
    inbox: Inbox, engine: Engine
) -> None:
    handler = reading(BatchReaction(name="take-in", topics=[TOPIC], react=take_in), engine)

    inbox.apply(story(), handler, 0, nothing_dead)
    inbox.apply(story(), handler, 4, nothing_dead)
    inbox.apply([record(ACCEPTED, 4, pos=2)], handler, 4, nothing_dead)

    assert lots(engine) == ["o-1"]
    assert remembered(engine) == [1, 2, 3, 4]


def test_what_was_decided_is_undone_with_the_position(inbox: Inbox, engine: Engine) -> None:
    handler = reading(BatchReaction(name="take-in", topics=[TOPIC], react=take_in), engine)

    def crash(batch: Sequence[Received], db: Connection) -> None:
        handler(batch, db)
        db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Exception, match="terminat"):
        inbox.apply(story(), crash, 0, nothing_dead)
    assert (lots(engine), inbox.next_offset(TOPIC, 0)) == ([], 0)

    inbox.apply(story(), handler, 0, nothing_dead)
    assert lots(engine) == ["o-1"]


def test_an_event_that_cannot_be_reacted_to_waits_and_leaves_nothing_behind(
    inbox: Inbox, engine: Engine
) -> None:
    failing = reading(
        BatchReaction(name="take-in", topics=[TOPIC], react=take_in_no_more), engine
    )
    handler = reading(BatchReaction(name="take-in", topics=[TOPIC], react=take_in), engine)

    inbox.apply([record(ACCEPTED, 0)], failing, 0, nothing_dead)
    assert (lots(engine), remembered(engine)) == ([], [])
    assert [each.reason for each in parked_streams(engine, "performance")] == [
        "KeyError: 'no more'"
    ]

    redrive(engine, "performance", TOPIC, "order-o-1", handler)
    assert lots(engine) == ["o-1"]


def test_a_topic_that_is_only_reacted_to_is_read_too(engine: Engine) -> None:
    streams = PostgresStreams(History(engine), [], new_id, lambda: FRIDAY)
    only = Blueprint(
        name="catalog",
        topic=None,
        router=router,
        reactions=[BatchReaction(name="take-in", topics=[TOPIC], react=take_in)],
    )

    assert [*only.handlers(streams)] == [TOPIC]
