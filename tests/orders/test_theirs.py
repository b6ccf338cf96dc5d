"""Whose an order is: to others it was never placed, word by word."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from kit.asker import Asker, Role
from kit.domain import Refused
from kit.serving import build
from services.orders.app import BLUEPRINT
from services.orders.commands import (
    AcceptOrder,
    AddTracking,
    BuyerStanding,
    CancelOrder,
    ChangeQuantity,
    ConfirmInvoice,
    CorrectShipment,
    ExpireOrder,
    LineToShip,
    LineToSplit,
    MarkDelivered,
    OfBuyer,
    OrderCommand,
    RejectOrder,
    RemoveLine,
    SaveShipment,
    SplitOrder,
)
from services.orders.model import ORDER, decider_for
from services.orders.model.refusals import OrderExists, OrderUnknown
from services.orders.model.states import Missing
from tests.kit.test_streams import PLACE as PLACING
from tests.orders.test_api import ACCEPT, PLACE, in_memory, post
from tests.samples import ACCEPTED, FRIDAY, MONDAY, PLACED, SHIPPED_IN_PART
from tests.tokens import asking, settings

COMMANDS: tuple[OrderCommand, ...] = (
    AcceptOrder(order_id="o-1", customer_id="c-1", customer_link="created", at=FRIDAY),
    RejectOrder(order_id="o-1", reason="out_of_stock", at=FRIDAY),
    ExpireOrder(order_id="o-1", at=FRIDAY),
    CancelOrder(order_id="o-1", by="buyer", reason="buyer_request", at=FRIDAY),
    SaveShipment(
        order_id="o-1",
        shipment_id="h-9",
        lines=(LineToShip(line_id="l-1", quantity=1),),
        carrier="UPS",
        shipped_by="seller",
        shipped_at=FRIDAY,
        at=FRIDAY,
    ),
    AddTracking(order_id="o-1", shipment_id="h-1", tracking_number="1Z", at=FRIDAY),
    MarkDelivered(order_id="o-1", shipment_id="h-1", at=FRIDAY),
    CorrectShipment(order_id="o-1", shipment_id="h-1", carrier="USPS", at=FRIDAY),
    ConfirmInvoice(order_id="o-1", invoice_id="i-1", at=FRIDAY),
    SplitOrder(
        order_id="o-1",
        new_order_id="o-2",
        lines=(LineToSplit(line_id="l-1", quantity=1),),
        at=FRIDAY,
    ),
    ChangeQuantity(
        order_id="o-1", line_id="l-1", quantity=1, reason="out_of_stock", at=FRIDAY
    ),
    RemoveLine(order_id="o-1", line_id="l-1", reason="out_of_stock", at=FRIDAY),
    OfBuyer(
        command=AcceptOrder(order_id="o-1", at=FRIDAY),
        buyer=BuyerStanding(approval_required=True, access="declined"),
    ),
)
STATES = {
    "open": ORDER.fold([PLACED]),
    "accepted": ORDER.fold([PLACED, ACCEPTED]),
    "shipped": ORDER.fold([PLACED, ACCEPTED, SHIPPED_IN_PART]),
}


def answer(asker: Asker, command: OrderCommand, order: Any) -> object:  # noqa: ANN401 - a state
    try:
        return decider_for(asker).decide(command, order)
    except Refused as why:
        return type(why), str(why)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("asker", [Asker("seller", "s-2"), Asker("buyer", "b-2")], ids=str)
def test_an_order_of_others_is_one_that_was_never_placed(
    asker: Asker, command: OrderCommand, state: str
) -> None:
    found = answer(asker, command, STATES[state])

    assert found == answer(asker, command, Missing())
    assert found == (OrderUnknown, str(OrderUnknown("o-1")))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize(
    "asker",
    [
        Asker("seller", "s-1"),
        Asker("buyer", "b-1"),
        Asker("operator", "s-2"),
        Asker("service", "s-2"),
    ],
    ids=str,
)
def test_an_order_of_their_own_is_decided_by_the_rules_alone(
    asker: Asker, command: OrderCommand, state: str
) -> None:
    anybody = Asker("operator", "op-1")

    assert answer(asker, command, STATES[state]) == answer(anybody, command, STATES[state])


@pytest.mark.parametrize("is_heard_of", [False, True])
def test_an_id_that_others_have_is_taken(*, is_heard_of: bool) -> None:
    placing = replace(PLACING, buyer_id="b-2")
    asked = OfBuyer(command=placing, buyer=BuyerStanding()) if is_heard_of else placing

    with pytest.raises(OrderExists):
        decider_for(Asker("buyer", "b-2")).decide(asked, STATES["open"])


@pytest.fixture
def app(db: Connection) -> FastAPI:
    app = in_memory(db)
    post(asking(app, at=MONDAY), "/orders", PLACE, "k-placed")
    return app


@pytest.fixture
def seller(app: FastAPI) -> TestClient:
    return asking(app, "seller", "s-1")


def without(name: str) -> dict[str, Any]:
    return {field: value for field, value in PLACE.items() if field != name}


def test_a_buyer_places_orders_as_the_buyer_of_the_token(app: FastAPI) -> None:
    buyer = asking(app, "buyer", "b-7")
    said = without("buyer_id") | {"order_id": "o-7"}

    status, _ = post(buyer, "/orders", said)

    [placed] = app.state.streams.facts["order-o-7"]
    assert (status, placed.buyer_id, placed.seller_id) == (200, "b-7", "s-1")


def test_a_buyer_who_names_another_is_told_there_is_no_such_buyer(app: FastAPI) -> None:
    buyer = asking(app, "buyer", "b-7")

    status, said = post(buyer, "/orders", PLACE | {"order_id": "o-7"})

    assert (status, said["type"]) == (404, "buyer-unknown")
    assert "order-o-7" not in app.state.streams.facts


@pytest.mark.parametrize("field", ["seller_id", "buyer_id"])
def test_whoever_is_neither_must_name_both(app: FastAPI, field: str) -> None:
    status, said = post(asking(app), "/orders", without(field) | {"order_id": "o-7"})

    assert (status, said["errors"][0]["field"]) == (422, field)


def test_a_seller_cancels_as_the_seller(seller: TestClient, app: FastAPI) -> None:
    post(seller, "/orders/o-1/acceptance", ACCEPT, "k-1")

    status, said = post(
        seller, "/orders/o-1/cancellation", {"reason": "out_of_stock"}, "k-2"
    )

    assert (status, said) == (200, {"version": 3})
    assert app.state.streams.facts["order-o-1"][-1].by == "seller"


@pytest.mark.parametrize("by", ["buyer", "marketplace"])
def test_a_seller_cannot_cancel_in_the_name_of_others(
    seller: TestClient, app: FastAPI, by: str
) -> None:
    post(seller, "/orders/o-1/acceptance", ACCEPT, "k-1")

    body = {"by": by, "reason": "buyer_request"}
    status, said = post(seller, "/orders/o-1/cancellation", body, "k-2")

    assert (status, said["type"]) == (403, "not-theirs-to-say")
    assert len(app.state.streams.facts["order-o-1"]) == 2


def test_a_seller_cannot_say_that_the_marketplace_ships(
    seller: TestClient, app: FastAPI
) -> None:
    post(seller, "/orders/o-1/acceptance", ACCEPT, "k-1")
    shipment = {
        "shipment_id": "h-1",
        "lines": [{"line_id": "l-1", "quantity": 1}],
        "carrier": "UPS",
        "shipped_at": "2026-03-09T18:30:00Z",
    }

    path = "/orders/o-1/shipments"
    refused = post(seller, path, shipment | {"shipped_by": "marketplace"}, "k-2")
    saved = post(seller, path, shipment, "k-3")

    assert (refused[0], refused[1]["type"]) == (403, "not-theirs-to-say")
    assert saved[0] == 200
    assert app.state.streams.facts["order-o-1"][-1].shipped_by == "seller"


def test_a_key_of_one_seller_neither_answers_nor_hinders_another(app: FastAPI) -> None:
    path = "/orders/o-1/acceptance"
    first = post(asking(app, "seller", "s-1"), path, ACCEPT, "k-1")
    other = post(asking(app, "seller", "s-2"), path, ACCEPT, "k-1")
    again = post(asking(app, "seller", "s-1"), path, ACCEPT, "k-1")

    assert first == again == (200, {"version": 2})
    assert (other[0], other[1]["type"]) == (404, "order-unknown")


def test_operators_and_services_share_their_keys(app: FastAPI) -> None:
    said = PLACE | {"order_id": "o-7"}
    clients = (
        asking(app, "operator", "op-1"),
        asking(app, "operator", "op-2"),
        asking(app, "service", "gateway"),
    )

    answers = [post(http, "/orders", said, "k-1") for http in clients]

    assert answers == [(200, {"version": 1})] * 3


SPLIT = {"new_order_id": "o-2", "lines": [{"line_id": "l-1", "quantity": 1}]}
CUT = {"quantity": 1, "reason": "out_of_stock"}


@pytest.mark.parametrize("seen", ['"0"', '"1"', '"99"'])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("splits", SPLIT),
        ("splits?dry_run=true", SPLIT),
        ("lines/l-1/quantity", CUT),
        ("lines/l-1/quantity?dry_run=true", CUT),
        ("acceptance", ACCEPT),
    ],
)
def test_nothing_of_anothers_order_is_told_to_who_says_they_saw_it(
    app: FastAPI, path: str, body: object, seen: str
) -> None:
    post(asking(app, "seller", "s-1"), "/orders/o-1/acceptance", ACCEPT, "k-1")
    headers = {"Idempotency-Key": "k-2", "If-Match": seen}
    other = asking(app, "seller", "s-2")

    answer = other.post(f"/orders/o-1/{path}", json=body, headers=headers)

    assert answer.json() == {
        "type": "order-unknown",
        "title": "Not Found",
        "status": 404,
        "detail": str(OrderUnknown("o-1")),
    }
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("seen", ['"0"', '"1"', '"99"'])
def test_who_places_under_an_id_of_others_learns_no_more_than_that_it_is_taken(
    app: FastAPI, seen: str
) -> None:
    headers = {"Idempotency-Key": "k-2", "If-Match": seen}
    said = without("buyer_id")

    answer = asking(app, "buyer", "b-7").post("/orders", json=said, headers=headers)

    assert answer.json() == {
        "type": "order-exists",
        "title": "Conflict",
        "status": 409,
        "detail": str(OrderExists("o-1")),
    }


def test_a_split_to_an_id_of_others_learns_no_more_than_that_it_is_taken(
    app: FastAPI,
) -> None:
    theirs = PLACE | {"order_id": "o-2", "seller_id": "s-2", "buyer_id": "b-2"}
    post(asking(app), "/orders", theirs, "k-theirs")
    headers = {"Idempotency-Key": "k-2", "If-Match": '"1"'}
    seller = asking(app, "seller", "s-1")

    answer = seller.post("/orders/o-1/splits", json=SPLIT, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (409, "order-exists")
    assert answer.json().keys() == {"type", "title", "status", "detail"}


def test_of_many_those_of_others_are_unknown_each(app: FastAPI) -> None:
    items = [{"order_id": order, **ACCEPT, "seen": 1} for order in ("o-1", "o-9")]
    other = asking(app, "seller", "s-2")

    _, said = post(other, "/acceptances", {"items": items}, "k-2")

    found = [(one["version"], one["problem"]["type"]) for one in said["results"]]
    assert found == [(0, "order-unknown")] * 2
    assert len(app.state.streams.facts["order-o-1"]) == 1


@pytest.fixture
def stored(fresh_database: str) -> Iterator[FastAPI]:
    """The service on a database, with an order that s-1 split, and one of s-2's."""
    app = build(BLUEPRINT, settings(fresh_database))
    with asking(app) as operator:
        theirs = PLACE | {"order_id": "o-9", "seller_id": "s-2", "buyer_id": "b-9"}
        post(operator, "/orders", PLACE, "k-1")
        post(operator, "/orders", theirs, "k-2")
        headers = {"Idempotency-Key": "k-3", "If-Match": '"1"'}
        asking(app, "seller", "s-1").post("/orders/o-1/splits", json=SPLIT, headers=headers)
        yield app


