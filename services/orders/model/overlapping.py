"""Whether what happened to an order since somebody looked matters to what they ask."""

from collections.abc import Sequence, Set as AbstractSet
from typing import TypeAlias

from contracts.orders import (
    OrderEvent,
    OrderInvoiced,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderSplit,
    ShipmentCorrected,
    ShipmentDelivered,
    ShipmentSaved,
    TrackingAdded,
)
from services.orders.commands import (
    AddTracking,
    ChangeQuantity,
    CorrectShipment,
    MarkDelivered,
    OfBuyer,
    OrderCommand,
    RemoveLine,
    SaveShipment,
    SplitOrder,
)
from services.orders.model.folding import Edited

OnTheWay: TypeAlias = TrackingAdded | ShipmentCorrected | ShipmentDelivered


def overlaps(command: OrderCommand, since: Sequence[OrderEvent]) -> bool:
    """Say whether `command` could mean something else to who has seen `since`.

    Lines that change are about nobody else's lines, and not about parcels on their way, nor
    are those about lines; an invoice is about no parcel. All else that decides an order is
    about everything.
    """
    return any(_overlap(command, fact) for fact in since)


def _overlap(command: OrderCommand, fact: OrderEvent) -> bool:
    match command:
        case OfBuyer():
            return _overlap(command.command, fact)
        case AddTracking() | CorrectShipment() | MarkDelivered():
            return _is_about_parcel(fact, command.shipment_id)
        case SaveShipment() if isinstance(fact, OrderInvoiced):
            return False
        case _ if isinstance(fact, OnTheWay):
            return False
        case ChangeQuantity() | RemoveLine() | SplitOrder() | SaveShipment():
            lines = _lines_of(fact)
            return lines is None or not lines.isdisjoint(_lines_asked(command))
        case _:
            return True


def _is_about_parcel(fact: OrderEvent, shipment_id: str) -> bool:
    if isinstance(fact, OnTheWay | ShipmentSaved):
        return fact.shipment_id == shipment_id
    return not isinstance(fact, Edited | OrderInvoiced)


def _lines_asked(
    command: ChangeQuantity | RemoveLine | SplitOrder | SaveShipment,
) -> AbstractSet[str]:
    match command:
        case ChangeQuantity() | RemoveLine():
            return {command.line_id}
        case SplitOrder(lines=splits):
            return {line.line_id for line in splits}
        case SaveShipment(lines=parcels):
            return {line.line_id for line in parcels}


def _lines_of(fact: OrderEvent) -> AbstractSet[str] | None:
    """Return the lines that `fact` is about, or None for all."""
    match fact:
        case OrderLineQuantityChanged() | OrderLineRemoved():
            return {fact.line_id}
        case OrderSplit():
            return {*fact.line_ids, *(part.line_id for part in fact.parts)}
        case ShipmentSaved():
            return {line.line_id for line in fact.lines}
        case _:
            return None
