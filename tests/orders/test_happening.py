"""What is asked while it happens must be possible; what is told in bulk has happened."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from tests.orders.test_api import ACCEPT, PLACE, in_memory, post
from tests.orders.test_invoicing import PARCEL
from tests.samples import MONDAY
from tests.tokens import asking

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def app(db: Connection) -> FastAPI:
    return in_memory(db)


@pytest.fixture
def http(app: FastAPI) -> TestClient:
    """O-1 is placed on Monday, and accepted."""
    client = asking(app, at=MONDAY)
    post(client, "/orders", PLACE, "k-placed")
    post(client, "/orders/o-1/acceptance", ACCEPT, "k-accepted")
    return client


def bulk(http: TestClient, command: str, said: Mapping[str, Any]) -> str:
    told = {"key": "k", "command": command, **said, "at": MONDAY.isoformat()}
    found: str = http.post("/commands", json={"commands": [told]}).json()["results"][0][
        "outcome"
    ]
    return found


@pytest.mark.parametrize("bad", ["a/b", "a?b", "a#b", "100%", "a\\b", "a\nb", ".", ".."])
def test_an_id_that_no_path_can_name_is_chosen_by_nobody_over_http(
    http: TestClient, bad: str
) -> None:
    line = PLACE["lines"][0] | {"line_id": bad}
    split = {"new_order_id": bad, "lines": [{"line_id": "l-1", "quantity": 1}]}
    invalid, refused = (422, "invalid-request"), (409, "id-not-for-paths")
    placed = PLACE | {"order_id": "o-2", "lines": [line]}
    asked: list[tuple[str, Any, str, tuple[int, str]]] = [
        ("/orders", PLACE | {"order_id": bad}, "order_id", invalid),
        ("/orders", placed, "line_id", refused),
        ("/orders/o-1/shipments", PARCEL | {"shipment_id": bad}, "shipment_id", invalid),
    ]

    for path, body, field, told in asked:
        status, said = post(http, path, body)
        assert (status, said["type"]) == told, path
        assert said["detail"].startswith(f"{field}: ")
    seen = {"Idempotency-Key": "k", "If-Match": '"2"'}
    answer = http.post("/orders/o-1/splits", json=split, headers=seen)
    assert (answer.status_code, answer.json()["type"]) == invalid


@pytest.mark.parametrize("good", ["olist:53cdb2fc", "o 1", "ördér-1", "...", "a=b&c;d@e"])
def test_other_ids_are_taken_as_they_are(http: TestClient, good: str) -> None:
    assert post(http, "/orders", PLACE | {"order_id": good})[0] == 200


def test_ids_of_the_past_are_what_they_are(http: TestClient) -> None:
    assert bulk(http, "place-order", PLACE | {"order_id": "a/b"}) == "recorded"


def test_a_buyer_cancels_for_reasons_of_a_buyer(http: TestClient, app: FastAPI) -> None:
    buyer, path = asking(app, "buyer", "b-1"), "/orders/o-1/cancellation"

    for client, by in ((buyer, {}), (http, {"by": "buyer"})):
        status, said = post(client, path, {"reason": "out_of_stock", **by})
        assert (status, said["type"]) == (409, "reason-not-theirs")
        assert "buyer_request or other" in said["detail"].replace(
            "other or b", "b or other"
        )

    seller = asking(app, "seller", "s-1")
    post(http, "/orders", PLACE | {"order_id": "o-2"}, "k-2")
    post(http, "/orders/o-2/acceptance", ACCEPT, "k-accepted-2")
    assert post(seller, "/orders/o-2/cancellation", {"reason": "out_of_stock"})[0] == 200
    said = {"order_id": "o-1", "by": "buyer", "reason": "out_of_stock"}
    assert bulk(http, "cancel-order", said) == "recorded"


@pytest.mark.parametrize(
    ("ship_by", "status"), [(MONDAY, 409), (MONDAY - SECOND, 409), (MONDAY + SECOND, 200)]
)
def test_an_order_is_to_be_shipped_after_it_is_placed(
    http: TestClient, ship_by: datetime, status: int
) -> None:
    asked = PLACE | {"order_id": "o-2", "ship_by": ship_by.isoformat()}

    got, said = post(http, "/orders", asked)

    assert (got, said.get("type", "")) == (status, "ship-by-over" if status == 409 else "")
    assert bulk(http, "place-order", asked | {"order_id": "o-3"}) == "recorded"


def test_what_was_placed_in_time_is_answered_the_same_when_its_time_is_over(
    http: TestClient, app: FastAPI
) -> None:
    asked = PLACE | {"order_id": "o-2", "ship_by": (MONDAY + HOUR).isoformat()}
    first = post(http, "/orders", asked, "k")
    http = asking(app, at=MONDAY + 2 * HOUR)

    assert post(http, "/orders", asked, "k") == first == (200, {"version": 1})
    assert post(http, "/orders", asked, "another") == first


@pytest.mark.parametrize(
    ("shipped_at", "status"),
    [
        (MONDAY - SECOND, 409),
        (MONDAY, 200),
        (MONDAY + HOUR, 200),
        (MONDAY + HOUR + SECOND, 409),
    ],
)
def test_a_parcel_leaves_after_its_order_was_placed_and_before_it_is_told(
    http: TestClient, shipped_at: datetime, status: int
) -> None:
    parcel = PARCEL | {"shipped_at": shipped_at.isoformat()}
    item = {"order_id": "o-1", **parcel}

    _, said = post(http, "/shipments", {"items": [item]}, "k-many")
    got, alone = post(http, "/orders/o-1/shipments", parcel)
    possible = status == 200

    assert got == status
    problem = said["results"][0]["problem"]
    found = (problem and problem["type"], alone.get("type"))
    wrong = "shipped-at-impossible"
    assert found == ((None, None) if possible else (wrong, wrong))
    assert bulk(http, "save-shipment", item) == ("unchanged" if possible else "recorded")
