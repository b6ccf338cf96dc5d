"""Rows that can't be imported, each named by file, line and reason."""

from pathlib import Path

import pytest

from market.imports.olist import plan_olist
from market.imports.plan import Plan
from tests.market.imports.files import ITEM, ORDER, write_export

ORDERS = "olist_orders_dataset.csv"
ITEMS = "olist_order_items_dataset.csv"
SECOND = {**ITEM, "order_item_id": "2"}


def rejected(plan: Plan) -> list[tuple[str, int, str]]:
    return [(row.place.file, row.place.line, row.reason) for row in plan.rejected]


def placed(plan: Plan) -> list[object]:
    return [c.fields["order_id"] for c in plan.commands() if c.name == "place-order"]


def test_an_order_without_items_is_reported(tmp_path: Path) -> None:
    plan = plan_olist(write_export(tmp_path, orders=[ORDER, {**ORDER, "order_id": "o-2"}]))

    assert placed(plan) == ["o-1:s-1"]
    assert rejected(plan) == [(ORDERS, 3, "has no items, so nothing was placed")]


def test_an_item_without_order_is_reported(tmp_path: Path) -> None:
    plan = plan_olist(write_export(tmp_path, items=[{**ITEM, "order_id": "o-9"}, ITEM]))

    assert placed(plan) == ["o-1:s-1"]
    assert rejected(plan) == [(ITEMS, 2, f"order o-9 is not in {ORDERS}")]


def test_an_order_that_cannot_be_read_takes_its_items_with_it(tmp_path: Path) -> None:
    order = {**ORDER, "order_approved_at": "yesterday"}
    plan = plan_olist(write_export(tmp_path, orders=[order]))

    assert list(plan.commands()) == []
    assert rejected(plan) == [
        (ITEMS, 2, "its order, line 2 there, was rejected"),
        (
            ORDERS,
            2,
            (
                "order_approved_at: 'yesterday' is not a time such as 2018-03-01 17:00:00 "
                "(read as UTC)"
            ),
        ),
    ]


def test_an_order_that_was_never_placed_is_none(tmp_path: Path) -> None:
    order = {**ORDER, "order_purchase_timestamp": ""}
    plan = plan_olist(write_export(tmp_path, orders=[order]))

    assert list(plan.commands()) == []
    reason = (
        "order_purchase_timestamp: is empty; it must say when, such as 2018-03-01 17:00:00"
    )
    assert (ORDERS, 2, reason) in rejected(plan)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("price", "abc", "'abc' is not an amount in whole cents such as 109.90"),
        ("price", "1,5", "'1,5' is not an amount in whole cents such as 109.90"),
        ("price", "-1.00", "'-1.00' is negative"),
        ("freight_value", "", "'' is not an amount in whole cents such as 109.90"),
        (
            "freight_value",
            "0.005",
            "'0.005' is not an amount in whole cents such as 109.90",
        ),
        ("seller_id", "", "is empty; it must name something"),
        ("seller_id", "s:1", "'s:1' has a colon; the id of a seller has none"),
    ],
)
def test_an_item_that_cannot_be_read_takes_its_order_with_it(
    tmp_path: Path, column: str, cell: str, reason: str
) -> None:
    quoted = {**SECOND, column: f'"{cell}"'}
    plan = plan_olist(write_export(tmp_path, items=[ITEM, quoted]))

    assert (ITEMS, 3, f"{column}: {reason}") in rejected(plan)
    if column == "seller_id" and cell:
        assert placed(plan) == ["o-1:s-1"]
        return
    assert list(plan.commands()) == []
    whole = "o-1:s-1 is left out whole: its item in line 3 was rejected"
    assert (ORDERS, 2, whole) in rejected(plan)


def test_what_another_seller_sold_in_the_order_stays(tmp_path: Path) -> None:
    bad = {**SECOND, "seller_id": "s-2", "price": "abc"}
    plan = plan_olist(write_export(tmp_path, items=[ITEM, bad]))

    assert placed(plan) == ["o-1:s-1"]


def test_an_order_with_nothing_to_ship_by_is_reported(tmp_path: Path) -> None:
    item = {**ITEM, "shipping_limit_date": ""}
    plan = plan_olist(write_export(tmp_path, items=[item]))

    assert rejected(plan) == [
        (ORDERS, 2, "o-1:s-1 has no shipping_limit_date (items, line 2) to ship by")
    ]


def test_a_repeated_row_is_noted_and_counts_once(tmp_path: Path) -> None:
    plan = plan_olist(write_export(tmp_path, orders=[ORDER, ORDER], items=[ITEM, ITEM]))

    [order] = [c for c in plan.commands() if c.name == "place-order"]
    assert order.fields["shipping_cents"] == 2_551
    assert rejected(plan) == []
    assert [(row.place.file, row.place.line, row.reason) for row in plan.noted] == [
        (ORDERS, 3, "repeats line 2"),
        (ITEMS, 3, "repeats line 2"),
    ]


def test_of_two_orders_with_one_id_the_first_stays(tmp_path: Path) -> None:
    plan = plan_olist(
        write_export(tmp_path, orders=[ORDER, {**ORDER, "customer_id": "b-2"}])
    )

    [order] = [c for c in plan.commands() if c.name == "place-order"]
    assert order.fields["buyer_id"] == "b-1"
    assert rejected(plan) == [
        (ORDERS, 3, "contradicts line 2, of the same id, which comes first")
    ]


def test_two_items_with_one_id_leave_their_order_in_doubt(tmp_path: Path) -> None:
    plan = plan_olist(write_export(tmp_path, items=[ITEM, {**ITEM, "price": "1"}]))

    assert list(plan.commands()) == []
    assert [line for _, line, _ in rejected(plan)] == [3, 2]


def test_a_row_with_too_few_fields_is_named(tmp_path: Path) -> None:
    directory = write_export(tmp_path)
    with (directory / ITEMS).open("a") as file:
        file.write("o-1,2,p-1\n")
    plan = plan_olist(directory)

    assert (ITEMS, 3, "has 3 fields where the header has 7") in rejected(plan)
    assert list(plan.commands()) == []


def test_an_id_that_would_be_too_long_is_reported(tmp_path: Path) -> None:
    seller = "s" * 196
    plan = plan_olist(write_export(tmp_path, items=[{**ITEM, "seller_id": seller}]))

    assert rejected(plan) == [(ORDERS, 2, f"o-1:{seller} is longer than an id may be")]
