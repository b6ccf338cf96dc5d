"""What leaves of an order: shipments, their tracking, their arrival."""

from collections.abc import Mapping, Sequence

from contracts.orders import (
    LinePart,
    OrderEvent,
    ShipmentCorrected,
    ShipmentDelivered,
    ShipmentSaved,
    ShippedLine,
    TrackingAdded,
)
from services.orders.commands import (
    AddTracking,
    CorrectShipment,
    LineToShip,
    MarkDelivered,
    SaveShipment,
)
from services.orders.model.carriers import known_carriers
from services.orders.model.folding import content_of, ordered_parts
from services.orders.model.refusals import (
    LineRepeated,
    LineUnknown,
    NoLines,
    OrderUnknown,
    ShipmentExists,
    ShipmentUnknown,
    TooManyUnits,
    TrackingExists,
    TrackingMalformed,
)
from services.orders.model.states import Accepted, Missing, Order, Placed, Shipment


def ship(command: SaveShipment, order: Accepted) -> Sequence[OrderEvent]:
    if not command.lines:
        raise NoLines
    _check_number(command.carrier, command.tracking_number)
    saved = ShipmentSaved(
        seller_id=order.seller_id,
        order_id=command.order_id,
        shipment_id=command.shipment_id,
        lines=tuple(
            ShippedLine(line_id=line.line_id, quantity=line.quantity)
            for line in command.lines
        ),
        carrier=command.carrier,
        tracking_number=command.tracking_number,
        shipped_by=command.shipped_by,
        shipped_at=command.shipped_at,
        saved_at=command.at,
        completes_order=False,
    )
    known = order.shipments.get(command.shipment_id)
    if known is not None:
        if known.content != content_of(saved):
            raise ShipmentExists(command.shipment_id)
        return []
    left = left_after(command.lines, order.to_ship)
    said = {"completes_order": not any(left.values()), "ordered": _ordered(saved, order)}
    return [saved.model_copy(update=said)]


def _ordered(saved: ShipmentSaved, order: Accepted) -> tuple[LinePart, ...] | None:
    """Return those of the units that are no later addition: they leave first."""
    leaving = {line.line_id: line.quantity for line in saved.lines}
    ordered = dict[str, int]()
    for name, units in leaving.items():
        left = order.lines[name].quantity - order.to_ship[name]
        ordered[name] = min(units, max(order.ordered[name] - left, 0))
    return ordered_parts(leaving, ordered)


def left_after(lines: Sequence[LineToShip], to_ship: Mapping[str, int]) -> dict[str, int]:
    """Return the units still to ship, by line id, once `lines` have left.

    Raises:
        LineRepeated: A line is named twice.
        LineUnknown: A line is none of the order's.
        TooManyUnits: More units of a line than are left to ship.
    """
    left = dict(to_ship)
    seen = set[str]()
    for line in lines:
        if line.line_id in seen:
            raise LineRepeated(line.line_id)
        if line.line_id not in left:
            raise LineUnknown(line.line_id)
        if line.quantity > left[line.line_id]:
            raise TooManyUnits(line.line_id, line.quantity, left[line.line_id])
        seen.add(line.line_id)
        left[line.line_id] -= line.quantity
    return left


def add_tracking(command: AddTracking, order: Order) -> Sequence[OrderEvent]:
    placed, shipment = _shipment(order, command.order_id, command.shipment_id)
    if shipment.tracking_number == command.tracking_number:
        return []
    if shipment.tracking_number is not None:
        raise TrackingExists(command.shipment_id, shipment.tracking_number)
    _check_number(shipment.carrier, command.tracking_number)
    return [
        TrackingAdded(
            seller_id=placed.seller_id,
            order_id=command.order_id,
            shipment_id=command.shipment_id,
            tracking_number=command.tracking_number,
            added_at=command.at,
        )
    ]


def correct(command: CorrectShipment, order: Order) -> Sequence[OrderEvent]:
    placed, shipment = _shipment(order, command.order_id, command.shipment_id)
    carrier = command.carrier or shipment.carrier
    number = command.tracking_number or shipment.tracking_number
    if (carrier, number) == (shipment.carrier, shipment.tracking_number):
        return []
    _check_number(carrier, number)
    return [
        ShipmentCorrected(
            seller_id=placed.seller_id,
            order_id=command.order_id,
            shipment_id=command.shipment_id,
            carrier=carrier,
            tracking_number=number,
            corrected_at=command.at,
        )
    ]


def _check_number(name: str, number: str | None) -> None:
    known = known_carriers()
    carrier = known.named(name)
    if number is not None and carrier is not None and not known.takes(carrier, number):
        raise TrackingMalformed(name, number, carrier.example)


def deliver(command: MarkDelivered, order: Order) -> Sequence[OrderEvent]:
    placed, shipment = _shipment(order, command.order_id, command.shipment_id)
    if shipment.delivered:
        return []
    return [
        ShipmentDelivered(
            seller_id=placed.seller_id,
            order_id=command.order_id,
            shipment_id=command.shipment_id,
            delivered_at=command.at,
        )
    ]


def _shipment(order: Order, order_id: str, shipment_id: str) -> tuple[Placed, Shipment]:
    if isinstance(order, Missing):
        raise OrderUnknown(order_id)
    if shipment_id not in order.shipments:
        raise ShipmentUnknown(shipment_id)
    return order, order.shipments[shipment_id]
