"""Whose an order is: to others it was never placed, word by word."""

from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from kit.asker import Asker
from kit.domain import Refused
from services.orders.commands import (
    AcceptOrder,
    AddTracking,
    CancelOrder,
    ExpireOrder,
    LineToShip,
    MarkDelivered,
    OrderCommand,
    RejectOrder,
    SaveShipment,
)
from services.orders.model import ORDER, decider_for
from services.orders.model.refusals import OrderExists, OrderUnknown
from services.orders.model.states import Missing
from tests.kit.test_streams import PLACE as PLACING
from tests.orders.test_api import ACCEPT, PLACE, in_memory, post
from tests.samples import ACCEPTED, FRIDAY, PLACED, SHIPPED_IN_PART
from tests.tokens import asking

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


def test_an_id_that_others_have_is_taken() -> None:
    placing = replace(PLACING, buyer_id="b-2")

    with pytest.raises(OrderExists):
        decider_for(Asker("buyer", "b-2")).decide(placing, STATES["open"])


@pytest.fixture
def app(db: Connection) -> FastAPI:
    app = in_memory(db)
    post(asking(app), "/orders", PLACE, "k-placed")
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
        "shipped_at": "2026-03-09T10:00:00Z",
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
