"""Rows of an export in, commands out."""

from pathlib import Path

from market.imports.olist import plan_olist
from market.imports.plan import Plan
from tests.market.imports.files import ITEM, ORDER, PRODUCT, write_export


def names(plan: Plan) -> list[str]:
    return [command.name for command in plan.commands()]


def only(plan: Plan, name: str) -> dict[str, object]:
    [command] = [command for command in plan.commands() if command.name == name]
    return dict(command.fields)


def rejected(plan: Plan) -> list[tuple[str, int, str]]:
    return [(row.place.file, row.place.line, row.reason) for row in plan.rejected]


def test_an_order_is_placed_for_its_seller_in_cents_and_utc(tmp_path: Path) -> None:
    plan = plan_olist(write_export(tmp_path))

    assert only(plan, "place-order") == {
        "order_id": "o-1:s-1",
        "seller_id": "s-1",
        "buyer_id": "b-1",
        "lines": [
            {
                "line_id": "1",
                "product_id": "p-1",
                "title": "baskets",
                "quantity": 1,
                "unit_price_cents": 10_990,
            }
        ],
        "shipping_cents": 2_551,
        "currency": "BRL",
        "payment_method": "card",
        "ship_to_country": "BR",
        "ship_by": "2018-03-08T18:20:00+00:00",
        "at": "2018-03-02T18:00:00+00:00",
    }
    assert rejected(plan) == []


def test_its_stamps_are_what_happened_next(tmp_path: Path) -> None:
    plan = plan_olist(write_export(tmp_path))

    assert only(plan, "accept-order") == {
        "order_id": "o-1:s-1",
        "customer_id": "b-1",
        "customer_link": "created",
        "at": "2018-03-02T18:20:00+00:00",
    }
    assert only(plan, "save-shipment") == {
        "order_id": "o-1:s-1",
        "shipment_id": "o-1:s-1:1",
        "lines": [{"line_id": "1", "quantity": 1}],
        "carrier": "marketplace",
        "shipped_by": "marketplace",
        "shipped_at": "2018-03-05T09:00:00+00:00",
        "at": "2018-03-05T09:00:00+00:00",
    }
    assert only(plan, "mark-delivered") == {
        "order_id": "o-1:s-1",
        "shipment_id": "o-1:s-1:1",
        "at": "2018-03-08T12:00:00+00:00",
    }


def test_a_product_is_described_in_millimetres_and_grams(tmp_path: Path) -> None:
    plan = plan_olist(write_export(tmp_path))

    assert only(plan, "list-product") == {
        "seller_id": "s-1",
        "product_id": "p-1",
        "title": "baskets",
        "image_count": 2,
        "description_chars": 476,
        "weight_g": 800,
        "length_mm": 160,
        "width_mm": 115,
        "height_mm": 20,
        "at": "2018-03-02T18:00:00+00:00",
    }


def test_what_is_not_said_of_a_product_is_no_photo_no_text_and_no_size(
    tmp_path: Path,
) -> None:
    bare = {**dict.fromkeys(PRODUCT, ""), "product_id": "p-1"}
    listed = only(plan_olist(write_export(tmp_path, products=[bare])), "list-product")

    assert listed["title"] == "p-1"
    assert (listed["image_count"], listed["description_chars"]) == (0, 0)
    sizes = ("weight_g", "length_mm", "width_mm", "height_mm")
    assert [listed[size] for size in sizes] == [None] * 4


def test_an_order_of_two_sellers_is_two_orders(tmp_path: Path) -> None:
    other = {**ITEM, "order_item_id": "2", "seller_id": "s-2", "freight_value": "1"}
    plan = plan_olist(write_export(tmp_path, items=[ITEM, other]))

    placed = [c.fields for c in plan.commands() if c.name == "place-order"]
    assert [(p["order_id"], p["shipping_cents"]) for p in placed] == [
        ("o-1:s-1", 2_551),
        ("o-1:s-2", 100),
    ]


def test_an_order_ships_by_the_latest_limit_of_its_items(tmp_path: Path) -> None:
    later = {**ITEM, "order_item_id": "2", "shipping_limit_date": "2018-03-10 00:00:00"}
    unsaid = {**ITEM, "order_item_id": "3", "shipping_limit_date": ""}
    plan = plan_olist(write_export(tmp_path, items=[ITEM, later, unsaid]))

    assert only(plan, "place-order")["ship_by"] == "2018-03-10T00:00:00+00:00"


def test_equal_products_are_one_line_of_as_many_units(tmp_path: Path) -> None:
    items = [{**ITEM, "order_item_id": str(item)} for item in (1, 2, 3)]
    items[1]["product_id"] = "p-2"
    plan = plan_olist(write_export(tmp_path, items=items))

    lines = only(plan, "place-order")["lines"]
    assert isinstance(lines, list)
    assert [(line["line_id"], line["product_id"], line["quantity"]) for line in lines] == [
        ("1", "p-1", 2),
        ("2", "p-2", 1),
    ]
    shipped = only(plan, "save-shipment")["lines"]
    assert shipped == [{"line_id": "1", "quantity": 2}, {"line_id": "2", "quantity": 1}]


