"""An order's history, for people: who, what, when, from what to what."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from contracts.orders import OrderEvent
from kit.serving import build
from kit.web.pages import written
from services.orders.app import BLUEPRINT
from services.orders.model import ORDER
from services.orders.model.telling import what, who
from tests.orders.test_api import ACCEPT, PLACE, post
from tests.orders.test_editing import PART
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    CORRECTED,
    DELIVERED,
    EXPIRED,
    LINE_REMOVED,
    PLACED,
    QUANTITY_CHANGED,
    REJECTED,
    SHIPPED_IN_PART,
    SPLIT,
    TRACKED,
)
from tests.tokens import asking, settings

MONEY = "3 units, 82.40 USD"


def told(fact: OrderEvent, *before: OrderEvent) -> tuple[str, str | None, str | None]:
    order = ORDER.fold(before)
    return tuple(what(order, fact, ORDER.evolve(order, fact)))  # type: ignore[return-value]  # a named one


@pytest.mark.parametrize(
    ("fact", "text", "before", "after"),
    [
        (QUANTITY_CHANGED, "Quantity of line l-1 changed", "2 units", "1 units"),
        (LINE_REMOVED, "Line l-2 removed (buyer_request)", "1 units", "0 units"),
        (SPLIT, "Split to o-2: line l-2", MONEY, "2 units, 51.90 USD"),
        (ACCEPTED, "Accepted for customer c-1 (created)", "open", "accepted"),
        (REJECTED, "Rejected (out_of_stock)", "open", "rejected"),
        (EXPIRED, "Expired", "open", "expired"),
        (CANCELLED, "Cancelled by the buyer", "open", "cancelled"),
    ],
)
def test_what_happened_to_an_order_is_told_from_what_to_what(
    fact: OrderEvent, text: str, before: str, after: str
) -> None:
    found = told(fact, PLACED)

    assert found[0].startswith(text)
    assert found[1:] == (before, after)


def test_the_way_of_a_parcel_is_told() -> None:
    shipped = (PLACED, ACCEPTED, SHIPPED_IN_PART)

    assert told(SHIPPED_IN_PART, PLACED, ACCEPTED)[1:] == (
        "3 units to ship",
        "1 units to ship",
    )
    assert told(TRACKED, *shipped)[1:] == ("UPS -", "UPS 1Z12345E6605272234")
    assert told(CORRECTED, *shipped, TRACKED)[1:] == (
        "UPS 1Z12345E6605272234",
        "FedEx 986578788855",
    )
    assert told(DELIVERED, *shipped)[2] == "delivered"


def test_a_placing_tells_what_it_is_worth_and_where_it_came_from() -> None:
    assert told(PLACED) == ("Placed", None, MONEY)
    assert told(PART) == ("Split from o-1", None, "1 units, 30.50 USD")


def test_a_part_of_an_accepted_order_was_accepted_before_it_was_split_off() -> None:
    later = PART.model_copy(update={"placed_at": ACCEPTED.accepted_at + timedelta(days=1)})

    text, before, after = told(ACCEPTED, later)

    assert (text, before, after) == (
        "Accepted for customer c-1 (created), before it was split off",
        None,
        "accepted",
    )


def test_who_did_it_is_told_as_far_as_the_fact_says() -> None:
    facts = (PLACED, PART, CANCELLED, SHIPPED_IN_PART, ACCEPTED)

    assert [who(fact) for fact in facts] == ["buyer:b-1", None, "buyer", "seller", None]


@pytest.fixture
def app(fresh_database: str) -> FastAPI:
    return build(BLUEPRINT, settings(fresh_database))


@pytest.fixture
def http(app: FastAPI) -> Iterator[TestClient]:
    with asking(app) as client:
        yield client


def test_a_timeline_has_each_event_with_its_id(http: TestClient) -> None:
    post(http, "/orders", PLACE, "k-1")
    post(http, "/orders/o-1/acceptance", ACCEPT, "k-2")

    entries: list[dict[str, Any]] = http.get("/orders/o-1/timeline").json()

    assert [(one["version"], one["type"]) for one in entries] == [
        (1, "orders.order-placed.v1"),
        (2, "orders.order-accepted.v1"),
    ]
    assert (entries[1]["from"], entries[1]["to"]) == ("open", "accepted")
    assert len({one["event_id"] for one in entries}) == 2
    assert http.get("/orders/o-9/timeline").status_code == 404


def test_the_table_is_filtered_sorted_and_counted_over_http(
    http: TestClient, app: FastAPI
) -> None:
    for number in range(4):
        post(http, "/orders", PLACE | {"order_id": f"o-{number}"}, f"k-{number}")
    post(http, "/orders/o-1/acceptance", ACCEPT, "k-9")
    asked: dict[str, str | int] = {"seller_id": "s-1", "sort": "-total_cents", "limit": 2}

    first = http.get("/orders", params=asked).json()
    rest = http.get("/orders", params=asked | {"after": first["next"]}).json()
    found = http.get("/orders", params={"seller_id": "s-1", "state": ["accepted"]}).json()
    late = asking(app, at=datetime(2126, 4, 1, tzinfo=UTC))
    counts = late.get("/order-counts", params={"seller_id": "s-1"}).json()

    ids = [row["order_id"] for row in (*first["orders"], *rest["orders"])]
    assert ids == ["o-3", "o-2", "o-1", "o-0"]
    assert [row["order_id"] for row in found["orders"]] == ["o-1"]
    assert (counts["open"], counts["accepted"], counts["all"]) == (3, 1, 4)
    assert counts["overdue"] == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"sort": "title"},
        {"state": "eaten"},
        {"from_cents": -1},
        {"from_cents": 2**63},
        {"placed_from": "yesterday"},
        {"colour": "red"},
        {"sort": "total_cents", "after": written(("2026-03-06T18:00:00Z", "o-1"))},
        {"limit": 501},
    ],
)
def test_a_filter_that_cannot_be_is_refused_by_its_name(
    http: TestClient, wrong: dict[str, str | int]
) -> None:
    answer = http.get("/orders", params={"seller_id": "s-1", **wrong})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].split(".")[0] in wrong
