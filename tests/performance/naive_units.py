"""How many units an order had and lost, from facts, one at a time."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from contracts.fact import Fact
from contracts.orders import (
    OrderCancelled,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    ShipmentSaved,
)


def root(order: str, parent: dict[str, str]) -> str:
    seen = {order}
    while order in parent:
        order = parent[order]
        if order in seen:
            return ""
        seen.add(order)
    return order


def lost_in(
    order: str,
    here: Sequence[Fact],
    as_of: datetime,
    orders: dict[str, list[OrderPlaced]],
    parent: dict[str, str],
) -> int:
    """How many units an order lost by then, of which `here` tells."""
    gone = [g for fact in here for g in units_gone(fact) if g[0] <= as_of]
    cut = sum(units for _, units, out_of_stock in gone if out_of_stock)
    if not any(empties(fact) and fact.happened_at <= as_of for fact in here):
        return cut
    children = [child for child in parent if parent[child] == order]
    moved = sum(most_units(child, orders, part=True) for child in children)
    came_in = most_units(order, orders, part=False) + most_units(order, orders, part=True)
    came_in += sum(max(units_added(fact, as_of), 0) for fact in here)
    return cut + max(came_in - moved - sum(units for _, units, _ in gone), 0)


def units_added(fact: Fact, as_of: datetime) -> int:
    """How many more units were asked for by then; fewer, if negative."""
    match fact:
        case OrderLineQuantityChanged(old_quantity=old, quantity=new, reason=why):
            added = new - old if new > old or why != "out_of_stock" else 0
        case OrderLineRemoved(quantity=units, reason=why):
            added = 0 if why == "out_of_stock" else -units
        case _:
            return 0
    return added if fact.happened_at <= as_of else 0


def units_gone(fact: Fact) -> Iterator[tuple[datetime, int, bool]]:
    match fact:
        case OrderLineQuantityChanged(old_quantity=old, quantity=new, reason=why):
            yield fact.changed_at, max(old - new, 0), why == "out_of_stock"
        case OrderLineRemoved(quantity=units, reason=why):
            yield fact.removed_at, units, why == "out_of_stock"
        case ShipmentSaved(completes_order=False, lines=lines):
            yield fact.shipped_at, sum(line.quantity for line in lines), False
        case _:
            pass


def empties(fact: Fact) -> bool:
    match fact:
        case OrderRejected(reason=why) | OrderCancelled(reason=why):
            return why == "out_of_stock"
        case _:
            return False


def most_units(order: str, orders: dict[str, list[OrderPlaced]], *, part: bool) -> int:
    placed = [p for p in orders.get(order, []) if (p.split_from is not None) == part]
    return max(map(units_of, placed), default=0)


def units_of(placed: OrderPlaced) -> int:
    return sum(line.quantity for line in placed.lines)
