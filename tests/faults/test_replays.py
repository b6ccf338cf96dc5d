"""Topics replayed, doubled and shuffled across each other: the rows come out the same."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Connection, Engine, text

from contracts.fact import Fact
from kit.consumers import tables
from kit.consumers.consumption import Consumption
from kit.consumers.inbox import Inbox
from kit.consumers.records import Received
from kit.consumers.subscriber import consume
from kit.database import connect, create_live_schema
from services.billing import projections as billing
from services.performance import projections as performance
from tests.faults.arrivals import PERFORMANCE
from tests.kit.consumers.kafka import caught_up, relay, spread, write
from tests.kit.consumers.records import ARecord, record
from tests.performance.history import histories
from tests.samples import ONE_OF_EACH, received

TABLES = ("obligation_sayings", "listing_sayings", "stock_movements")
"""What performance and billing keep of the facts of orders and catalog."""


def project(batch: Sequence[Received], db: Connection) -> None:
    PERFORMANCE(batch, db)
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


def split(facts: Sequence[Fact], first: int) -> list[list[ARecord]]:
    """Facts of five streams, by partition; their history begins at `first`."""
    records = [record(fact, n, first + n, f"order-{n % 5}") for n, fact in enumerate(facts)]
    spread(records, 4)
    return [[each for each in records if each.partition == n] for n in range(4)]


def taken(records: Iterable[ARecord]) -> list[Received]:
    """The facts of `records`, as a handler is given them."""
    return [Received.parse(each) for each in records]


async def test_topics_replayed_doubled_and_shuffled_across_each_other_make_the_same_rows(
    kafka: str, engine: Engine, new_topics: Callable[..., list[str]]
) -> None:
    topics = new_topics("orders.v1", "catalog.v1")
    parts = [
        *zip([topics[0]] * 4, split(ONE_OF_EACH[:11] * 20, 1), strict=True),
        *zip([topics[1]] * 4, split(ONE_OF_EACH[11:17] * 20, 1_001), strict=True),
    ]
    facts = [fact for _, part in parts for fact in taken(part)]
    expected = outcome(engine, [facts])
    came: list[Received] = []

    def remember(batch: Sequence[Received], db: Connection) -> None:
        project(batch, db)
        came.extend(batch)

    def consuming(group: str) -> Consumption:
        return consume(kafka, Inbox(engine, group), dict.fromkeys(topics, remember))

    async with relay(kafka) as producer, consuming("first") as first:
        for topic, part in parts[::3] + parts[1::3] + parts[2::3]:
            await write(producer, topic, [*part, *part[len(part) // 2 :], *part])
            await caught_up(first)
        assert sorted(each.envelope.pos for each in came) == sorted(
            each.envelope.pos for each in facts
        )
    async with consuming("from the start, on the same rows") as again:
        await caught_up(again)

    assert len(came) == 2 * len(facts)
    with engine.connect() as db:
        assert content(db) == expected
    assert not any(each.startswith("0") for each in expected)
