from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from contracts.topics import MAX_EVENT_BYTES
from kit.serving import build
from kit.web.pages import written
from kit.web.reading import lend
from services.orders.app import BLUEPRINT
from tests.fakes import MemoryStreams
from tests.tokens import asking, settings

PLACE: dict[str, Any] = {
    "order_id": "o-1",
    "seller_id": "s-1",
    "buyer_id": "b-1",
    "lines": [
        {
            "line_id": "l-1",
            "product_id": "p-1",
            "title": "Mug",
            "quantity": 2,
            "unit_price_cents": 2_100,
        }
    ],
    "currency": "USD",
    "payment_method": "card",
    "ship_to_country": "US",
    "ship_by": "2126-03-11T18:00:00Z",
}
ACCEPT = {"customer_id": "c-1", "customer_link": "created"}
NOWHERE = settings("postgresql://nobody@127.0.0.1:1/none")


def in_memory(db: Connection) -> FastAPI:
    """The service on streams in memory; its read models know nothing."""
    for tables in BLUEPRINT.tables:
        tables.create_all(db)
    app = build(BLUEPRINT, NOWHERE)
    app.state.streams = MemoryStreams()
    app.dependency_overrides[lend] = lambda: lambda: nullcontext(db)
    return app


@pytest.fixture
def app(db: Connection) -> FastAPI:
    return in_memory(db)


@pytest.fixture
def http(app: FastAPI) -> TestClient:
    return asking(app)


def post(http: TestClient, path: str, body: object, key: str = "k-1") -> tuple[int, Any]:
    answer = http.post(path, json=body, headers={"Idempotency-Key": key})
    return answer.status_code, answer.json()


def test_an_order_is_placed_and_accepted_by_two_requests(http: TestClient) -> None:
    placed = post(http, "/orders", PLACE, "k-1")
    accepted = post(http, "/orders/o-1/acceptance", ACCEPT, "k-2")

    assert (placed, accepted) == ((200, {"version": 1}), (200, {"version": 2}))


def test_the_same_request_is_answered_the_same_and_recorded_once(
    http: TestClient, app: FastAPI
) -> None:
    answers = [post(http, "/orders", PLACE) for _ in range(3)]

    assert answers == [(200, {"version": 1})] * 3
    assert len(app.state.streams.facts["order-o-1"]) == 1


def test_a_key_of_another_request_is_refused(http: TestClient) -> None:
    post(http, "/orders", PLACE)

    status, body = post(http, "/orders", PLACE | {"order_id": "o-2"})

    assert (status, body["type"]) == (409, "idempotency-key-reused")


def test_a_request_without_a_key_is_refused_by_the_name_of_its_header(
    http: TestClient,
) -> None:
    answer = http.post("/orders", json=PLACE)

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"ship_by": "2026-03-11T18:00:00"}, "ship_by"),
        ({"ship_by": 1_773_252_000}, "ship_by"),
        ({"lines": [PLACE["lines"][0] | {"quantity": -1}]}, "lines.0.quantity"),
        ({"lines": [PLACE["lines"][0] | {"quantity": 1.5}]}, "lines.0.quantity"),
        ({"lines": [PLACE["lines"][0] | {"quantity": 2**40}]}, "lines.0.quantity"),
        ({"lines": [PLACE["lines"][0] | {"colour": "red"}]}, "lines.0.colour"),
        ({"lines": []}, "lines"),
        ({"currency": "euros"}, "currency"),
        ({"seller_id": ""}, "seller_id"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(
    http: TestClient, app: FastAPI, changed: dict[str, Any], named: str
) -> None:
    status, body = post(http, "/orders", PLACE | changed)

    assert (status, body["type"]) == (422, "invalid-request")
    assert body["errors"][0]["field"] == named
    assert not app.state.streams.facts


def test_a_currency_that_is_not_traded_is_refused(http: TestClient) -> None:
    status, body = post(http, "/orders", PLACE | {"currency": "EUR"})

    assert (status, body["type"]) == (409, "currency-not-traded")
    assert body["detail"].startswith("currency: ")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/orders/o-9/acceptance", ACCEPT),
        ("/orders/o-9/rejection", {"reason": "out_of_stock"}),
        ("/orders/o-1/shipments/h-9/delivery", None),
        ("/orders/o-1/shipments/h-9/tracking", {"tracking_number": "1Z"}),
    ],
)
def test_an_id_that_is_not_known_answers_404(
    http: TestClient, path: str, body: object
) -> None:
    post(http, "/orders", PLACE, "k-1")
    post(http, "/orders/o-1/acceptance", ACCEPT, "k-2")

    status, said = post(http, path, body, "k-3")

    assert (status, said["status"]) == (404, 404)


def test_accepting_a_rejected_order_answers_409(http: TestClient) -> None:
    post(http, "/orders", PLACE, "k-1")
    post(http, "/orders/o-1/rejection", {"reason": "out_of_stock"}, "k-2")

    status, body = post(http, "/orders/o-1/acceptance", ACCEPT, "k-3")

    assert (status, body["type"]) == (409, "order-rejected")


def bulk(key: str, command: str, **fields: object) -> dict[str, object]:
    return {"key": key, "command": command, **fields, "at": "2026-03-06T18:00:00Z"}


