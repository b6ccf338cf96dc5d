"""Topics replayed, doubled and shuffled across each other: the rows come out the same."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Connection, Engine, text

from kit.consumers import tables
from kit.consumers.inbox import Inbox
from kit.consumers.records import Received
from kit.consumers.subscriber import consume
from kit.database import connect, create_live_schema
from services.billing import projections as billing
from services.performance import projections as performance
from tests.kit.consumers.kafka import caught_up, relay, spread, write
from tests.kit.consumers.records import record
from tests.performance.history import histories
from tests.samples import ONE_OF_EACH, received

TABLES = ("obligation_sayings", "listing_sayings", "stock_movements")
"""What performance and billing keep of the facts of orders and catalog."""


def project(batch: Sequence[Received], db: Connection) -> None:
    performance.project_performance(batch, db)
    billing.project_stock_movements(batch, db)


def content(db: Connection) -> list[str]:
    """A hash of each table, the same however its rows came."""
    rows = "coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')"
    return [
        str(db.scalar(text(f"SELECT count(*) || md5({rows}) FROM {table} AS t")))  # noqa: S608 - names of ours
        for table in TABLES
    ]


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    engine = connect(fresh_database)
    with engine.begin() as db:
        create_live_schema(db)
        performance.metadata.create_all(db)
        billing.stock_metadata.create_all(db)
        tables.metadata.create_all(db)
    yield engine
    engine.dispose()


def outcome(engine: Engine, batches: Sequence[Sequence[Received]]) -> list[str]:
    """What the tables hold after `batches`; they are empty again afterwards."""
    with engine.connect() as db:
        for batch in batches:
            project(batch, db)
        found = content(db)
        db.rollback()
    return found


STOCK = [
    received(fact, 1_000 + n, "inventory-s-1:p-1") for n, fact in enumerate(ONE_OF_EACH)
]


def test_facts_of_all_topics_make_the_same_rows_however_they_come(engine: Engine) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data(), histories)
    def check(data: st.DataObject, history: Sequence[Received]) -> None:
        once = [*history, *STOCK]
        again = data.draw(st.lists(st.sampled_from(once), max_size=20))
        shuffled = data.draw(st.permutations([*once, *again]))
        size = data.draw(st.integers(1, len(shuffled)))
        cut = [shuffled[n : n + size] for n in range(0, len(shuffled), size)]

        assert outcome(engine, cut) == outcome(engine, [once])

    check()


async def test_topics_that_are_replayed_from_the_start_make_the_same_rows(
    kafka: str, engine: Engine, new_topics: Callable[..., list[str]]
) -> None:
    topics = new_topics("orders.v1", "catalog.v1")
    orders, catalog = (
        spread(
            [record(fact, n, stream=f"order-{n % 5}") for n, fact in enumerate(facts)], 4
        )
        for facts in (ONE_OF_EACH[:11] * 20, ONE_OF_EACH[11:17] * 20)
    )

    async def consumed(group: str) -> list[str]:
        handlers = dict.fromkeys(topics, project)
        async with consume(kafka, Inbox(engine, group), handlers) as consumption:
            await caught_up(consumption)
        with engine.connect() as db:
            return content(db)

    async with relay(kafka) as producer:
        for topic, facts in zip(topics, (orders, catalog), strict=True):
            await write(producer, topic, facts)
        first = await consumed("first")
        for topic, facts in zip(topics[::-1], (catalog, orders), strict=True):
            await write(producer, topic, facts)
        doubled = await consumed("first")
        replayed = await consumed("from the start, on the same rows")

    assert first == doubled == replayed
    assert not any(each.startswith("0") for each in first)
