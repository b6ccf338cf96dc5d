"""After acceptance: edits, shipments in parts, cancellations."""

from typing import Final

from scripts.demo_orders import tables
from scripts.demo_orders.clients import Json
from scripts.demo_orders.day import Day, now

UPS: Final = "1Z999AA10123456784"
MISTYPED: Final = "1Z999AA10123456785"
FEDEX: Final = "986578788855"


def edit_after_acceptance(day: Day) -> None:
    """An accepted order changes like an open one; what is split from it is accepted too."""
    names = day.names
    with day.step(
        "Edit and split after acceptance",
        "Can I split an order, edit quantities, delete products after acceptance?",
        names.rooms_upstairs,
    ):
        quantity = f"/orders/{names.rooms}/lines/l-1/quantity"
        fewer = {"quantity": 36, "reason": "buyer_request"}
        seen = day.preview(day.pottery, quantity, fewer)
        seen = day.edit(day.pottery, quantity, fewer, seen)["version"]
        lines = [{"line_id": "l-1", "quantity": 10}]
        part = {"new_order_id": names.rooms_upstairs, "lines": lines}
        day.edit(day.pottery, f"/orders/{names.rooms}/splits", part, seen)
        family = day.get(day.pottery, f"/orders/{names.rooms}/family")
        day.show(tables.family(family))


def ship_a_part(day: Day) -> None:
    """The first parcel leaves, its number follows later, and a mistyped one is noticed."""
    order_id = day.names.breakfast
    with day.step(
        "Ship in parts: the first parcel, tracked later",
        "… clicking the shipping tab, populating the shipping details, clicking Save "
        "Shipment Info …",
        order_id,
    ):
        shipments = f"/orders/{order_id}/shipments"
        day.post(day.pottery, shipments, _parcel("parcel-1", "UPS", {"l-1": 12}))
        tracking = f"{shipments}/parcel-1/tracking"
        mistyped = {"tracking_number": MISTYPED}
        day.post(day.pottery, tracking, mistyped, expect=422)
        day.post(day.pottery, tracking, {"tracking_number": UPS})


def ship_the_rest(day: Day) -> None:
    """The second parcel completes the order; who carries it is put right afterwards."""
    order_id = day.names.breakfast
    with day.step(
        "Ship in parts: the rest",
        "Only approved orders can have an invoice created for them.",
        order_id,
    ):
        shipments = f"/orders/{order_id}/shipments"
        too_many = _parcel("parcel-2", "a friend", {"l-1": 7})
        day.post(day.pottery, shipments, too_many, expect=409)
        rest = _parcel("parcel-2", "a friend", {"l-1": 6, "l-2": 10})
        day.post(day.pottery, shipments, rest)
        carrier = {"carrier": "FedEx", "tracking_number": FEDEX}
        day.post(day.pottery, f"{shipments}/parcel-2/correction", carrier)
        order = day.get(day.pottery, f"/orders/{order_id}")
        columns = ("shipment_id", "lines", "carrier", "tracking_number")
        day.show(tables.rows(order["shipments"], *columns))
        promised = ("promotion", "qualifies", "because")
        day.show(tables.rows(order["promotions"], *promised))
        ready = day.get(day.pottery, "/orders", {"invoice_state": "ready"})
        listed = ", ".join(one["order_id"] for one in ready["orders"])
        day.show(f"ready for an invoice: {listed}")


def cancel(day: Day) -> None:
    """The seller or the buyer calls an accepted order off, but none that has left."""
    names = day.names
    with day.step(
        "Cancel after acceptance",
        "For information on how to cancel an order after accepting it go here.",
        names.last_week,
    ):
        path = "/orders/{}/cancellation"
        at_request = {"reason": "buyer_request"}
        day.post(day.pottery, path.format(names.last_week), at_request)
        day.post(day.hotel, path.format(names.rooms_upstairs), at_request)
        day.post(day.pottery, path.format(names.breakfast), at_request, expect=409)


def _parcel(shipment_id: str, carrier: str, units: Json) -> Json:
    """Return what a seller says of a parcel that leaves now."""
    lines = [{"line_id": line, "quantity": quantity} for line, quantity in units.items()]
    return {
        "shipment_id": shipment_id,
        "lines": lines,
        "carrier": carrier,
        "shipped_at": now().isoformat(timespec="seconds"),
    }


STEPS: Final = (edit_after_acceptance, ship_a_part, ship_the_rest, cancel)
