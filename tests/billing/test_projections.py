from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from services.billing.projections import (
    postings_metadata,
    project_stock_movements,
    project_store_fee_postings,
    stock_metadata,
    stock_movements,
    store_fee_postings,
)
from tests.samples import (
    ADJUSTED,
    CHARGED,
    DEDUCTED,
    FRIDAY,
    LISTED,
    MONDAY,
    PLACED,
    RECEIVED,
    RESTORED,
    SATURDAY,
    received,
    recorded,
)

MOVED = {
    name: received(fact, pos, "inventory-s-1:p-1")
    for pos, (name, fact) in enumerate(
        {"r": RECEIVED, "d": DEDUCTED, "b": RESTORED, "l": LISTED}.items(), 1
    )
}


@pytest.fixture(autouse=True)
def tables(db: Connection) -> None:
    stock_metadata.create_all(db)
    postings_metadata.create_all(db)


@pytest.mark.parametrize("history", ["rdbrdb", "bdrbdr", "rrbbdd", "lrdbl", "dbrl"])
def test_facts_in_any_order_and_twice_are_one_row_each(
    db: Connection, history: str
) -> None:
    project_stock_movements([MOVED[name] for name in history[:3]], db)
    project_stock_movements([MOVED[name] for name in history[3:]], db)

    rows = db.execute(select(stock_movements).order_by("event_id")).all()
    made_on = RECEIVED.manufactured_on
    assert [tuple(row)[1:] for row in rows] == [
        ("s-1", "p-1", "received", FRIDAY, 10, "lot-1", made_on, 1, FRIDAY),
        ("s-1", "p-1", "deducted", SATURDAY, 4, None, None, 2, SATURDAY),
        ("s-1", "p-1", "restored", MONDAY, 1, None, None, 3, MONDAY),
    ]


def test_facts_that_move_no_stock_leave_no_row(db: Connection) -> None:
    project_stock_movements([received(LISTED), received(PLACED)], db)
    project_stock_movements([], db)

    assert db.execute(select(stock_movements)).all() == []


def test_charges_and_adjustments_are_a_row_per_line(db: Connection) -> None:
    for _ in range(2):
        project_store_fee_postings([recorded(CHARGED, 1), recorded(ADJUSTED, 2)], db)

    rows = db.execute(select(store_fee_postings).order_by("at")).all()
    assert rows == [
        (UUID(int=1), "p-1", "s-1", "2026-03", "charged", 9_677, CHARGED.charged_at),
        (UUID(int=2), "p-1", "s-1", "2026-03", "adjusted", -645, ADJUSTED.adjusted_at),
    ]


def test_facts_of_others_are_no_postings(db: Connection) -> None:
    project_store_fee_postings([recorded(PLACED)], db)

    assert db.execute(select(store_fee_postings)).all() == []
