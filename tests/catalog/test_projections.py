from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Table, event, select

from contracts.fact import Fact
from kit.eventstore.records import Recorded
from services.catalog.projections import (
    listings,
    metadata,
    project_listings,
    project_stock,
    stock,
)
from tests.samples import (
    CHANGED,
    DEDUCTED,
    DELISTED,
    FRIDAY,
    LISTED,
    MONDAY,
    NEXT_FRIDAY,
    PLACED,
    RECEIVED,
    RESTORED,
    SATURDAY,
    history,
)

LISTING, INVENTORY = "listing-s-1:p-1", "inventory-s-1:p-1"
OTHER_LOT = RECEIVED.model_copy(update={"lot_id": "lot-2", "units": 5})


@pytest.fixture(autouse=True)
def tables(db: Connection) -> None:
    metadata.create_all(db)


def listed(*facts: Fact) -> list[Recorded]:
    return history(*facts, stream_id=LISTING)


def moved(*facts: Fact) -> list[Recorded]:
    return history(*facts, stream_id=INVENTORY)


def row(db: Connection, table: Table, *batches: Sequence[Recorded]) -> dict[str, object]:
    """The row that one product's history leaves."""
    for batch in batches:
        project_listings(batch, db)
        project_stock(batch, db)
    (found,) = db.execute(select(table)).mappings()
    return dict(found)


def test_a_listed_product_shows_what_is_said_of_it(db: Connection) -> None:
    found = row(db, listings, listed(LISTED))

    assert (found["state"], found["title"], found["weight_g"]) == ("listed", "Mug", 350)


def test_what_a_change_leaves_out_is_no_longer_said(db: Connection) -> None:
    found = row(db, listings, listed(LISTED, CHANGED))

    assert (found["title"], found["length_mm"]) == ("Blue mug", None)
    assert (found["listed_at"], found["changed_at"]) == (FRIDAY, SATURDAY)


def test_a_delisted_product_is_still_described(db: Connection) -> None:
    found = row(db, listings, listed(LISTED, DELISTED))

    assert (found["state"], found["title"]) == ("delisted", "Mug")
    assert found["delisted_at"] == MONDAY


def test_a_product_listed_again_starts_anew(db: Connection) -> None:
    again = LISTED.model_copy(update={"listed_at": NEXT_FRIDAY})

    found = row(db, listings, listed(LISTED, CHANGED, DELISTED, again))

    assert (found["state"], found["delisted_at"], found["changed_at"]) == (
        "listed",
        None,
        None,
    )
    assert found["listed_at"] == NEXT_FRIDAY


def test_a_product_that_was_never_listed_has_no_listing(db: Connection) -> None:
    project_listings(listed(DELISTED, CHANGED), db)

    assert db.execute(select(listings)).all() == []


def test_stock_is_what_came_in_less_what_left_and_stayed_away(db: Connection) -> None:
    found = row(db, stock, moved(RECEIVED, DEDUCTED, RESTORED))

    assert (found["on_hand"], found["last_moved_at"]) == (7, MONDAY)
    assert (
        found["received_units"],
        found["deducted_units"],
        found["restored_units"],
    ) == (10, 4, 1)


def test_stock_names_its_lots(db: Connection) -> None:
    found = row(db, stock, moved(RECEIVED, OTHER_LOT, RECEIVED))

    assert found["lots"] == {
        "lot-1": {"units": 20, "manufactured_on": "2026-01-05"},
        "lot-2": {"units": 5, "manufactured_on": "2026-01-05"},
    }


def test_a_late_fact_does_not_turn_back_the_last_movement(db: Connection) -> None:
    late = DEDUCTED.model_copy(update={"deducted_at": FRIDAY - timedelta(days=9)})

    assert row(db, stock, moved(RECEIVED, late))["last_moved_at"] == FRIDAY


@pytest.mark.parametrize("cut", range(5))
@pytest.mark.parametrize(
    ("table", "whole"),
    [
        (listings, listed(LISTED, CHANGED, DELISTED, LISTED)),
        (stock, moved(RECEIVED, DEDUCTED, RESTORED, OTHER_LOT)),
    ],
    ids=["listings", "stock"],
)
def test_a_history_in_two_batches_and_twice_is_the_same_row(
    db: Connection, table: Table, whole: list[Recorded], cut: int
) -> None:
    once = row(db, table, whole)
    db.execute(table.delete())

    assert row(db, table, whole[:cut], whole[cut:], whole, whole[:cut]) == once


def test_facts_of_others_leave_no_row(db: Connection) -> None:
    project_listings(history(PLACED), db)
    project_stock(history(PLACED), db)

    assert db.execute(select(listings)).all() == db.execute(select(stock)).all() == []


def test_a_thousand_products_take_a_few_statements(db: Connection) -> None:
    statements = []
    event.listen(db, "before_cursor_execute", lambda *args: statements.append(args[2]))
    products = [f"p-{n}" for n in range(1_000)]

    project_stock(
        [
            one
            for product in products
            for one in moved(
                RECEIVED.model_copy(update={"product_id": product}),
                DEDUCTED.model_copy(update={"product_id": product}),
            )
        ],
        db,
    )

    assert len(statements) == 3  # what is known; a savepoint and its end, around a COPY
    on_hand = db.execute(select(stock.c.product_id, stock.c.on_hand)).all()
    assert sorted(on_hand) == sorted((product, 6) for product in products)