def test_what_follows_in_another_stream_was_asked_by_the_same(stored: FastAPI) -> None:
    seller = asking(stored, "seller", "s-1")

    who = [seller.get(f"/orders/{o}/timeline").json()[-1]["who"] for o in ("o-1", "o-2")]

    assert who == ["seller:s-1"] * 2


@pytest.mark.parametrize("what", ["", "/family", "/timeline"])
def test_an_order_is_shown_to_its_two_and_to_the_marketplace(
    stored: FastAPI, what: str
) -> None:
    def status(role: Role, who: str) -> int:
        return asking(stored, role, who).get(f"/orders/o-1{what}").status_code

    found = [
        status(*one) for one in (("seller", "s-1"), ("buyer", "b-1"), ("service", "x"))
    ]
    others = [status(*one) for one in (("seller", "s-2"), ("buyer", "b-9"))]

    assert (found, others) == ([200] * 3, [404] * 2)


def test_a_seller_sees_counts_and_writes_orders_to_files_of_their_own_alone(
    stored: FastAPI,
) -> None:
    mine, other = asking(stored, "seller", "s-1"), asking(stored, "seller", "s-2")

    counts = [http.get("/order-counts").json()["all"] for http in (mine, other)]
    begun = [post(http, "/order-exports", {}, "k-9")[1] for http in (mine, other)]
    paths = [f"/order-exports/{one['export_id']}" for one in begun]

    assert counts == [2, 1]
    assert "o-9" not in mine.get(f"{paths[0]}/csv").text
    assert "o-9" in other.get(f"{paths[1]}/csv").text
    for path in (paths[0], f"{paths[0]}/csv"):
        answer = other.get(path)
        assert (answer.status_code, answer.json()["type"]) == (404, "export-unknown")
