"""From facts through PostgreSQL to scorecards: the same as without it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from contracts.fact import Fact
from kit.consumers import tables
from kit.database import connect, create_live_schema, driver
from services.performance.consumers import OBLIGATIONS
from services.performance.model.evidence import explain
from services.performance.model.scorecard import scorecards, sellers
from services.performance.projections import metadata
from services.performance.queries import (
    Question,
    Scorecards,
    ask_scorecards,
    read_in_parts,
)
from services.performance.queries.one_of_many import ask_scorecards_of
from services.performance.queries.one_seller import Asked
from tests.performance.facts import (
    accepted,
    cancelled,
    changed,
    cut,
    listed,
    placed,
    shipped,
    tracked,
)
from tests.performance.selling import later
from tests.performance.test_confirmation import came_in, counted
from tests.performance.world import (
    AS_OF,
    DAY,
    HOUR,
    POLICY,
    cards_of,
    overall_of,
    received,
    sayings_of,
)


def busy_month() -> list[Fact]:
    facts: list[Fact] = [listed(), changed(AS_OF - DAY, images=1)]
    for n in range(14):
        order, at = f"o-{n}", AS_OF - (n + 4) * DAY
        facts += [placed(order, at, units=n + 1), accepted(at + HOUR, order)]
    facts += [
        placed("o-14", AS_OF - 6 * DAY, units=2, split_from="o-1"),
        cut(12, 5, order_id="o-11"),
        cancelled("seller", reason="out_of_stock", order_id="o-14"),
        shipped(AS_OF - 7 * DAY, units=2, completes_order=False),
        tracked(AS_OF - 7 * DAY),
    ]
    facts += [came_in(), counted(AS_OF - 15 * DAY), counted(AS_OF - DAY, "p-2")]
    facts += [listed(product_id="p-2"), came_in(product_id="p-2")]
    others = [fact.model_copy(update={"seller_id": "o'neil"}) for fact in facts[:9]]
    return [*facts, *others]


FACTS = received(busy_month())


@pytest.fixture
def performance(fresh_database: str) -> Iterator[Engine]:
    engine = connect(fresh_database)
    with engine.begin() as db:
        create_live_schema(db)
        metadata.create_all(db)
        tables.metadata.create_all(db)
        OBLIGATIONS.handler(FACTS, db)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("known_at", [None, AS_OF - 8 * DAY])
def test_scorecards_are_those_of_the_facts(
    performance: Engine, known_at: datetime | None
) -> None:
    found = ask_scorecards(performance, Question(POLICY, AS_OF, known_at))

    assert found.cards.rows() == cards_of(FACTS, AS_OF, known_at)
    assert found.overall.rows() == overall_of(FACTS, AS_OF, known_at)


@pytest.mark.parametrize("seller_id", ["s-1", "o'neil"])
@pytest.mark.parametrize("known_at", [AS_OF, AS_OF - 8 * DAY])
def test_a_sellers_are_those_of_the_sellers_facts(
    performance: Engine, seller_id: str, known_at: datetime
) -> None:
    mine = [r for r in FACTS if r.fact.seller_id == seller_id]

    asked = Asked(seller_id, POLICY, AS_OF, known_at)
    found, _ = ask_scorecards_of(performance, asked, explained=True)

    assert found.cards.rows() == cards_of(mine, AS_OF, known_at)
    assert found.overall.rows() == overall_of(mine, AS_OF, known_at)
    expected = explain(*sayings_of(mine), POLICY, AS_OF, known_at)
    assert found.evidence is not None
    assert found.evidence.rows() == expected.rows()
    assert found.evidence.height > 0


def test_a_scorecard_is_of_one_moment_whatever_becomes_known_meanwhile(
    performance: Engine,
) -> None:
    latecomer = listed(product_id="late")
    asked = Asked("s-1", POLICY, AS_OF, AS_OF)
    before, seen = ask_scorecards_of(performance, asked, explained=True)

    with ThreadPoolExecutor(1) as asking, performance.begin() as db:
        driver(db).execute("LOCK TABLE listing_sayings IN ACCESS EXCLUSIVE MODE")
        waits = asking.submit(ask_scorecards_of, performance, asked, explained=True)
        while not waiting(performance):
            pass
        OBLIGATIONS.handler(later([(latecomer, timedelta())]), db)
        db.commit()
        found, as_seen = waits.result()

    assert (products_in(found), as_seen) == (products_in(before), seen)
    after, _ = ask_scorecards_of(performance, asked, explained=True)
    assert products_in(after) == {*products_in(before), "late"}


def products_in(found: Scorecards) -> set[str]:
    """The listings behind the points of all."""
    assert found.evidence is not None
    return {*found.evidence.filter(metric="listings.complete")["subject_id"]}


def waiting(engine: Engine) -> bool:
    with engine.connect() as db:
        return driver(db).execute("SELECT FROM pg_locks WHERE NOT granted").rowcount > 0


@pytest.mark.parametrize("most_rows", [1, 60, 100_000])
def test_all_that_is_known_comes_in_parts_each_sellers_in_one(
    performance: Engine, most_rows: int
) -> None:
    latecomers = [listed().model_copy(update={"seller_id": name}) for name in ("a", "z")]
    with performance.begin() as db:
        OBLIGATIONS.handler(received(latecomers), db)
    question = Question(POLICY, AS_OF)

    parts = [*read_in_parts(performance, question, most_rows)]

    found = [
        (cards.rows(), sellers(*rows, AS_OF)["seller_id"].to_list())
        for rows in parts
        for cards in [scorecards(*rows, POLICY, AS_OF)]
    ]
    whole = ask_scorecards(performance, question)
    assert [card for cards, _ in found for card in cards] == whole.cards.rows()
    assert [name for _, names in found for name in names] == ["a", "o'neil", "s-1", "z"]
    assert len(parts) == {1: 4, 60: 2, 100_000: 1}[most_rows]
