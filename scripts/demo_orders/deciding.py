"""What a seller says to an order: yes, for which customer, or no, and why."""

from typing import Final

from scripts.demo_orders import tables
from scripts.demo_orders.day import Day

CUSTOMERS: Final = "/sellers/{}/customers"


def accept_and_create(day: Day) -> None:
    """Nobody knows the buyer: the seller is shown two choices, and creates a customer."""
    order_id = day.names.breakfast
    with day.step(
        "Accept as an ungated seller: create a customer",
        "… you will be prompted to either, create a new customer, or …",
        order_id,
    ):
        rule = day.get(
            day.pottery, f"/sellers/{day.pottery.name}/access-rule", service="buyers"
        )
        day.show(f"approval required: {'yes' if rule['approval_required'] else 'no'}")
        path = f"/orders/{order_id}/acceptance"
        day.post(day.pottery, path, {}, expect=409)
        body = {"customer_id": "c-cafe", "customer_link": "created"}
        day.post(day.pottery, path, body)


def accept_and_associate(day: Day) -> None:
    """Another buyer is a customer whom the seller knows from elsewhere."""
    order_id = day.names.rooms
    with day.step(
        "Accept as an ungated seller: associate the buyer",
        "… or associate the buyer to a customer upon accepting the order.",
        order_id,
    ):
        customers = CUSTOMERS.format(day.pottery.name)
        body = {"customer_id": "c-inns", "name": "Inns of the Lake"}
        day.post(day.pottery, customers, body, service="buyers")
        found = day.get(day.pottery, customers, service="buyers")
        day.show(tables.rows(found["items"], "customer_id", "name", "buyer_ids"))
        day.let_it_travel("orders knows the customer")
        link = {"customer_id": "c-inns", "customer_link": "associated"}
        day.post(day.pottery, f"/orders/{order_id}/acceptance", link)
        day.let_it_travel("buyers knows both customers")
        found = day.get(day.pottery, customers, service="buyers")
        day.show(tables.rows(found["items"], "customer_id", "name", "buyer_ids"))


def accept_many(day: Day) -> None:
    """Of buyers who are customers nothing need be said; each order is judged alone."""
    names = day.names
    with day.step(
        "Accept several orders at once",
        "Once the order is accepted it is marked as approved.",
        names.later,
    ):
        orders = (names.later, names.later_still, names.last_week, names.abroad)
        items = [{"order_id": order_id} for order_id in orders]
        said = day.post(day.pottery, "/acceptances", {"items": items})
        told = [
            {**result, "why": (result["problem"] or {}).get("detail")}
            for result in said["results"]
        ]
        day.show(tables.rows(told, "order_id", "outcome", "version", "why"))


def reject_out_of_stock(day: Day) -> None:
    """There is none left of it."""
    with day.step(
        "Reject: out of stock",
        "Clicking the red reject button will reject the order.",
        day.names.depleted,
    ):
        path = f"/orders/{day.names.depleted}/rejection"
        day.post(day.pottery, path, {"reason": "out_of_stock"})


def reject_out_of_territory(day: Day) -> None:
    """The seller does not ship there; the buyer sees it."""
    order_id = day.names.abroad
    with day.step(
        "Reject: out of territory", "… or the buyer is out of the territory.", order_id
    ):
        body = {"reason": "out_of_territory", "note": "We ship within the US only."}
        day.post(day.pottery, f"/orders/{order_id}/rejection", body)
        day.post(day.pottery, f"/orders/{order_id}/acceptance", {}, expect=409)
        told = day.get(day.museum, f"/orders/{order_id}/timeline")
        day.show(f"the buyer reads: {told[-1]['what']}")


STEPS: Final = (
    accept_and_create,
    accept_and_associate,
    accept_many,
    reject_out_of_stock,
    reject_out_of_territory,
)
