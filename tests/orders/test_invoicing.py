"""Once an order's invoice is confirmed what it comes to stands; its parcels go on."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from contracts.orders import OrderEvent
from kit.domain import Refused
from kit.serving import build
from services.orders.app import BLUEPRINT
from services.orders.commands import ConfirmInvoice, OrderCommand
from services.orders.model import ORDER, refusals
from tests.orders.test_api import ACCEPT, post
from tests.orders.test_editing import CHANGE, PART, PART_ACCEPTED, REMOVE, SPLIT_OFF
from tests.orders.test_editing_api import TWO_LINES
from tests.orders.test_model import CANCEL, REJECT
from tests.orders.test_shipping import CORRECT, DELIVER, SHIP_PART, SHIP_THE_REST, TRACK
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    CORRECTED,
    DELIVERED,
    EXPIRED,
    INVOICED,
    LINE_REMOVED,
    MONDAY,
    NEXT_FRIDAY,
    PLACED,
    QUANTITY_CHANGED,
    REJECTED,
    SHIPPED_IN_PART,
    SHIPPED_THE_REST,
    SPLIT,
    TRACKED,
)
from tests.spec import Given
from tests.tokens import asking, settings

CONFIRM = ConfirmInvoice(order_id="o-1", invoice_id="i-1", at=NEXT_FRIDAY)
SHIPPED = (PLACED, ACCEPTED, SHIPPED_IN_PART)


def given(*facts: OrderEvent) -> Given:
    return Given(ORDER, facts)


def test_an_accepted_order_of_which_something_has_left_is_invoiced() -> None:
    given(*SHIPPED).when(CONFIRM).then(INVOICED)
    given(*SHIPPED, SHIPPED_THE_REST).when(CONFIRM).then(INVOICED)


def test_the_same_invoice_again_changes_nothing_and_another_is_refused() -> None:
    invoiced = given(*SHIPPED, INVOICED)

    invoiced.when(CONFIRM).then_nothing()
    invoiced.when(replace(CONFIRM, invoice_id="i-2")).then_refused(
        refusals.OrderIsInvoiced, "'i-1'"
    )


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ((), refusals.OrderUnknown),
        ((PLACED,), refusals.OrderIsOpen),
        ((PLACED, ACCEPTED), refusals.NothingShipped),
        ((PLACED, REJECTED), refusals.OrderIsRejected),
        ((PLACED, EXPIRED), refusals.OrderIsExpired),
        ((*SHIPPED, CANCELLED), refusals.OrderIsCancelled),
    ],
)
def test_no_other_order_is(facts: tuple[OrderEvent, ...], why: type[Refused]) -> None:
    given(*facts).when(CONFIRM).then_refused(why, "o-1")


@pytest.mark.parametrize(
    "command",
    [CHANGE, REMOVE, SPLIT_OFF, CANCEL, replace(CANCEL, by="seller")],
    ids=["quantity", "removal", "split", "cancelled by the buyer", "by the seller"],
)
def test_what_is_invoiced_does_not_change(command: OrderCommand) -> None:
    given(*SHIPPED, INVOICED).when(command).then_refused(refusals.OrderIsInvoiced, "'i-1'")


def test_what_is_invoiced_is_not_rejected_either() -> None:
    invoiced = given(*SHIPPED, INVOICED)

    invoiced.when(REJECT).then_refused(refusals.OrderIsAccepted, "have it refunded")


def test_its_parcels_go_on() -> None:
    invoiced = given(*SHIPPED, INVOICED)

    invoiced.when(SHIP_THE_REST).then(SHIPPED_THE_REST)
    invoiced.when(TRACK).then(TRACKED)
    invoiced.when(CORRECT).then(CORRECTED)
    invoiced.when(DELIVER).then(DELIVERED)


def test_a_part_of_an_order_is_invoiced_for_itself() -> None:
    shipped = SHIPPED_THE_REST.model_copy(update={"order_id": "o-2"})
    confirm = replace(CONFIRM, order_id="o-2", invoice_id="i-2")

    (fact,) = given(PART, PART_ACCEPTED, shipped).when(confirm).decided()

    assert fact == INVOICED.model_copy(update={"order_id": "o-2", "invoice_id": "i-2"})


@pytest.mark.parametrize("since", [TRACKED, CORRECTED, DELIVERED])
def test_who_invoices_need_not_have_seen_where_parcels_are(since: OrderEvent) -> None:
    assert not ORDER.overlaps(CONFIRM, [since])


@pytest.mark.parametrize(
    "since", [QUANTITY_CHANGED, LINE_REMOVED, SPLIT, SHIPPED_THE_REST, CANCELLED, INVOICED]
)
def test_who_invoices_must_have_seen_all_else(since: OrderEvent) -> None:
    assert ORDER.overlaps(CONFIRM, [since])


@pytest.mark.parametrize("command", [SHIP_PART, TRACK, CORRECT, DELIVER])
def test_an_invoice_does_not_matter_to_parcels(command: OrderCommand) -> None:
    assert not ORDER.overlaps(command, [INVOICED])


@pytest.mark.parametrize("command", [CHANGE, REMOVE, SPLIT_OFF, CANCEL])
def test_it_matters_to_all_that_would_change_it(command: OrderCommand) -> None:
    assert ORDER.overlaps(command, [INVOICED])


PARCEL = {
    "shipment_id": "h-1",
    "lines": [{"line_id": "l-1", "quantity": 1}],
    "carrier": "UPS",
    "shipped_by": "seller",
    "shipped_at": "2026-03-09T18:30:00Z",
}
PATH = "/orders/o-1/invoice-confirmation"
INVOICE = {"invoice_id": "i-1"}
CUT = {"quantity": 1, "reason": "other"}


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    """Billing, of an accepted order of which a parcel has left."""
    app = build(BLUEPRINT, settings(fresh_database))
    with asking(app, "service", "billing", MONDAY) as client:
        post(client, "/orders", TWO_LINES, "k-placed")
        post(client, "/orders/o-1/acceptance", ACCEPT, "k-accepted")
        post(client, "/orders/o-1/shipments", PARCEL, "k-shipped")
        yield client


def confirm(http: TestClient, seen: int, key: str = "k") -> tuple[int, Any]:
    headers = {"Idempotency-Key": key, "If-Match": f'"{seen}"'}
    answer = http.post(PATH, json=INVOICE, headers=headers)
    return answer.status_code, answer.json()


def test_all_orders_shows_the_invoice_and_finds_orders_by_it(http: TestClient) -> None:
    post(http, "/orders", TWO_LINES | {"order_id": "o-2"}, "k-other")
    before = http.get("/orders/o-1").json()
    assert confirm(http, 3) == (200, {"version": 4})

    after = http.get("/orders/o-1").json()
    asked = {"seller_id": "s-1", "invoice_state": "confirmed"}
    found = http.get("/orders", params=asked).json()["orders"]

    assert (before["invoice_state"], before["invoice_id"]) == ("ready", None)
    assert (after["invoice_state"], after["invoice_id"]) == ("confirmed", "i-1")
    assert [(row["order_id"], row["invoice_id"]) for row in found] == [("o-1", "i-1")]


def test_the_timeline_says_who_confirmed_it(http: TestClient) -> None:
    confirm(http, 3)

    entry = http.get("/orders/o-1/timeline").json()[-1]

    assert (entry["what"], entry["who"]) == ("Invoice i-1 confirmed", "service:billing")
    assert (entry["from"], entry["to"]) == ("ready", "confirmed")


def test_it_is_confirmed_on_what_was_previewed(http: TestClient) -> None:
    headers = {"Idempotency-Key": "k-cut", "If-Match": '"3"'}
    http.post("/orders/o-1/lines/l-2/quantity", json=CUT, headers=headers)

    status, said = confirm(http, 3)

    assert (status, said["type"], said["version"]) == (412, "changed", 4)
    assert said["changed"][0]["fields"]["line_id"] == "l-2"
    assert confirm(http, 4) == (200, {"version": 5})


def test_who_edits_what_was_invoiced_meanwhile_is_told_of_the_invoice(
    http: TestClient,
) -> None:
    confirm(http, 3)
    path = "/orders/o-1/lines/l-2/quantity"

    def edit(seen: int) -> Any:  # noqa: ANN401 - an answer
        headers = {"Idempotency-Key": "k-cut", "If-Match": f'"{seen}"'}
        return http.post(path, json=CUT, headers=headers).json()

    assert edit(3)["changed"][0]["fields"]["invoice_id"] == "i-1"
    assert (edit(4)["type"], "'i-1'" in edit(4)["detail"]) == ("order-invoiced", True)


def test_confirmed_twice_it_is_confirmed_once(http: TestClient) -> None:
    confirm(http, 3)

    assert confirm(http, 4, "another key") == (200, {"version": 4})
    assert confirm(http, 3) == (200, {"version": 4})
