"""How many units an order had and lost, from facts, one at a time."""

from collections.abc import Iterator
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
    above, seen = order, {order}
    while above in parent:
        above = parent[above]
        if above in seen:
            return order  # nonsense: it stands for itself
        seen.add(above)
    return above


def units_gone(fact: Fact) -> Iterator[tuple[datetime, int, bool]]:
    match fact:
        case OrderLineQuantityChanged(old_quantity=old, quantity=new, reason=why):
            before = old if fact.ordered is None else fact.ordered
            yield fact.changed_at, max(before - new, 0), why == "out_of_stock"
        case OrderLineRemoved(quantity=units, reason=why):
            gone = units if fact.ordered is None else fact.ordered
            yield fact.removed_at, gone, why == "out_of_stock"
        case ShipmentSaved(completes_order=False, lines=lines):
            left = lines if fact.ordered is None else fact.ordered
            yield fact.shipped_at, sum(line.quantity for line in left), False
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
    ordered = placed.lines if placed.ordered is None else placed.ordered
    return sum(line.quantity for line in ordered)
