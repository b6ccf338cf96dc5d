"""What a fact of an order says, for people: what happened, from what, to what."""

from datetime import datetime
from typing import NamedTuple, assert_never

from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderInvoiced,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    OrderSplit,
    ShipmentCorrected,
    ShipmentDelivered,
    ShipmentSaved,
    TrackingAdded,
)
from services.orders.model.folding import Decision, Edited, Shipping
from services.orders.model.states import Missing, Order, Placed


class Told(NamedTuple):
    """What happened, and where it shows, how it was before and after."""

    text: str
    before: str | None
    after: str | None


def who(fact: OrderEvent) -> str | None:
    """Return who did it, as far as the fact itself says."""
    match fact:
        case OrderCancelled(by=by):
            return by
        case OrderPlaced(split_from=None, buyer_id=buyer_id):
            return f"buyer:{buyer_id}"
        case ShipmentSaved(shipped_by=by):
            return by
        case _:
            return None


def what(before: Order, fact: OrderEvent, after: Order) -> Told:
    """Return what `fact` says that made an order of what was before what is after."""
    match fact:
        case OrderPlaced(split_from=parent):
            text = "Placed" if parent is None else f"Split from {parent}"
            return Told(text, None, _worth(after))
        case OrderAccepted(accepted_at=at) if _was_split_later(before, at):
            text = f"{_decision(fact)}, before it was split off"
            return Told(text, None, _state(after))
        case OrderAccepted() | OrderRejected() | OrderExpired() | OrderCancelled():
            return Told(_decision(fact), _state(before), _state(after))
        case OrderSplit() | OrderLineQuantityChanged() | OrderLineRemoved():
            return _edit(before, fact, after)
        case ShipmentSaved() | TrackingAdded() | ShipmentCorrected() | ShipmentDelivered():
            return _shipping(before, fact, after)
        case OrderInvoiced(invoice_id=invoice_id):
            return Told(f"Invoice {invoice_id} confirmed", "ready", "confirmed")
        case _:
            assert_never(fact)


def _was_split_later(order: Order, accepted_at: datetime) -> bool:
    """Return whether it is a part of an order that was accepted by then."""
    if not isinstance(order, Placed):
        return False
    return order.placed.split_from is not None and accepted_at < order.placed.placed_at


def _decision(fact: Decision) -> str:
    match fact:
        case OrderAccepted():
            return f"Accepted for customer {fact.customer_id} ({fact.customer_link})"
        case OrderRejected():
            note = f": {fact.note}" if fact.note else ""
            return f"Rejected ({fact.reason}){note}"
        case OrderExpired():
            return "Expired: nobody decided it in time"
        case OrderCancelled():
            return f"Cancelled by the {fact.by} ({fact.reason})"
        case _:
            assert_never(fact)


def _edit(before: Order, fact: Edited, after: Order) -> Told:
    match fact:
        case OrderLineQuantityChanged():
            text = f"Quantity of line {fact.line_id} changed ({fact.reason})"
            return Told(text, f"{fact.old_quantity} units", f"{fact.quantity} units")
        case OrderLineRemoved():
            text = f"Line {fact.line_id} removed ({fact.reason})"
            return Told(text, f"{fact.quantity} units", "0 units")
        case OrderSplit():
            whole = [f"line {line_id}" for line_id in fact.line_ids]
            parts = [f"{one.quantity} units of line {one.line_id}" for one in fact.parts]
            text = f"Split to {fact.new_order_id}: {', '.join(whole + parts)}"
            return Told(text, _worth(before), _worth(after))
        case _:
            assert_never(fact)


def _shipping(before: Order, fact: Shipping, after: Order) -> Told:
    match fact:
        case ShipmentSaved():
            units = sum(line.quantity for line in fact.lines)
            text = f"Shipment {fact.shipment_id} of {units} units with {fact.carrier}"
            if fact.tracking_number:
                text += f", {fact.tracking_number}"
            return Told(text, _to_ship(before), _to_ship(after))
        case TrackingAdded():
            text = f"Tracking number of shipment {fact.shipment_id} added"
        case ShipmentCorrected():
            text = f"Shipment {fact.shipment_id} corrected"
        case ShipmentDelivered():
            text = f"Shipment {fact.shipment_id} delivered"
            return Told(text, "on its way", "delivered")
        case _:
            assert_never(fact)
    return Told(text, _carried(before, fact), _carried(after, fact))


def _state(order: Order) -> str:
    return type(order).__name__.lower()


def _worth(order: Order) -> str | None:
    if isinstance(order, Missing):
        return None
    units = sum(line.quantity for line in order.lines.values())
    cents = order.subtotal_cents + order.placed.shipping_cents
    return f"{units} units, {cents // 100}.{cents % 100:02} {order.placed.currency}"


def _to_ship(order: Order) -> str | None:
    if not isinstance(order, Placed):
        return None
    return f"{sum(order.to_ship.values())} units to ship"


def _carried(order: Order, fact: TrackingAdded | ShipmentCorrected) -> str | None:
    known = order.shipments.get(fact.shipment_id) if isinstance(order, Placed) else None
    return f"{known.carrier} {known.tracking_number or '-'}" if known else None
