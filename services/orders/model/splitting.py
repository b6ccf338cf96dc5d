"""Splits: what goes to a new order, and how that one begins."""

from collections.abc import Mapping, Sequence

from contracts.orders import (
    LinePart,
    OrderAccepted,
    OrderEvent,
    OrderLine,
    OrderPlaced,
    OrderSplit,
)
from services.orders.commands import LineToSplit, OpenPart, SplitOrder
from services.orders.model.editing import completed_at
from services.orders.model.folding import ordered_parts
from services.orders.model.guards import editable_order
from services.orders.model.refusals import (
    LineRepeated,
    LineUnknown,
    NoLines,
    NothingStays,
    OrderExists,
    TooManyUnits,
)
from services.orders.model.states import Accepted, Missing, Open, Order, Placed


def split(command: SplitOrder, order: Order) -> Sequence[OrderEvent]:
    """Return what the order records of a split; nothing if it is so.

    Raises:
        OrderExists: The new order's id is taken.
        NothingStays: All of the order would go.
        Refused: The order cannot change, or not all that is named can go.
    """
    if isinstance(order, Placed) and _is_split_so(command, order):
        return []
    standing = editable_order(order, command.order_id)
    if command.new_order_id in {command.order_id, *standing.splits}:
        raise OrderExists(command.new_order_id)
    moving = _moving(command.lines, standing)
    lines = standing.lines
    whole = [name for name, units in moving.items() if units == lines[name].quantity]
    if len(whole) == len(lines):
        raise NothingStays
    fact = OrderSplit(
        seller_id=standing.seller_id,
        order_id=command.order_id,
        new_order_id=command.new_order_id,
        line_ids=tuple(whole),
        split_at=command.at,
        parts=tuple(
            LinePart(line_id=name, quantity=units)
            for name, units in moving.items()
            if name not in whole
        ),
    )
    return [fact.model_copy(update={"completed_at": completed_at(standing, fact)})]


def part_of(command: SplitOrder, order: Order) -> OpenPart | None:
    """Return how the new order begins; None if it has. `order` can be split so."""
    if not isinstance(order, Open | Accepted) or _is_split_so(command, order):
        return None
    return _part(command, order, _moving(command.lines, order))


def open_part(command: OpenPart, order: Order) -> Sequence[OrderEvent]:
    """Return the facts that an order begins with that was split from another.

    Raises:
        OrderExists: The id is another order's.
    """
    if not isinstance(order, Missing):
        raise OrderExists(command.order_id)
    return [command.placed, *([command.accepted] if command.accepted else [])]


def _is_split_so(command: SplitOrder, order: Placed) -> bool:
    """Say whether just this went to the new order before."""
    known = order.splits.get(command.new_order_id)
    asked = {line.line_id: line.quantity for line in command.lines}
    return (
        known is not None
        and known.keys() == asked.keys()
        and all(units in {None, known[line_id]} for line_id, units in asked.items())
    )


def _moving(lines: Sequence[LineToSplit], order: Placed) -> dict[str, int]:
    """Return the units that go, by line id: only such as have not left.

    Raises:
        NoLines: No line is named.
        LineRepeated: A line is named twice.
        LineUnknown: A line is none of the order's.
        TooManyUnits: More of a line than are left to ship.
    """
    if not lines:
        raise NoLines
    moving = dict[str, int]()
    for line in lines:
        if line.line_id in moving:
            raise LineRepeated(line.line_id)
        if line.line_id not in order.lines:
            raise LineUnknown(line.line_id)
        left = order.to_ship[line.line_id]
        units = left if line.quantity is None else line.quantity
        if units > left or not left:
            raise TooManyUnits(line.line_id, max(units, 1), left)
        moving[line.line_id] = units
    return moving


def _part(
    command: SplitOrder, parent: Open | Accepted, moving: Mapping[str, int]
) -> OpenPart:
    """Return how the new order begins: where its parent stands, with the same clock."""
    ordered = {
        name: max(parent.ordered[name] - (parent.lines[name].quantity - units), 0)
        for name, units in moving.items()
    }
    placed = OrderPlaced(
        **dict(parent.placed)
        | {
            "order_id": command.new_order_id,
            "lines": tuple(_lines(parent, moving)),
            "shipping_cents": 0,
            "placed_at": command.at,
            "split_from": command.order_id,
            "ordered": ordered_parts(moving, ordered),
        }
    )
    return OpenPart(
        order_id=command.new_order_id,
        placed=placed,
        accepted=_accepted(command, parent) if isinstance(parent, Accepted) else None,
    )


def _lines(parent: Placed, moving: Mapping[str, int]) -> Sequence[OrderLine]:
    return [
        line.model_copy(update={"quantity": moving[name]})
        for name, line in parent.lines.items()
        if name in moving
    ]


def _accepted(command: SplitOrder, parent: Accepted) -> OrderAccepted:
    return OrderAccepted(
        seller_id=parent.seller_id,
        order_id=command.new_order_id,
        buyer_id=parent.buyer_id,
        customer_id=parent.customer_id,
        customer_link="existing",
        accepted_at=parent.accepted_at,
    )