def test_shipping_is_the_freight_of_all_units(tmp_path: Path) -> None:
    other = {**ITEM, "order_item_id": "2", "freight_value": "0.49"}
    plan = plan_olist(write_export(tmp_path, items=[ITEM, other]))

    assert only(plan, "place-order")["shipping_cents"] == 2_600


def test_a_product_at_two_prices_is_two_lines(tmp_path: Path) -> None:
    dearer = {**ITEM, "order_item_id": "2", "price": "110"}
    lines = only(plan_olist(write_export(tmp_path, items=[ITEM, dearer])), "place-order")[
        "lines"
    ]

    assert isinstance(lines, list)
    assert [(line["quantity"], line["unit_price_cents"]) for line in lines] == [
        (1, 10_990),
        (1, 11_000),
    ]


def test_a_missing_stamp_is_of_something_that_did_not_happen(tmp_path: Path) -> None:
    order = {**ORDER, "order_approved_at": "", "order_delivered_customer_date": ""}
    plan = plan_olist(write_export(tmp_path, orders=[order]))

    assert names(plan) == ["list-product", "place-order", "save-shipment"]
    assert rejected(plan) == []


def test_stamps_that_run_backwards_are_sent_as_they_are_in_the_order_of_things(
    tmp_path: Path,
) -> None:
    order = {
        **ORDER,
        "order_approved_at": "2018-03-06 00:00:00",
        "order_delivered_customer_date": "2018-03-01 00:00:00",
    }
    plan = plan_olist(write_export(tmp_path, orders=[order]))

    steps = [(c.name, str(c.fields["at"])[:10]) for c in plan.commands()]
    assert steps[1:] == [
        ("place-order", "2018-03-02"),
        ("accept-order", "2018-03-06"),
        ("save-shipment", "2018-03-05"),
        ("mark-delivered", "2018-03-01"),
    ]


def test_a_product_is_listed_once_per_seller_at_its_first_order(tmp_path: Path) -> None:
    earlier = {
        **ORDER,
        "order_id": "o-2",
        "order_purchase_timestamp": "2018-01-01 00:00:00",
    }
    items = [
        ITEM,
        {**ITEM, "order_id": "o-2"},
        {**ITEM, "order_id": "o-2", "order_item_id": "2", "seller_id": "s-2"},
    ]
    plan = plan_olist(write_export(tmp_path, orders=[ORDER, earlier], items=items))

    listed = [c.fields for c in plan.commands() if c.name == "list-product"]
    assert [(x["seller_id"], str(x["at"])[:10]) for x in listed] == [
        ("s-1", "2018-01-01"),
        ("s-2", "2018-01-01"),
    ]


def test_an_unknown_product_is_sold_and_listed_with_nothing_said(tmp_path: Path) -> None:
    item = {**ITEM, "product_id": "p-9"}
    plan = plan_olist(write_export(tmp_path, items=[item]))

    assert only(plan, "list-product") == {
        "seller_id": "s-1",
        "product_id": "p-9",
        "title": "p-9",
        "image_count": 0,
        "description_chars": 0,
        "at": "2018-03-02T18:00:00+00:00",
    }
    assert rejected(plan) == []
    assert [(row.place.line, row.reason) for row in plan.noted] == [
        (
            2,
            (
                "product p-9 is not in olist_products_dataset.csv: listed without photos, "
                "description, weight and sizes"
            ),
        )
    ]


def test_a_product_whose_row_cannot_be_read_is_sold_and_not_listed(tmp_path: Path) -> None:
    product = {**PRODUCT, "product_photos_qty": "many"}
    plan = plan_olist(write_export(tmp_path, products=[product]))

    assert "list-product" not in names(plan)
    assert "place-order" in names(plan)
    assert rejected(plan) == [
        (
            "olist_products_dataset.csv",
            2,
            "product_photos_qty: 'many' is not a whole number such as 3",
        ),
        (
            "olist_order_items_dataset.csv",
            2,
            (
                "p-1 of s-1 is not listed: its row in olist_products_dataset.csv was "
                "rejected (its orders are imported)"
            ),
        ),
    ]


def test_the_same_rows_have_the_same_keys_and_no_two_commands_share_one(
    tmp_path: Path,
) -> None:
    other = {**ITEM, "order_item_id": "2", "seller_id": "s-2"}
    once = plan_olist(write_export(tmp_path, items=[ITEM, other]))
    again = plan_olist(write_export(tmp_path, items=[other, ITEM]))

    keys = [command.key for command in once.commands()]
    assert len(set(keys)) == len(keys) == 10
    assert sorted(keys) == sorted(command.key for command in again.commands())
