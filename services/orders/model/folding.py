"""How facts move an order. Nothing here refuses: what is folded has happened."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TypeAlias, TypedDict, TypeVar, assert_never

from contracts.orders import (
    EditReason,
    LinePart,
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderInvoiced,
    OrderLine,
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
from services.orders.model.states import (
    Accepted,
    Cancelled,
    Expired,
    Missing,
    Open,
    Order,
    Placed,
    Rejected,
    Shipment,
)

Decision: TypeAlias = OrderAccepted | OrderRejected | OrderExpired | OrderCancelled
Edited: TypeAlias = OrderSplit | OrderLineQuantityChanged | OrderLineRemoved
Shipping: TypeAlias = ShipmentSaved | TrackingAdded | ShipmentCorrected | ShipmentDelivered
Known = TypeVar("Known", bound=Placed)

_NOT_CONTENT = {"placed_at", "clock_started_at", "saved_at", "completes_order", "ordered"}


def content_of(fact: OrderPlaced | ShipmentSaved) -> str:
    """Return a digest of what was said, whenever it was said: the same for a repeat."""
    return sha256(fact.model_dump_json(exclude=_NOT_CONTENT).encode()).hexdigest()


def evolve(order: Order, event: OrderEvent) -> Order:
    """Return the order after `event`. Never refuses: the fact already happened."""
    if isinstance(event, OrderPlaced):
        return _placed(event)
    if isinstance(order, Missing):
        return order
    match event:
        case OrderAccepted() | OrderRejected() | OrderExpired() | OrderCancelled():
            return _decided(order, event)
        case OrderSplit() | OrderLineQuantityChanged() | OrderLineRemoved():
            return _edited(order, event)
        case ShipmentSaved() | TrackingAdded() | ShipmentCorrected() | ShipmentDelivered():
            return _shipped(order, event)
        case OrderInvoiced(invoice_id=invoice_id):
            return replace(order, invoice_id=invoice_id)
        case _:
            assert_never(event)


def _placed(event: OrderPlaced) -> Open:
    units = {line.line_id: line.quantity for line in event.lines}
    ordered = units
    if event.ordered is not None:
        ordered = dict.fromkeys(units, 0) | {p.line_id: p.quantity for p in event.ordered}
    return Open(
        placed=event,
        lines={line.line_id: line for line in event.lines},
        to_ship=units,
        ordered=ordered,
    )


def _decided(order: Placed, event: Decision) -> Order:
    kept = _kept(order)
    match event:
        case OrderAccepted():
            return Accepted(
                **kept,
                customer_id=event.customer_id,
                customer_link=event.customer_link,
                accepted_at=event.accepted_at,
            )
        case OrderRejected(reason=reason, note=note):
            return Rejected(**kept, reason=reason, note=note)
        case OrderExpired():
            return Expired(**kept)
        case OrderCancelled(by=by, reason=reason):
            return Cancelled(**kept, by=by, reason=reason)
        case _:
            assert_never(event)


class _Kept(TypedDict):
    """What an order keeps, whatever is decided of it."""

    placed: OrderPlaced
    lines: Mapping[str, OrderLine]
    to_ship: Mapping[str, int]
    ordered: Mapping[str, int]
    shipments: Mapping[str, Shipment]
    last_left_at: datetime | None
    removed: Mapping[str, EditReason]
    splits: Mapping[str, Mapping[str, int]]
    invoice_id: str | None


def _kept(order: Placed) -> _Kept:
    return _Kept(
        placed=order.placed,
        lines=order.lines,
        to_ship=order.to_ship,
        ordered=order.ordered,
        shipments=order.shipments,
        last_left_at=order.last_left_at,
        removed=order.removed,
        splits=order.splits,
        invoice_id=order.invoice_id,
    )


def _edited(order: Known, event: Edited) -> Known:
    match event:
        case OrderSplit():
            moved = moved_by(event, order.lines)
            for line_id, units in moved.items():
                quantity = order.lines[line_id].quantity - units
                order = _with_units(order, line_id, quantity)
            return replace(order, splits={**order.splits, event.new_order_id: moved})
        case OrderLineRemoved(line_id=line_id, reason=reason):
            order = _with_units(order, line_id, 0)
            return replace(order, removed={**order.removed, line_id: reason})
        case OrderLineQuantityChanged(line_id=line_id, quantity=quantity):
            return _with_units(order, line_id, quantity)
        case _:
            assert_never(event)


def ordered_parts(
    units: Mapping[str, int], ordered: Mapping[str, int]
) -> tuple[LinePart, ...] | None:
    """Return how many units of each line are `ordered`; None if all are."""
    if all(ordered[name] == count for name, count in units.items()):
        return None
    parts = ((name, ordered[name]) for name in units)
    return tuple(LinePart(line_id=name, quantity=count) for name, count in parts if count)


def moved_by(event: OrderSplit, lines: Mapping[str, OrderLine]) -> dict[str, int]:
    """Return the units that a split takes away, by the id of their line in `lines`."""
    whole = {name: lines[name].quantity for name in event.line_ids if name in lines}
    parts = {p.line_id: p.quantity for p in event.parts if p.line_id in lines}
    return {**whole, **parts}


def _with_units(order: Known, line_id: str, quantity: int) -> Known:
    """Return `order` with `quantity` units of a line; none at all removes it.

    Of units that go, those that were added later go first.
    """
    line = order.lines.get(line_id)
    if line is None:
        return order
    lines, to_ship = dict(order.lines), dict(order.to_ship)
    ordered = {**order.ordered, line_id: min(order.ordered.get(line_id, 0), quantity)}
    if quantity < 1:
        del lines[line_id]
        to_ship.pop(line_id, None)
        ordered.pop(line_id)
    else:
        lines[line_id] = line.model_copy(update={"quantity": quantity})
        to_ship[line_id] = max(to_ship.get(line_id, 0) + quantity - line.quantity, 0)
    return replace(order, lines=lines, to_ship=to_ship, ordered=ordered)


def _shipped(order: Known, event: Shipping) -> Known:
    known = order.shipments.get(event.shipment_id, Shipment(content="", carrier=""))
    match event:
        case ShipmentSaved():
            order = _with_left(order, event)
            known = Shipment(
                content=content_of(event),
                carrier=event.carrier,
                tracking_number=event.tracking_number,
            )
        case TrackingAdded():
            known = replace(known, tracking_number=event.tracking_number)
        case ShipmentCorrected():
            known = replace(
                known, carrier=event.carrier, tracking_number=event.tracking_number
            )
        case ShipmentDelivered():
            known = replace(known, delivered=True)
        case _:
            assert_never(event)
    return replace(order, shipments={**order.shipments, event.shipment_id: known})


def _with_left(order: Known, event: ShipmentSaved) -> Known:
    to_ship = dict(order.to_ship)
    for line in event.lines:
        to_ship[line.line_id] = max(to_ship.get(line.line_id, 0) - line.quantity, 0)
    last = max(order.last_left_at or event.shipped_at, event.shipped_at)
    return replace(order, to_ship=to_ship, last_left_at=last)
