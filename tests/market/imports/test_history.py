"""The history that ships with the project: reproducible, and awkward where it should be."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from kit.domain import Refused
from kit.web.bulk import kebab
from market import samples
from market.imports.inventory import plan_inventory
from market.imports.olist import plan_olist
from market.imports.olist_rows import Olist, read_olist
from market.imports.plan import Json, Plan
from market.samples.generate import write_history
from services.catalog.commands import (
    DeductInventory,
    InventoryCommand,
    ListProduct,
    ReceiveInventory,
    RestoreInventory,
)
from services.catalog.model import INVENTORY
from services.orders.commands import AcceptOrder, MarkDelivered, PlaceOrder, SaveShipment

COMMANDS: Mapping[str, TypeAdapter[Any]] = {
    kebab(command.__name__): TypeAdapter(command)
    for command in (
        *(PlaceOrder, AcceptOrder, SaveShipment, MarkDelivered, ListProduct),
        *(ReceiveInventory, DeductInventory, RestoreInventory),
    )
}
MONTH = timedelta(days=30)


@cache
def export() -> Olist:
    return read_olist(samples.OLIST)


@cache
def orders() -> Plan:
    return plan_olist(samples.OLIST)


@cache
def movements() -> Plan:
    return plan_inventory(samples.INVENTORY)


def fields(plan: Plan, name: str) -> list[Mapping[str, Json]]:
    return [command.fields for command in plan.commands() if command.name == name]


def test_the_files_are_what_their_seed_gives(tmp_path: Path) -> None:
    write_history(tmp_path)

    shipped = sorted(samples.OLIST.iterdir())
    assert [file.name for file in sorted(tmp_path.iterdir())] == [f.name for f in shipped]
    for file in shipped:
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_another_seed_gives_another_history(tmp_path: Path) -> None:
    write_history(tmp_path, seed=1)

    ours = samples.OLIST / "olist_orders_dataset.csv"
    assert (tmp_path / ours.name).read_bytes() != ours.read_bytes()


def test_the_services_can_read_every_command() -> None:
    for command in (*orders().commands(), *movements().commands()):
        COMMANDS[command.name].validate_python(dict(command.fields))


def test_some_orders_are_of_several_sellers() -> None:
    sellers = defaultdict(set)
    for item in export().items.rows:
        sellers[item.order_id].add(item.seller_id)

    assert Counter(map(len, sellers.values()))[2] >= 10


def test_stamps_are_late_missing_and_backwards() -> None:
    rows = export().orders.rows
    placed = {row.order_id: row.order_purchase_timestamp for row in rows}
    accepted = {row.order_id: row.order_approved_at for row in rows}
    left = {row.order_id: row.order_delivered_carrier_date for row in rows}
    arrived = {row.order_id: row.order_delivered_customer_date for row in rows}

    def some(
        first: Mapping[str, datetime | None], then: Mapping[str, datetime | None]
    ) -> int:
        return sum(
            (one is None) < (other is None)
            for one, other in zip(first.values(), then.values(), strict=True)
        )

    assert some(placed, accepted) >= 3, "never accepted"
    assert some(left, accepted) >= 1, "left without being accepted"
    assert some(arrived, left) >= 1, "arrived without having left"
    assert some(left, arrived) >= 3, "never arrived"
    assert any(a and a < placed[order] for order, a in accepted.items())
    assert any(
        a and at and at < a for a, at in zip(accepted.values(), left.values(), strict=True)
    )
    late = timedelta(days=4)
    assert sum(bool(a and a - placed[order] > late) for order, a in accepted.items()) >= 20


def test_some_orders_wait_over_the_weekend() -> None:
    waited = [
        row
        for row in export().orders.rows
        if row.order_approved_at is not None
        and row.order_purchase_timestamp.weekday() == 5
        and row.order_approved_at.weekday() == 0
    ]

    assert len(waited) >= 40


def test_products_lack_photos_descriptions_weights_or_any_row() -> None:
    products = export().products.rows
    assert any(row.product_photos_qty is None for row in products)
    assert any(row.product_description_lenght is None for row in products)
    assert any(row.product_weight_g is None for row in products)
    assert [row.reason.split(":")[0] for row in orders().noted] == [
        "product fir-6 is not in olist_products_dataset.csv"
    ]


def test_an_order_without_items_is_the_only_row_that_cannot_be_sent() -> None:
    assert [row.reason for row in orders().rejected] == [
        "has no items, so nothing was placed"
    ]
    assert movements().rejected == []


def test_a_product_has_two_lots_the_newer_one_free_until_the_fee_month() -> None:
    lots = {
        lot["lot_id"]: str(lot["manufactured_on"])
        for lot in fields(movements(), "receive-inventory")
        if lot["seller_id"] == samples.EXPLAINED_SELLER
    }

    assert lots == {"birch-1-a": "2024-12-20", "birch-1-b": "2025-01-15"}
    charged_from = datetime.fromisoformat(lots["birch-1-b"]) + timedelta(days=60)
    assert f"{charged_from:%Y-%m}" == samples.FEE_MONTH
    assert fields(movements(), "restore-inventory")


def test_stock_runs_out_and_what_is_sold_beyond_it_is_refused() -> None:
    stock = {
        command.fields["product_id"]: INVENTORY.initial
        for command in movements().commands()
    }
    refused = []
    for sent in movements().commands():
        product_id = sent.fields["product_id"]
        command: InventoryCommand = COMMANDS[sent.name].validate_python(dict(sent.fields))
        try:
            facts = INVENTORY.decide(command, stock[product_id])
        except Refused as why:
            refused.append((product_id, why.code))
            continue
        for fact in facts:
            stock[product_id] = INVENTORY.evolve(stock[product_id], fact)

    assert refused == [("cedar-1", "insufficient-stock")] * 2


@pytest.mark.parametrize(
    ("seller", "accepted_in_time", "left_in_time"),
    [
        ("seller-ash", (33, 33), (32, 32)),
        ("seller-birch", (35, 35), (35, 35)),
        ("seller-cedar", (33, 33), (28, 32)),
        ("seller-dogwood", (18, 28), (20, 27)),
        ("seller-elm", (2, 2), (2, 2)),
        ("seller-fir", (23, 23), (18, 18)),
    ],
)
def test_sellers_keep_their_word_each_in_their_own_way(
    seller: str, accepted_in_time: tuple[int, int], left_in_time: tuple[int, int]
) -> None:
    accepted = moments("accept-order")
    left = moments("save-shipment")
    placed = [row for row in fields(orders(), "place-order") if row["seller_id"] == seller]

    timely = [
        str(order["order_id"]) in accepted and accepted[str(order["order_id"])] <= due
        for order in placed
        if in_window(due := next_weekday(moment(order["at"])))
    ]
    on_time = [
        str(order["order_id"]) in left and left[str(order["order_id"])] <= due
        for order in placed
        if in_window(due := moment(order["ship_by"])) and str(order["order_id"]) in accepted
    ]
    assert (sum(timely), len(timely)) == accepted_in_time
    assert (sum(on_time), len(on_time)) == left_in_time


def moments(name: str) -> dict[str, datetime]:
    return {str(row["order_id"]): moment(row["at"]) for row in fields(orders(), name)}


def moment(said: Json) -> datetime:
    return datetime.fromisoformat(str(said))


def in_window(due: datetime) -> bool:
    return samples.AS_OF - MONTH < due <= samples.AS_OF


def next_weekday(at: datetime) -> datetime:
    """Return the moment 24 weekday hours after `at`."""
    day = timedelta(days=1)
    midnight = at.replace(hour=0, minute=0, second=0)
    if at.weekday() >= 5:
        return midnight + (8 - at.weekday()) * day
    return at + (3 * day if at.weekday() == 4 else day)
