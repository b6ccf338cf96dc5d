"""Accurate inventory: the stock of what is for sale moved, or was counted, lately."""

from datetime import date, datetime

import pytest

from contracts.catalog import (
    InventoryCounted,
    InventoryDeducted,
    InventoryReceived,
    InventoryRestored,
)
from contracts.fact import Fact
from services.performance.model.evidence import explain
from tests.performance.facts import LONG_AGO, delisted, listed
from tests.performance.world import (
    AS_OF,
    DAY,
    POLICY,
    TICK,
    card,
    cards_of,
    received,
    sayings_of,
)

METRIC = "inventory.confirmed"


def came_in(at: datetime = LONG_AGO, product_id: str = "p-1") -> InventoryReceived:
    return InventoryReceived(
        seller_id="s-1",
        product_id=product_id,
        lot_id="lot-1",
        units=10,
        manufactured_on=date(2026, 1, 5),
        received_at=at,
    )


def counted(at: datetime, product_id: str = "p-1") -> InventoryCounted:
    return InventoryCounted(seller_id="s-1", product_id=product_id, units=10, counted_at=at)


def sold(at: datetime) -> InventoryDeducted:
    return InventoryDeducted(
        seller_id="s-1", product_id="p-1", units=1, reason="sold", deducted_at=at
    )


def back(at: datetime) -> InventoryRestored:
    return InventoryRestored(
        seller_id="s-1", product_id="p-1", units=1, reason="returned", restored_at=at
    )


@pytest.mark.parametrize("said", [sold, back, counted, came_in])
def test_a_stock_that_moved_or_was_counted_is_confirmed(said: type) -> None:
    moved: Fact = said(AS_OF - DAY)

    assert card(METRIC, listed(), came_in(), moved) == (0, 1, 1)


@pytest.mark.parametrize(
    ("ago", "kept"), [(14 * DAY, 0), (14 * DAY - TICK, 1), (0 * DAY, 1), (-DAY, 0)]
)
def test_fourteen_days_count_to_the_instant(ago: object, kept: int) -> None:
    at = AS_OF - ago  # type: ignore[operator]  # a timedelta

    assert card(METRIC, listed(), came_in(), counted(at)) == (0, 1, kept)


def test_what_was_never_stocked_has_nothing_to_confirm() -> None:
    assert card(METRIC, listed()) == (0, 0, 0)
    assert card(METRIC, listed(), came_in(product_id="p-2")) == (0, 0, 0)


def test_what_is_not_for_sale_has_nothing_to_confirm() -> None:
    assert card(METRIC, came_in()) == (0, 0, 0)
    assert card(METRIC, listed(), came_in(), delisted(AS_OF - DAY)) == (0, 0, 0)


def test_each_listing_counts_and_no_sample_is_too_small() -> None:
    facts = [listed(product_id=p) for p in ("p-1", "p-2")]
    stocks = [came_in(), came_in(product_id="p-2"), counted(AS_OF - DAY)]

    (row,) = [r for r in cards_of(received([*facts, *stocks])) if r[1] == METRIC]

    assert row[2:] == (0, 2, 1, 0.5, "limit")


def test_the_number_opens_to_the_last_fact_of_each_stock() -> None:
    told = received([listed(), came_in(), sold(AS_OF - DAY), counted(AS_OF - 2 * DAY)])

    opened = explain(*sayings_of(told), POLICY, AS_OF)

    (row,) = [r for r in opened.iter_rows(named=True) if r["metric"] == METRIC]
    assert (row["subject_id"], row["kept_at"]) == ("p-1", AS_OF - DAY)
    assert [(f["says"], f["at"]) for f in row["facts"]] == [("moved", AS_OF - DAY)]