def test_commands_in_bulk_are_judged_each_alone(http: TestClient, app: FastAPI) -> None:
    commands = [
        bulk("k-1", "place-order", **PLACE),
        bulk("k-2", "accept-order", order_id="o-1", **ACCEPT),
        bulk("k-3", "accept-order", order_id="o-9", **ACCEPT),
        bulk("k-4", "accept-order", order_id="o-1", customer_link="guessed"),
        bulk("k-5", "eat-order", order_id="o-1"),
        {"command": "place-order"},
    ]

    results = http.post("/commands", json={"commands": commands}).json()["results"]

    assert [r["outcome"] for r in results] == ["recorded"] * 2 + ["refused"] * 4
    whys = [r["problem"]["type"] for r in results[2:]]
    assert whys == ["order-unknown", *["invalid-request"] * 3]
    assert "customer_link" in results[3]["problem"]["detail"]
    assert "accept-order" in results[4]["problem"]["detail"]
    assert len(app.state.streams.facts["order-o-1"]) == 2


def test_a_command_too_large_for_a_topic_is_refused_by_itself(
    http: TestClient, app: FastAPI
) -> None:
    lines = [{**PLACE["lines"][0], "title": "x" * MAX_EVENT_BYTES}]
    large = PLACE | {"order_id": "o-2", "lines": lines}
    commands = [
        bulk("k-1", "place-order", **large, at="2026-03-09T10:00:00Z"),
        bulk("k-2", "place-order", **PLACE, at="2026-03-09T10:00:00Z"),
    ]

    status, alone = post(http, "/orders", large)
    results = http.post("/commands", json={"commands": commands}).json()["results"]

    assert (status, alone["type"]) == (413, "fact-too-large")
    assert [result["outcome"] for result in results] == ["refused", "recorded"]
    assert results[0]["problem"]["type"] == "fact-too-large"
    assert results[0]["problem"]["detail"].startswith("lines: ")
    assert set(app.state.streams.facts) >= {"order-o-1"}


def test_the_same_bulk_again_changes_nothing(http: TestClient) -> None:
    commands = [
        bulk("k-1", "place-order", **PLACE),
        bulk("k-2", "accept-order", order_id="o-1", **ACCEPT),
        bulk("k-3", "reject-order", order_id="o-1", reason="out_of_stock"),
        bulk("k-4", "cancel-order", order_id="o-1", by="buyer", reason="buyer_request"),
    ]

    first, again = (
        http.post("/commands", json={"commands": commands}).json()["results"]
        for _ in range(2)
    )

    done = ["recorded", "recorded", "refused", "recorded"]
    assert [r["outcome"] for r in first] == done
    assert [r["outcome"] for r in again] == [
        "unchanged" if one == "recorded" else one for one in done
    ]
    assert first[2] == again[2]


@pytest.fixture
def stored(fresh_database: str) -> Iterator[TestClient]:
    with asking(build(BLUEPRINT, settings(fresh_database))) as http:
        yield http


def test_what_was_recorded_can_be_read_at_once(stored: TestClient) -> None:
    post(stored, "/orders", PLACE, "k-1")
    post(stored, "/orders/o-1/acceptance", ACCEPT, "k-2")

    order = stored.get("/orders/o-1").json()

    assert (order["state"], order["total_cents"], order["version"]) == (
        "accepted",
        4_200,
        2,
    )


def test_an_order_that_was_never_placed_answers_404(stored: TestClient) -> None:
    answer = stored.get("/orders/o-9")

    assert (answer.status_code, answer.json()["type"]) == (404, "order-unknown")


def test_a_sellers_orders_come_in_pages(stored: TestClient) -> None:
    commands = [
        {**bulk(f"k-{n}", "place-order", **PLACE), "order_id": f"o-{n}"} for n in range(5)
    ]
    stored.post("/commands", json={"commands": commands})

    ids, after = [], None
    while True:
        asked: dict[str, str | int] = {"seller_id": "s-1", "limit": 2}
        asked |= {"after": after} if after else {}
        page = stored.get("/orders", params=asked).json()
        ids += [order["order_id"] for order in page["orders"]]
        if (after := page["next"]) is None:
            break

    assert ids == [f"o-{n}" for n in range(5)]


@pytest.mark.parametrize(
    "after",
    [
        "foo|bar",
        "foo",
        "",
        "2026-03-06T18:00:00Z|o-1",
        written(("", "o-1")),
        written(("2026-03-06T18:00:00Z", "")),
        written(("2026-03-06T18:00:00", "o-1")),
        written(("1772820000", "o-1")),
        written((1_772_820_000, "o-1")),
        written(("9999-12-31T23:59:59-01:00", "o-1")),
        written(("2026-03-06T18:00:00Z", "o\x001")),
    ],
)
def test_a_page_after_no_place_is_refused_by_name_and_told_what_to_give(
    stored: TestClient, after: str
) -> None:
    answer = stored.get("/orders", params={"seller_id": "s-1", "after": after})

    assert (answer.status_code, answer.json()["type"]) == (422, "invalid-request")
    assert answer.json()["errors"][0]["field"] == "after"
    assert "give the `next` of the page before" in answer.json()["detail"]


def test_an_order_id_with_a_bar_is_a_place_to_go_on_from(stored: TestClient) -> None:
    commands = [
        {**bulk(f"k-{n}", "place-order", **PLACE), "order_id": f"o|{n}"} for n in range(2)
    ]
    stored.post("/commands", json={"commands": commands})

    first = stored.get("/orders", params={"seller_id": "s-1", "limit": 1}).json()
    rest = stored.get("/orders", params={"seller_id": "s-1", "after": first["next"]}).json()

    assert [order["order_id"] for order in rest["orders"]] == ["o|1"]


@pytest.mark.parametrize("path", ["/orders/o%00", "/orders?seller_id=s%00"])
def test_reading_what_no_id_can_be_is_refused(stored: TestClient, path: str) -> None:
    assert stored.get(path).status_code == 422
