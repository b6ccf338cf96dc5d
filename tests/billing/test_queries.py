from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from kit.database import connect, create_live_schema
from services.billing.model.months import CalendarMonth
from services.billing.policies import store_fee_terms
from services.billing.projections import (
    postings_metadata,
    project_stock_movements,
    project_store_fee_postings,
    stock_metadata,
)
from services.billing.queries import (
    FeeQuestion,
    ask_charges,
    ask_explained_fees,
    ask_store_fees,
    read_movements,
)
from tests.samples import (
    CHARGED,
    DEDUCTED,
    FRIDAY,
    MONDAY,
    RECEIVED,
    RESTORED,
    SATURDAY,
    received,
    recorded,
)

MARCH = CalendarMonth(2026, 3)
OF_ANOTHER = RECEIVED.model_copy(update={"seller_id": "s-2"})


@pytest.fixture
def books(fresh_database: str) -> Iterator[Engine]:
    engine = connect(fresh_database)
    with engine.begin() as db:
        create_live_schema(db)
        stock_metadata.create_all(db)
        postings_metadata.create_all(db)
        facts = (RECEIVED, DEDUCTED, RESTORED, OF_ANOTHER)
        arrived = [received(fact, pos) for pos, fact in enumerate(facts, 1)]
        project_stock_movements(arrived, db)
    yield engine
    engine.dispose()


@pytest.fixture
def asked(books: Engine, fresh_database: str) -> str:
    """The address under which the rows of `books` are found."""
    assert books.url.database is not None
    return f"{fresh_database}?options=-csearch_path%3Dlive"


def question(seller_id: str | None = None) -> FeeQuestion:
    return FeeQuestion(month=MARCH, terms=store_fee_terms(), seller_id=seller_id)


def test_movements_are_read_as_they_happened(asked: str) -> None:
    moved = read_movements(asked, MARCH.over_at, "s-1").sort("at")

    assert moved["at"].to_list() == [FRIDAY, SATURDAY, MONDAY]
    assert moved["event_id"][0] == "00000000-0000-0000-0000-000000000001"


def test_fees_of_all_sellers_are_those_of_each(asked: str) -> None:
    # manufactured on 5 January: chargeable from 6 March on, 26 days
    assert ask_store_fees(asked, question()).rows() == [
        ("s-1", "p-1", 10 + 6 * 2 + 7 * 23, 31, 118),
        ("s-2", "p-1", 260, 31, 168),
    ]
    assert ask_store_fees(asked, question("s-2")).height == 1


def test_fees_of_a_seller_that_is_unknown_are_none(asked: str) -> None:
    assert ask_store_fees(asked, question("nobody' OR true --")).is_empty()


def test_fees_before_there_were_terms_are_none(asked: str) -> None:
    early = FeeQuestion(month=CalendarMonth(1999, 12), terms=store_fee_terms())

    assert ask_store_fees(asked, early).is_empty()
    assert all(found.is_empty() for found in ask_explained_fees(asked, early))


def test_a_fee_opens_into_days_with_the_ids_of_facts(asked: str) -> None:
    fees, days = ask_explained_fees(asked, question("s-1"))

    assert fees.equals(ask_store_fees(asked, question("s-1")))
    assert days["units"].to_list() == [10, *[6] * 2, *[7] * 23]
    assert days["because"][-1].to_list() == [
        str(received(RECEIVED, n).envelope.id) for n in (1, 2, 3)
    ]


def test_a_run_charges_what_was_not_charged_yet(books: Engine, asked: str) -> None:
    at = datetime(2026, 4, 1, 12, tzinfo=UTC)
    with books.begin() as db:
        project_store_fee_postings([recorded(CHARGED)], db)

    first, second = ask_charges(asked, store_fee_terms(), MARCH, at)

    assert (first.seller_id, first.lines) == ("s-1", ())
    assert [line.cents for line in first.re_rated] == [118]
    assert [line.cents for line in second.lines] == [168]
