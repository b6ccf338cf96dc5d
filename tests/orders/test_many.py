"""Many orders accepted or shipped by one request."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kit.serving import build
from services.orders.app import BLUEPRINT
from tests.orders.test_api import PLACE, post
from tests.samples import MONDAY
from tests.tokens import asking, settings

NEW = {"customer_id": "c-1", "customer_link": "created"}
PARCEL = {
    "lines": [{"line_id": "l-1", "quantity": 2}],
    "carrier": "UPS",
    "tracking_number": "1Z999AA10123456784",
    "shipped_by": "seller",
    "shipped_at": "2026-03-09T18:30:00Z",
}


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    with asking(build(BLUEPRINT, settings(fresh_database)), at=MONDAY) as client:
        for number in range(1, 4):
            placed = PLACE | {"order_id": f"o-{number}", "buyer_id": f"b-{number}"}
            post(client, "/orders", placed, f"k-{number}")
        yield client


def results(http: TestClient, path: str, *items: object, key: str = "k") -> list[Any]:
    status, body = post(http, path, {"items": items}, key)
    assert status == 200, body
    found: list[Any] = body["results"]
    return found


def test_each_order_is_accepted_or_refused_on_its_own(http: TestClient) -> None:
    found = results(
        http,
        "/acceptances",
        {"order_id": "o-1", **NEW},
        {"order_id": "o-2"},
        {"order_id": "o-9", **NEW},
        {"order_id": "o-1"},
        {"order_id": "o-3", **NEW, "seen": 1},
    )

    assert [(one["order_id"], one["outcome"]) for one in found] == [
        ("o-1", "recorded"),
        ("o-2", "refused"),
        ("o-9", "refused"),
        ("o-1", "unchanged"),
        ("o-3", "recorded"),
    ]
    assert [one["problem"] and one["problem"]["type"] for one in found[1:3]] == [
        "customer-needed",
        "order-unknown",
    ]
    assert len(found[1]["problem"]["choices"]) == 2
    assert http.get("/orders/o-2").json()["state"] == "open"


def test_a_new_buyer_becomes_one_customer_though_two_are_said_at_once(
    http: TestClient,
) -> None:
    for number in (4, 5, 6):
        placed = PLACE | {"order_id": f"o-{number}", "buyer_id": "b-4"}
        post(http, "/orders", placed, f"k-{number}")

    found = results(
        http,
        "/acceptances",
        {"order_id": "o-4", **NEW},
        {"order_id": "o-5", **NEW, "customer_id": "c-2"},
        {"order_id": "o-6"},
    )

    assert [one["outcome"] for one in found] == ["recorded", "refused", "recorded"]
    assert found[1]["problem"]["type"] == "buyer-is-customer"
    assert http.get("/orders/o-6").json()["customer_id"] == "c-1"


def test_the_same_request_again_is_answered_the_same(http: TestClient) -> None:
    items = ({"order_id": "o-1", **NEW}, {"order_id": "o-2"})

    first, again = (results(http, "/acceptances", *items) for _ in range(2))

    assert [one["version"] for one in first] == [one["version"] for one in again] == [2, 1]
    assert [one["outcome"] for one in again] == ["unchanged", "refused"]


def test_what_changed_since_it_was_seen_is_refused_alone(http: TestClient) -> None:
    cut = {"quantity": 1, "reason": "other"}
    headers = {"Idempotency-Key": "k-cut", "If-Match": '"1"'}
    http.post("/orders/o-1/lines/l-1/quantity", json=cut, headers=headers)

    found = results(
        http,
        "/acceptances",
        {"order_id": "o-1", **NEW, "seen": 1},
        {"order_id": "o-2", **NEW, "seen": 1},
    )

    assert [one["outcome"] for one in found] == ["refused", "recorded"]
    assert (found[0]["problem"]["type"], found[0]["problem"]["version"]) == ("changed", 2)


def test_shipments_are_saved_each_on_its_own(http: TestClient) -> None:
    results(http, "/acceptances", *({"order_id": f"o-{n}", **NEW} for n in (1, 2)))

    found = results(
        http,
        "/shipments",
        {"order_id": "o-1", "shipment_id": "h-1", **PARCEL},
        {"order_id": "o-2", "shipment_id": "h-1", **PARCEL, "tracking_number": "1Z"},
        {"order_id": "o-3", "shipment_id": "h-1", **PARCEL},
        key="k-ship",
    )

    assert [one["outcome"] for one in found] == ["recorded", "refused", "refused"]
    assert [one["problem"]["type"] for one in found[1:]] == [
        "tracking-malformed",
        "order-open",
    ]
    assert http.get("/orders/o-1").json()["shipped_units"] == 2


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"order_id": ""}],
        [{"order_id": "o-1", "seen": 0}],
        [{"order_id": "o-1", "mood": "fine"}],
        [{"order_id": "o-1"}] * 501,
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole(
    http: TestClient, items: list[object]
) -> None:
    status, said = post(http, "/acceptances", {"items": items})

    assert (status, said["type"]) == (422, "invalid-request")
