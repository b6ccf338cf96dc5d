from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection, event, select

from contracts.fact import Fact
from contracts.orders import LinePart
from kit.eventstore.records import Recorded
from services.orders.projections import metadata, project_seller_orders, seller_orders
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    CORRECTED,
    DELIVERED,
    EXPIRED,
    FRIDAY,
    LINE_REMOVED,
    LISTED,
    NEXT_FRIDAY,
    PLACED,
    QUANTITY_CHANGED,
    REJECTED,
    SATURDAY,
    SHIPPED_IN_PART,
    SHIPPED_THE_REST,
    SPLIT,
    TRACKED,
    history,
    recorded,
)

SPLIT_IN_PART = SPLIT.model_copy(update={"parts": (LinePart(line_id="l-1", quantity=1),)})
SHIPPED = (PLACED, ACCEPTED, SHIPPED_IN_PART, SHIPPED_THE_REST, TRACKED, DELIVERED)


@pytest.fixture(autouse=True)
def tables(db: Connection) -> None:
    metadata.create_all(db)


def order(db: Connection, *batches: Sequence[Recorded]) -> dict[str, object]:
    """The row that one order's history leaves."""
    for batch in batches:
        project_seller_orders(batch, db)
    (row,) = db.execute(select(seller_orders)).mappings()
    return dict(row)


def test_a_placed_order_shows_what_it_is_worth(db: Connection) -> None:
    row = order(db, history(PLACED))

    assert (row["state"], row["units"], row["total_cents"]) == ("open", 3, 8_240)
    assert (row["placed_at"], row["last_event_at"]) == (FRIDAY, FRIDAY)


@pytest.mark.parametrize(
    ("fact", "state", "decided_at"),
    [
        (ACCEPTED, "accepted", SATURDAY),
        (REJECTED, "rejected", SATURDAY),
        (EXPIRED, "expired", NEXT_FRIDAY),
        (CANCELLED, "cancelled", None),
    ],
)
def test_an_order_shows_how_and_when_it_was_decided(
    db: Connection, fact: Fact, state: str, decided_at: object
) -> None:
    row = order(db, history(PLACED, fact))

    assert (row["state"], row["decided_at"]) == (state, decided_at)


def test_an_order_that_is_over_shows_why(db: Connection) -> None:
    noted = REJECTED.model_copy(update={"note": "until May"})
    row = order(db, history(PLACED, noted))
    assert (row["reason"], row["note"], row["cancelled_by"]) == (
        "out_of_stock",
        "until May",
        None,
    )


def test_an_order_that_was_called_off_shows_by_whom(db: Connection) -> None:
    row = order(db, history(PLACED, CANCELLED))

    assert (row["reason"], row["note"], row["cancelled_by"]) == (
        CANCELLED.reason,
        None,
        CANCELLED.by,
    )


def test_a_shipped_order_shows_its_parts_and_their_way(db: Connection) -> None:
    row = order(db, history(*SHIPPED))

    assert (row["shipped_units"], row["units"], row["customer_id"]) == (3, 3, "c-1")
    assert isinstance(row["shipments"], list)
    assert [
        (one["shipment_id"], one["tracking_number"], one["delivered_at"])
        for one in row["shipments"]
    ] == [
        ("h-1", "1Z12345E6605272234", "2026-03-13T18:00:00Z"),
        ("h-2", "1Z999AA10123456784", None),
    ]


def test_a_corrected_shipment_shows_who_carries_it(db: Connection) -> None:
    row = order(db, history(*SHIPPED, CORRECTED))

    assert isinstance(row["shipments"], list)
    first = row["shipments"][0]
    assert (first["carrier"], first["tracking_number"]) == ("FedEx", "986578788855")


@pytest.mark.parametrize(
    ("edit", "units", "total_cents"),
    [
        (QUANTITY_CHANGED, 2, 6_140),
        (LINE_REMOVED, 2, 5_190),
        (SPLIT, 2, 5_190),
        (SPLIT_IN_PART, 1, 3_090),
    ],
)
def test_an_edited_order_is_worth_what_is_left_of_it(
    db: Connection, edit: Fact, units: int, total_cents: int
) -> None:
    row = order(db, history(PLACED, edit))

    assert (row["units"], row["total_cents"]) == (units, total_cents)


@pytest.mark.parametrize("cut", range(7))
def test_a_history_in_two_batches_and_twice_is_the_same_row(
    db: Connection, cut: int
) -> None:
    whole = history(*SHIPPED)
    once = order(db, whole)
    db.execute(seller_orders.delete())

    assert order(db, whole[:cut], whole[cut:], whole, whole[:cut]) == once


def test_facts_of_an_order_that_was_never_placed_leave_no_row(db: Connection) -> None:
    project_seller_orders(history(ACCEPTED), db)

    assert db.execute(select(seller_orders)).all() == []


def test_facts_of_others_leave_no_row(db: Connection) -> None:
    project_seller_orders([recorded(LISTED, stream_id="listing-s-1:p-1")], db)

    assert db.execute(select(seller_orders)).all() == []


def test_a_thousand_orders_take_a_few_statements(db: Connection) -> None:
    statements = []
    event.listen(
        db,
        "before_cursor_execute",
        lambda *args: statements.append(args[2]),
    )
    batch = [
        replace(one, fact=one.fact.model_copy(update={"order_id": f"o-{n}"}))
        for n in range(1_000)
        for one in history(PLACED, ACCEPTED)
    ]

    project_seller_orders(batch, db)

    assert len(statements) == 3  # what is known; a savepoint and its end, around a COPY
    assert len(db.execute(select(seller_orders)).all()) == 1_000
