"""The order: what it decides, how facts move it."""

from collections.abc import Sequence
from functools import partial
from typing import Final, assert_never

from contracts.fact import MAX_CENTS
from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderLine,
    OrderPlaced,
    OrderRejected,
)
from kit.domain import Decider, Elsewhere
from services.orders.commands import (
    AcceptOrder,
    AddTracking,
    BuyerStanding,
    CancelOrder,
    ChangeQuantity,
    ConfirmInvoice,
    CorrectShipment,
    Edit,
    ExpireOrder,
    MarkDelivered,
    OfBuyer,
    OnTheWay,
    OpenPart,
    OrderCommand,
    PlaceOrder,
    RejectOrder,
    RemoveLine,
    SaveShipment,
    Settling,
    SplitOrder,
)
from services.orders.model.buyers import (
    is_accepted_so,
    refuse_unless_taken,
    settle_customer,
)
from services.orders.model.editing import change_quantity, remove_line
from services.orders.model.folding import content_of, evolve
from services.orders.model.guards import accepted_order, open_order
from services.orders.model.invoicing import confirm_invoice
from services.orders.model.overlapping import overlaps
from services.orders.model.refusals import (
    CurrencyNotTraded,
    LineRepeated,
    NoLines,
    OrderExists,
    OrderIsInvoiced,
    OrderIsOpen,
    OrderIsShipped,
    OrderNotDue,
    TotalTooLarge,
)
from services.orders.model.rules import DatedRules, shipped_rules
from services.orders.model.shipping import add_tracking, correct, deliver, ship
from services.orders.model.splitting import open_part, part_of, split
from services.orders.model.states import (
    STATES,
    Accepted,
    Cancelled,
    Expired,
    Missing,
    Order,
    Rejected,
)


def decide(command: OrderCommand, order: Order, rules: DatedRules) -> Sequence[OrderEvent]:
    """Return the facts that `command` makes true, or none if they are true already.

    `rules` hold for an order as they were when it was placed: when its clock started.

    Raises:
        Refused: The order's state does not allow it; `refusals` lists the reasons.
    """
    match command:
        case PlaceOrder() | OfBuyer():
            return _begin_or_accept(command, order, rules)
        case OpenPart():
            return open_part(command, order)
        case SplitOrder() | ChangeQuantity() | RemoveLine():
            return _edit(command, order)
        case AcceptOrder() | RejectOrder() | ExpireOrder() | CancelOrder():
            return _settle(command, order, rules)
        case SaveShipment() | AddTracking() | CorrectShipment() | MarkDelivered():
            return _on_its_way(command, order)
        case ConfirmInvoice():
            return confirm_invoice(command, accepted_order(order, command.order_id))
        case _:
            assert_never(command)


def _begin_or_accept(
    command: PlaceOrder | OfBuyer, order: Order, rules: DatedRules
) -> Sequence[OrderEvent]:
    match command:
        case PlaceOrder():
            return place(command, order, rules)
        case OfBuyer(command=asked, buyer=buyer):
            if isinstance(asked, AcceptOrder):
                return accept(asked, order, buyer)
            return refuse_unless_taken(place(asked, order, rules), buyer)
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
    if content_of(order.placed) != content_of(placed):
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


def elsewhere(command: OrderCommand, order: Order) -> Sequence[Elsewhere]:
    """Return what `command` asks of other orders: a split begins one."""
    part = part_of(command, order) if isinstance(command, SplitOrder) else None
    if part is None:
        return []
    return [Elsewhere(f"order-{part.order_id}", ORDER, part)]


def _edit(command: Edit, order: Order) -> Sequence[OrderEvent]:
    match command:
        case ChangeQuantity():
            return change_quantity(command, order)
        case RemoveLine():
            return remove_line(command, order)
        case SplitOrder():
            return split(command, order)
        case _:
            assert_never(command)


def _settle(command: Settling, order: Order, rules: DatedRules) -> Sequence[OrderEvent]:
    match command:
        case AcceptOrder():
            return accept(command, order)
        case RejectOrder():
            return reject(command, order)
        case ExpireOrder():
            return expire(command, order, rules)
        case CancelOrder():
            return cancel(command, order)
        case _:
            assert_never(command)


def accept(
    command: AcceptOrder, order: Order, buyer: BuyerStanding | None = None
) -> Sequence[OrderEvent]:
    if isinstance(order, Accepted) and is_accepted_so(command, order):
        return []
    undecided = open_order(order, command.order_id)
    customer_id, link = settle_customer(command, buyer)
    return [
        OrderAccepted(
            seller_id=undecided.seller_id,
            order_id=command.order_id,
            buyer_id=undecided.buyer_id,
            customer_id=customer_id,
            customer_link=link,
            customer_name=command.customer_name,
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
            seller_id=open_order(order, command.order_id).seller_id,
            order_id=command.order_id,
            reason=command.reason,
            note=command.note,
            rejected_at=command.at,
        )
    ]


def expire(command: ExpireOrder, order: Order, rules: DatedRules) -> Sequence[OrderEvent]:
    if isinstance(order, Expired):
        return []
    undecided = open_order(order, command.order_id)
    clock = undecided.clock_started_at
    due_at = rules.at(clock).expires_at(clock)
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
        if order.invoice_id is not None:
            raise OrderIsInvoiced(command.order_id, order.invoice_id)
        if order.has_left:
            raise OrderIsShipped(command.order_id)
        seller_id = order.seller_id
    else:
        seller_id = open_order(order, command.order_id).seller_id
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


def _on_its_way(command: SaveShipment | OnTheWay, order: Order) -> Sequence[OrderEvent]:
    match command:
        case SaveShipment():
            return ship(command, accepted_order(order, command.order_id))
        case AddTracking():
            return add_tracking(command, order)
        case CorrectShipment():
            return correct(command, order)
        case MarkDelivered():
            return deliver(command, order)
        case _:
            assert_never(command)


def order_decider(rules: DatedRules) -> Decider[Order, OrderCommand, OrderEvent]:
    """Return the order's decider where `rules` hold, each from its day on."""
    return Decider(
        initial=Missing(),
        decide=partial(decide, rules=rules),
        evolve=evolve,
        states=STATES,
        overlaps=overlaps,
        elsewhere=elsewhere,
    )


ORDER: Final = order_decider(shipped_rules())
