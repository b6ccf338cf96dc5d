"""The history that ships with the project: reproducible, and awkward where it should be."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from kit.domain import Refused
from kit.web.bulk import kebab
from market import samples
from market.imports.directory import plan_history
from market.imports.inventory import MOVEMENTS
from market.imports.olist import plan_olist
from market.imports.olist_rows import Olist, read_olist
from market.imports.plan import Json, Plan
from market.imports.rows import plan_file
from market.samples.generate import write_history
from services.buyers import commands as of_buyers
from services.catalog import commands as of_catalog
from services.catalog.model import INVENTORY
from services.orders import commands as of_orders
from services.orders.model.carriers import known_carriers

COMMANDS: Mapping[str, Mapping[str, TypeAdapter[Any]]] = {
    "catalog": {
        kebab(command.__name__): TypeAdapter(command)
        for command in (*get_args(of_catalog.Movement), of_catalog.ListProduct)
    },
    "orders": {
        kebab(command.__name__): TypeAdapter(command)
        for command in (
            *(of_orders.PlaceOrder, of_orders.AcceptOrder, of_orders.SaveShipment),
            *(of_orders.AddTracking, of_orders.MarkDelivered),
        )
    },
    "buyers": {
        kebab(command.__name__): TypeAdapter(command)
        for command in get_args(of_buyers.BuyersCommand)
    },
}


@cache
def export() -> Olist:
    return read_olist(samples.HISTORY)


@cache
def orders() -> Plan:
    return plan_olist(samples.HISTORY)


@cache
def movements() -> Plan:
    return plan_file(MOVEMENTS, samples.HISTORY / MOVEMENTS.file_name)


@cache
def history() -> Plan:
    return plan_history(samples.HISTORY)


def fields(plan: Plan, name: str) -> list[Mapping[str, Json]]:
    return [command.fields for command in plan.commands() if command.name == name]


def test_the_files_are_what_their_seed_gives(tmp_path: Path) -> None:
    write_history(tmp_path)

    shipped = sorted(samples.HISTORY.iterdir())
    assert [file.name for file in sorted(tmp_path.iterdir())] == [f.name for f in shipped]
    for file in shipped:
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_another_seed_gives_another_history(tmp_path: Path) -> None:
    write_history(tmp_path, seed=1)

    ours = samples.HISTORY / "olist_orders_dataset.csv"
    assert (tmp_path / ours.name).read_bytes() != ours.read_bytes()


def test_the_services_can_read_every_command() -> None:
    sent = [(stage.service, each) for stage in history().stages for each in stage.commands]
    for service, command in sent:
        COMMANDS[service][command.name].validate_python(dict(command.fields))


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
    assert [row.reason for row in history().rejected] == [
        "has no items, so nothing was placed"
    ]


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
        command = COMMANDS["catalog"][sent.name].validate_python(dict(sent.fields))
        try:
            facts = INVENTORY.decide(command, stock[product_id])
        except Refused as why:
            refused.append((product_id, why.code))
            continue
        for fact in facts:
            stock[product_id] = INVENTORY.evolve(stock[product_id], fact)

    assert refused == [("cedar-1", "insufficient-stock")] * 2


def test_counts_agree_find_fewer_find_more_and_find_nothing() -> None:
    on_hand: Counter[Json] = Counter()
    found: set[int | str] = set()
    for sent in movements().commands():
        product_id, units = sent.fields["product_id"], int(str(sent.fields["units"]))
        if sent.name == "count-stock":
            difference = units - on_hand[product_id]
            found.add((difference > 0) - (difference < 0))
            found |= {"nothing"} if units == 0 else set()
        on_hand[product_id] += units * SIGNS[sent.name]

    assert found == {0, 1, -1, "nothing"}


SIGNS = {
    "receive-inventory": 1,
    "restore-inventory": 1,
    "deduct-inventory": -1,
    "count-stock": 0,
}


def test_who_requires_approval_sells_to_nobody_without_one() -> None:
    gated = {
        rule["seller_id"]
        for rule in fields(history(), "set-access-rule")
        if rule["approval_required"]
    } - {"seller-birch"}
    asked = {row["request_id"]: row for row in fields(history(), "request-access")}
    approved = {
        (row["seller_id"], asked[row["request_id"]]["buyer_id"]): str(row["at"])
        for row in fields(history(), "approve-access")
    }

    assert gated == {"seller-ash", "seller-cedar", "seller-dogwood", "seller-elm"}
    for order in fields(history(), "place-order"):
        if order["seller_id"] in gated:
            leave = approved[order["seller_id"], order["buyer_id"]]
            assert leave < str(order["at"])


def test_known_carriers_take_the_numbers_of_all_parcels_but_one() -> None:
    told = fields(history(), "save-shipment") + fields(history(), "add-tracking")
    by = {row["shipment_id"]: str(row["carrier"]) for row in told if "carrier" in row}
    numbers = [
        (by[row["shipment_id"]], str(row["tracking_number"]))
        for row in told
        if row.get("tracking_number")
    ]
    known = known_carriers()
    wrong = [
        (name, number)
        for name, number in numbers
        if (carrier := known.named(name)) is not None and not known.takes(carrier, number)
    ]

    assert {name for name, _ in numbers} == {"UPS", "DHL", "Riverline"}
    assert [name for name, _ in wrong] == ["DHL"]


def test_some_orders_leave_in_two_parcels() -> None:
    parcels = Counter(row["order_id"] for row in fields(history(), "save-shipment"))

    assert Counter(parcels.values())[2] >= 10


def test_there_are_messages_of_every_kind() -> None:
    names = Counter(command.name for command in history().commands())

    kinds = ("write-to-seller", "write-to-buyer", "write-as-system", "mark-spam")
    assert all(names[kind] >= 4 for kind in kinds)
    assert any("answers" in row for row in fields(history(), "write-to-buyer"))


def test_requests_have_every_outcome_and_some_wait() -> None:
    names = Counter(command.name for command in history().commands())
    outcomes = [f"{what}-access" for what in ("approve", "decline", "withdraw", "expire")]

    assert all(names[outcome] for outcome in outcomes)
    assert names["request-access"] > sum(names[outcome] for outcome in outcomes)
