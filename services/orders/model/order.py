"""The order: what it decides, how facts move it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias, TypedDict, TypeVar, assert_never

from contracts.fact import MAX_CENTS
from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderLine,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    OrderSplit,
    ShipmentDelivered,
    ShipmentSaved,
    TrackingAdded,
)
from kit.domain import Decider
from services.orders.commands import (
    AcceptOrder,
    AddTracking,
    CancelOrder,
    ExpireOrder,
    MarkDelivered,
    OrderCommand,
    PlaceOrder,
    RejectOrder,
    SaveShipment,
)
from services.orders.model.expiry import expires_at
from services.orders.model.refusals import (
    CurrencyNotTraded,
    LineRepeated,
    NoLines,
    OrderExists,
    OrderIsAccepted,
    OrderIsCancelled,
    OrderIsExpired,
    OrderIsOpen,
    OrderIsRejected,
    OrderIsShipped,
    OrderNotDue,
    OrderUnknown,
    TotalTooLarge,
)
from services.orders.model.rules import DatedRules, shipped_rules
from services.orders.model.shipping import add_tracking, content_of, deliver, ship
from services.orders.model.states import (
    STATES,
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


def decide(command: OrderCommand, order: Order, rules: DatedRules) -> Sequence[OrderEvent]:
    """Return the facts that `command` makes true, or none if they are true already.

    `rules` hold for an order as they were when it was placed: when its clock started.

    Raises:
        Refused: The order's state does not allow it; `refusals` lists the reasons.
    """
    match command:
        case PlaceOrder():
            return place(command, order, rules)
        case AcceptOrder():
            return accept(command, order)
        case RejectOrder():
            return reject(command, order)
        case ExpireOrder():
            return expire(command, order, rules)
        case CancelOrder():
            return cancel(command, order)
        case SaveShipment() | AddTracking() | MarkDelivered():
            return _on_its_way(command, order)
        case _:
            assert_never(command)


def place(command: PlaceOrder, order: Order, rules: DatedRules) -> Sequence[OrderEvent]:
    _check_lines(command)
    placed = OrderPlaced(
        seller_id=command.seller_id,
        order_id=command.order_id,
        buyer_id=command.buyer_id,
        lines=tuple(
            OrderLine(
                line_id=line.line_id,
                product_id=line.product_id,
                title=line.title,
                quantity=line.quantity,
                unit_price_cents=line.unit_price_cents,
            )
            for line in command.lines
        ),
        shipping_cents=command.shipping_cents,
        currency=command.currency,
        payment_method=command.payment_method,
        ship_to_country=command.ship_to_country,
        placed_at=command.at,
        ship_by=command.ship_by,
        clock_started_at=command.at,
    )
    if isinstance(order, Missing):
        traded = rules.at(command.at).traded
        if command.currency not in traded:
            raise CurrencyNotTraded(command.currency, traded)
        return [placed]
    if order.content != content_of(placed):
        raise OrderExists(command.order_id)
    return []


def _check_lines(command: PlaceOrder) -> None:
    if not command.lines:
        raise NoLines
    seen, total_cents = set[str](), command.shipping_cents
    for line in command.lines:
        if line.line_id in seen:
            raise LineRepeated(line.line_id)
        seen.add(line.line_id)
        total_cents += line.quantity * line.unit_price_cents
    if total_cents > MAX_CENTS:
        raise TotalTooLarge(total_cents)


def accept(command: AcceptOrder, order: Order) -> Sequence[OrderEvent]:
    if isinstance(order, Accepted) and (order.customer_id, order.customer_link) == (
        command.customer_id,
        command.customer_link,
    ):
        return []
    undecided = _open(order, command.order_id)
    return [
        OrderAccepted(
            seller_id=undecided.seller_id,
            order_id=command.order_id,
            buyer_id=undecided.buyer_id,
            customer_id=command.customer_id,
            customer_link=command.customer_link,
            accepted_at=command.at,
        )
    ]


def reject(command: RejectOrder, order: Order) -> Sequence[OrderEvent]:
    if isinstance(order, Rejected) and (order.reason, order.note) == (
        command.reason,
        command.note,
    ):
        return []
    return [
        OrderRejected(
            seller_id=_open(order, command.order_id).seller_id,
            order_id=command.order_id,
            reason=command.reason,
            note=command.note,
            rejected_at=command.at,
        )
    ]


def expire(command: ExpireOrder, order: Order, rules: DatedRules) -> Sequence[OrderEvent]:
    if isinstance(order, Expired):
        return []
    undecided = _open(order, command.order_id)
    held = rules.at(undecided.clock_started_at)
    due_at = expires_at(undecided.clock_started_at, held.time_to_decide, held.holidays)
    if due_at is None or command.at < due_at:
        raise OrderNotDue(command.order_id, due_at)
    return [
        OrderExpired(
            seller_id=undecided.seller_id,
            order_id=command.order_id,
            expired_at=command.at,
        )
    ]


def cancel(command: CancelOrder, order: Order) -> Sequence[OrderEvent]:
    if isinstance(order, Cancelled) and (order.by, order.reason) == (
        command.by,
        command.reason,
    ):
        return []
    if isinstance(order, Accepted):
        if not any(order.to_ship.values()):
            raise OrderIsShipped(command.order_id)
        seller_id = order.seller_id
    else:
        seller_id = _open(order, command.order_id).seller_id
        if command.by == "seller":
            raise OrderIsOpen(command.order_id, "reject it instead")
    return [
        OrderCancelled(
            seller_id=seller_id,
            order_id=command.order_id,
            by=command.by,
            reason=command.reason,
            cancelled_at=command.at,
        )
    ]


def _open(order: Order, order_id: str) -> Open:
    match order:
        case Open():
            return order
        case Missing():
            raise OrderUnknown(order_id)
        case Accepted():
            raise OrderIsAccepted(order_id, order.customer_id, order.customer_link)
        case Rejected():
            raise OrderIsRejected(order_id, order.reason, order.note)
        case Expired():
            raise OrderIsExpired(order_id)
        case Cancelled():
            raise OrderIsCancelled(order_id, order.by, order.reason)
        case _:
            assert_never(order)


def _on_its_way(
    command: SaveShipment | AddTracking | MarkDelivered, order: Order
) -> Sequence[OrderEvent]:
    match command:
        case SaveShipment():
            if isinstance(order, Accepted):
                return ship(command, order)
            _open(order, command.order_id)
            raise OrderIsOpen(command.order_id, "accept it first")
        case AddTracking():
            return add_tracking(command, order)
        case MarkDelivered():
            return deliver(command, order)
        case _:
            assert_never(command)


Decision: TypeAlias = OrderAccepted | OrderRejected | OrderExpired | OrderCancelled
Edit: TypeAlias = OrderSplit | OrderLineQuantityChanged | OrderLineRemoved
Shipping: TypeAlias = ShipmentSaved | TrackingAdded | ShipmentDelivered
Known = TypeVar("Known", bound=Placed)


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
        case ShipmentSaved() | TrackingAdded() | ShipmentDelivered():
            return _shipped(order, event)
        case _:
            assert_never(event)


def _placed(event: OrderPlaced) -> Open:
    return Open(
        seller_id=event.seller_id,
        buyer_id=event.buyer_id,
        content=content_of(event),
        clock_started_at=event.clock_started_at,
        to_ship={line.line_id: line.quantity for line in event.lines},
    )


def _decided(order: Placed, event: Decision) -> Order:
    match event:
        case OrderAccepted(customer_id=customer_id, customer_link=link):
            return Accepted(**_kept(order), customer_id=customer_id, customer_link=link)
        case OrderRejected(reason=reason, note=note):
            return Rejected(**_kept(order), reason=reason, note=note)
        case OrderExpired():
            return Expired(**_kept(order))
        case OrderCancelled(by=by, reason=reason):
            return Cancelled(**_kept(order), by=by, reason=reason)
        case _:
            assert_never(event)


class _Kept(TypedDict):
    """What an order keeps, whatever is decided of it."""

    seller_id: str
    buyer_id: str
    content: str
    clock_started_at: datetime
    to_ship: Mapping[str, int]
    shipments: Mapping[str, Shipment]


def _kept(order: Placed) -> _Kept:
    return _Kept(
        seller_id=order.seller_id,
        buyer_id=order.buyer_id,
        content=order.content,
        clock_started_at=order.clock_started_at,
        to_ship=order.to_ship,
        shipments=order.shipments,
    )


def _edited(order: Known, event: Edit) -> Known:
    to_ship = dict(order.to_ship)
    match event:
        case OrderSplit(line_ids=line_ids):
            to_ship = {line: left for line, left in to_ship.items() if line not in line_ids}
        case OrderLineRemoved(line_id=line_id):
            to_ship.pop(line_id, None)
        case OrderLineQuantityChanged(line_id=line_id):
            left = to_ship.get(line_id, 0) + event.quantity - event.old_quantity
            to_ship[line_id] = max(left, 0)
        case _:
            assert_never(event)
    return replace(order, to_ship=to_ship)


def _shipped(order: Known, event: Shipping) -> Known:
    known = order.shipments.get(event.shipment_id, Shipment(content=""))
    to_ship = dict(order.to_ship)
    match event:
        case ShipmentSaved():
            known = Shipment(
                content=content_of(event), tracking_number=event.tracking_number
            )
            for line in event.lines:
                left = to_ship.get(line.line_id, 0) - line.quantity
                to_ship[line.line_id] = max(left, 0)
        case TrackingAdded():
            known = replace(known, tracking_number=event.tracking_number)
        case ShipmentDelivered():
            known = replace(known, delivered=True)
        case _:
            assert_never(event)
    shipments = {**order.shipments, event.shipment_id: known}
    return replace(order, to_ship=to_ship, shipments=shipments)


def order_decider(rules: DatedRules) -> Decider[Order, OrderCommand, OrderEvent]:
    """Return the order's decider where `rules` hold, each from its day on."""
    return Decider(Missing(), partial(decide, rules=rules), evolve, STATES)


ORDER: Final = order_decider(shipped_rules())
