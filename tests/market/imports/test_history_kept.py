"""What the shipped history amounts to, worked out row by row from its files alone.

Nothing of the services is asked here: what they say of it must be the same.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache

import pytest

from market import samples
from tests.market.imports.kept import KEPT, Kept

DAY = timedelta(days=1)
Row = dict[str, str]
Ones = Iterable[tuple[str, datetime, bool]]
"""Whose it was, when it fell due, whether it was kept."""


@cache
def rows(name: str) -> list[Row]:
    with (samples.HISTORY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def moment(said: str) -> datetime:
    return datetime.fromisoformat(said.replace(" ", "T").removesuffix("Z") + "+00:00")


def weekdays_later(at: datetime, days: int) -> datetime:
    """The moment so many weekdays after `at`, hour by hour as a person counts them."""
    if at.weekday() >= 5:
        at = at.replace(hour=0, minute=0, second=0) + (7 - at.weekday()) * DAY
    for _ in range(days):
        at += DAY
        while at.weekday() >= 5:
            at += DAY
    return at


def in_time(said: str, due: datetime) -> bool:
    return said != "" and moment(said) <= due


def approvals() -> Ones:
    waiting: dict[tuple[str, str], str] = {}
    for row in sorted(rows("access_requests"), key=lambda row: row["requested_at"]):
        both = row["seller_id"], row["buyer_id"]
        if both in waiting and not waiting[both]:
            continue  # asked again before there was an answer
        waiting[both] = row["outcome"]
        if row["outcome"] == "withdrawn":
            continue
        due = weekdays_later(moment(row["requested_at"]), 2)
        answered = row["outcome"] in {"approved", "declined"}
        yield row["seller_id"], due, answered and in_time(row["outcome_at"], due)


def responses() -> Ones:
    talks = defaultdict(list)
    for row in sorted(rows("messages"), key=lambda row: row["sent_at"]):
        talks[row["conversation_id"]].append(row)
    for talk in talks.values():
        question = next(row for row in talk if row["sender"] == "buyer")
        if question["spam_at"]:
            continue
        answers = [row["sent_at"] for row in talk if row["sender"] == "seller"]
        due = weekdays_later(moment(question["sent_at"]), 1)
        yield question["seller_id"], due, in_time(min(answers, default=""), due)


MISTYPED = "7908728834"


def tracking() -> Ones:
    for row in rows("shipments"):
        due = weekdays_later(moment(row["shipped_at"]), 1)
        told = row["tracking_added_at"] or row["saved_at"]
        known = row["tracking_number"] not in {"", MISTYPED}
        yield row["order_id"].partition(":")[2], due, known and in_time(told, due)


def acceptances() -> Ones:
    """Of orders that have items, once for each of their sellers."""
    for row, seller, _ in sold():
        due = weekdays_later(moment(row["order_purchase_timestamp"]), 1)
        yield seller, due, in_time(row["order_approved_at"], due)


def departures() -> Ones:
    parcels = defaultdict(list)
    for row in rows("shipments"):
        parcels[row["order_id"]].append(row["shipped_at"])
    for row, seller, ship_by in sold():
        left = parcels.get(f"{row['order_id']}:{seller}", [])
        last = max(left, default=row["order_delivered_carrier_date"])
        if row["order_approved_at"]:
            yield seller, moment(ship_by), in_time(last, moment(ship_by))


def sold() -> Iterable[tuple[Row, str, str]]:
    orders = {row["order_id"]: row for row in rows("olist_orders_dataset")}
    parts = {
        (row["order_id"], row["seller_id"]): row["shipping_limit_date"]
        for row in rows("olist_order_items_dataset")
    }
    for (order_id, seller), ship_by in parts.items():
        yield orders[order_id], seller, ship_by


def kept_of_due(ones: Ones) -> dict[str, Kept]:
    """Of what fell due in 30 days, or in 90 if that was fewer than 10, by seller."""
    of_seller = defaultdict(list)
    for seller, due, kept in ones:
        of_seller[seller].append((samples.AS_OF - due, kept))
    return {seller: _in_window(fell_due) for seller, fell_due in of_seller.items()}


def _in_window(fell_due: Iterable[tuple[timedelta, bool]]) -> Kept:
    over = [(ago, kept) for ago, kept in fell_due if timedelta(0) <= ago]
    lately, longer = ([kept for ago, kept in over if ago < days * DAY] for days in (30, 90))
    counted = lately if len(lately) >= 10 else longer
    return sum(counted), len(counted)


def confirmed() -> dict[str, Kept]:
    """Of stocks that units ever came into, those that moved or were counted lately."""
    stocks: dict[tuple[str, str], datetime] = {}
    for row in sorted(rows("inventory_movements"), key=lambda row: row["at"]):
        stocks[row["seller_id"], row["product_id"]] = moment(row["at"])
    of_seller = defaultdict(list)
    for (seller, _), last in stocks.items():
        of_seller[seller].append(last > samples.AS_OF - 14 * DAY)
    return {seller: (sum(ones), len(ones)) for seller, ones in of_seller.items()}


WORKED_OUT: Mapping[str, Callable[[], Mapping[str, Kept]]] = {
    "acceptance.timely": lambda: kept_of_due(acceptances()),
    "approvals.timely": lambda: kept_of_due(approvals()),
    "inventory.confirmed": confirmed,
    "responses.timely": lambda: kept_of_due(responses()),
    "shipping.on_time": lambda: kept_of_due(departures()),
    "shipping.tracked": lambda: kept_of_due(tracking()),
}


@pytest.mark.parametrize("metric", WORKED_OUT)
def test_sellers_keep_their_word_each_in_their_own_way(metric: str) -> None:
    assert WORKED_OUT[metric]() == KEPT[metric]
