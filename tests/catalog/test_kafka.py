"""From an acceptance in orders to stock in catalog, through two relays and real Kafka."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import pytest
from sqlalchemy import Connection

from kit.consumers.records import Handler, Received
from kit.consumers.subscriber import consume
from kit.database import connect
from kit.eventstore.history import History
from kit.eventstore.streams import PostgresStreams
from kit.process import prepare
from kit.relay.outbox import log_state
from kit.relay.publisher import Publisher
from kit.relay.relay import Relay
from services.catalog.app import BLUEPRINT as CATALOG
from services.orders.app import BLUEPRINT as ORDERS
from services.orders.commands import CancelOrder
from tests.catalog.stored import StoredCatalog, new_id
from tests.catalog.test_inventory import RECEIVE
from tests.kit.consumers.kafka import caught_up, until
from tests.kit.test_streams import ACCEPT, PLACE, asked
from tests.samples import FRIDAY

MANY = replace(PLACE, lines=(replace(PLACE.lines[0], quantity=15),))
CANCEL = CancelOrder(order_id="o-1", by="seller", reason="other", at=FRIDAY)


@dataclass
class Both:
    """Orders and catalog, each on its database, with a topic each."""

    kafka: str
    topics: Sequence[str]
    orders: PostgresStreams
    catalog: StoredCatalog

    async def published(self) -> None:
        """Let both relays publish all that is recorded."""
        streams = (self.orders, self.catalog.streams)
        for topic, of in zip(self.topics, streams, strict=True):
            async with self.relaying(topic, of):
                await until(partial(self.nothing_waits, of))

    async def nothing_waits(self, of: PostgresStreams) -> bool:
        state = await asyncio.to_thread(log_state, of.history.engine)
        return not state.pending and state.head == state.published

    @asynccontextmanager
    async def relaying(self, topic: str, of: PostgresStreams) -> AsyncIterator[None]:
        publisher = Publisher(self.kafka, topic, topic.rsplit(".")[-2])
        stop = asyncio.Event()
        running = asyncio.create_task(Relay(of.history.engine, publisher).run(stop))
        try:
            yield
        finally:
            stop.set()
            await running

    async def heard(self, around: Callable[[Handler], Handler] = lambda h: h) -> None:
        """Let catalog hear all that is published, its handlers put in `around`."""
        handlers = CATALOG.handlers(self.catalog.streams)
        names = ("orders.v1", "catalog.v1")
        mine = {
            topic: around(handlers[name])
            for topic, name in zip(self.topics, names, strict=True)
        }
        async with consume(self.kafka, self.catalog.inbox, mine) as consumption:
            await caught_up(consumption)


@pytest.fixture
def both(
    kafka: str, new_topics: Callable[..., list[str]], fresh_databases: Callable[[], str]
) -> Iterator[Both]:
    topics = new_topics("orders.v1", "catalog.v1")
    engine = connect(fresh_databases())
    prepare(engine, ORDERS)
    orders = PostgresStreams(History(engine), ORDERS.projections, new_id, lambda: FRIDAY)
    catalog = StoredCatalog(fresh_databases())
    yield Both(kafka, topics, orders, catalog)
    engine.dispose()
    catalog.engine.dispose()


async def test_an_acceptance_takes_stock_and_what_comes_in_serves_who_waits(
    both: Both,
) -> None:
    both.catalog.do(RECEIVE)
    both.orders.submit([asked(MANY), asked(ACCEPT)])
    await both.published()
    await both.heard()
    assert (both.catalog.on_hand(), both.catalog.aside()) == (0, {("o-1", "p-1"): 10})

    both.catalog.do(RECEIVE)
    await both.published()
    await both.heard()
    assert (both.catalog.on_hand(), both.catalog.aside()) == (5, {("o-1", "p-1"): 15})

    both.orders.submit([asked(CANCEL)])
    await both.published()
    await both.heard()
    assert (both.catalog.on_hand(), both.catalog.aside()) == (20, {})


async def test_a_consumer_that_loses_its_database_in_between_moves_stock_once(
    both: Both,
) -> None:
    lives = ["one"]

    def dying(handler: Handler) -> Handler:
        def once(batch: Sequence[Received], db: Connection) -> None:
            handler(batch, db)
            if lives:
                lives.pop()
                db.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

        return once

    both.catalog.do(RECEIVE)
    both.orders.submit([asked(PLACE), asked(ACCEPT)])
    await both.published()
    await both.heard(dying)

    assert (lives, both.catalog.on_hand()) == ([], 8)
    assert len(both.catalog.facts("p-1")) == 2
