"""What a seller changes of an order before its invoice: the units of its lines."""

from collections.abc import Sequence
from datetime import datetime

from contracts.fact import MAX_CENTS
from contracts.orders import (
    OrderEvent,
    OrderLine,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderSplit,
)
from services.orders.commands import ChangeQuantity, RemoveLine
from services.orders.model.folding import evolve
from services.orders.model.guards import editable_order
from services.orders.model.refusals import (
    LastLine,
    LineUnknown,
    TotalTooLarge,
    UnitsHaveLeft,
)
from services.orders.model.states import Accepted, Open, Order, Placed


def change_quantity(command: ChangeQuantity, order: Order) -> Sequence[OrderEvent]:
    if command.quantity == 0:
        return _remove(_removal(command), order, "quantity")
    standing = editable_order(order, command.order_id)
    line = _line(standing, command.line_id)
    if command.quantity == line.quantity:
        return []
    _check_left(standing, line, command.quantity, "quantity")
    fact = OrderLineQuantityChanged(
        seller_id=standing.seller_id,
        order_id=command.order_id,
        line_id=command.line_id,
        old_quantity=line.quantity,
        quantity=command.quantity,
        reason=command.reason,
        changed_at=command.at,
        ordered=standing.ordered[command.line_id],
    )
    more_cents = (command.quantity - line.quantity) * line.unit_price_cents
    total_cents = standing.subtotal_cents + more_cents + standing.placed.shipping_cents
    if total_cents > MAX_CENTS:
        raise TotalTooLarge(total_cents, "quantity")
    return [fact.model_copy(update={"completed_at": completed_at(standing, fact)})]


def remove_line(command: RemoveLine, order: Order) -> Sequence[OrderEvent]:
    return _remove(command, order, "line_id")


def _remove(command: RemoveLine, order: Order, field: str) -> Sequence[OrderEvent]:
    """Return the removal of a line that was asked for by `field`.

    Raises:
        LastLine: There is no other.
    """
    if isinstance(order, Placed) and order.removed.get(command.line_id) == command.reason:
        return []
    standing = editable_order(order, command.order_id)
    line = _line(standing, command.line_id)
    _check_left(standing, line, 0, field)
    if len(standing.lines) == 1:
        raise LastLine("cancel" if isinstance(standing, Accepted) else "reject")
    fact = OrderLineRemoved(
        seller_id=standing.seller_id,
        order_id=command.order_id,
        line_id=command.line_id,
        quantity=line.quantity,
        reason=command.reason,
        removed_at=command.at,
        ordered=standing.ordered[command.line_id],
    )
    return [fact.model_copy(update={"completed_at": completed_at(standing, fact)})]


def completed_at(
    order: Open | Accepted,
    edit: OrderSplit | OrderLineQuantityChanged | OrderLineRemoved,
) -> datetime | None:
    """Return since when nothing is left to ship, if nothing is after `edit`.

    Until the edit the rest was owed, so that no late edit makes an order one in time.
    """
    after = evolve(order, edit)
    if not isinstance(after, Placed) or not after.has_left:
        return None
    return max(after.last_left_at or edit.happened_at, edit.happened_at)


def _removal(command: ChangeQuantity) -> RemoveLine:
    return RemoveLine(
        order_id=command.order_id,
        line_id=command.line_id,
        reason=command.reason,
        at=command.at,
    )


def _line(order: Placed, line_id: str) -> OrderLine:
    line = order.lines.get(line_id)
    if line is None:
        raise LineUnknown(line_id, "line_id")
    return line


def _check_left(order: Placed, line: OrderLine, quantity: int, field: str) -> None:
    left = line.quantity - order.to_ship[line.line_id]
    if quantity < left:
        raise UnitsHaveLeft(line.line_id, left, field)
