"""Whenever orders says X, units of stock are to be set aside, or are back.

Pure: no I/O, no clock; reads only our data.
Source: docs/decisions/0016-stock-for-orders.md.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from contracts.fact import Fact
from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    ShipmentSaved,
)
from kit.dated import shipped
from services.catalog.commands import Allocation, DispatchUnits, ReassignUnits
from services.catalog.model.demand import Demand, OrderSays, Reserved, Saying
from services.catalog.model.stock_rules import DatedStockRules

NO_LINE: Final = ""


class Said(NamedTuple):
    """What a fact alone says of an order: a `Saying` without its evidence."""

    order_id: str
    says: OrderSays
    line_id: str = NO_LINE
    units: int = 0
    product_id: str | None = None
    from_order: str | None = None


@cache
def stock_rules() -> DatedStockRules:
    """Return the rules that ship with the service.

    Raises:
        ValidationError: They break a rule of theirs; the message names the field.
    """
    return shipped("services.catalog", "stock_rules.toml", DatedStockRules)


def said_of_orders(fact: Fact) -> Sequence[Said]:
    """Return what `fact` says of orders: nothing, if stock has nothing to do with it.

    A split is heard from the child that it made: what that one holds, its parent does not
    hold any more, from one moment to the same.

    Shape: each `(order_id, line_id)` once.
    """
    match fact:
        case OrderPlaced():
            return [*_placed(fact)]
        case OrderLineQuantityChanged() | OrderLineRemoved():
            return [Said(fact.order_id, "changed", fact.line_id, _change(fact))]
        case ShipmentSaved():
            units = defaultdict[str, int](int)
            for line in fact.lines:
                units[line.line_id] += line.quantity
            return [Said(fact.order_id, "shipped", *left) for left in units.items()]
        case OrderAccepted():
            return [Said(fact.order_id, "accepted")]
        case OrderRejected() | OrderExpired() | OrderCancelled():
            return [Said(fact.order_id, "ended")]
        case _:
            return []


def _change(fact: OrderLineQuantityChanged | OrderLineRemoved) -> int:
    if isinstance(fact, OrderLineRemoved):
        return -fact.quantity
    return fact.quantity - fact.old_quantity


def _placed(fact: OrderPlaced) -> Iterator[Said]:
    for line in fact.lines:
        says = (line.line_id, line.quantity, line.product_id, fact.split_from)
        yield Said(fact.order_id, "placed", *says)
        if fact.split_from is not None:
            gone = (line.line_id, -line.quantity, line.product_id)
            yield Said(fact.split_from, "split", *gone)


def allocations(
    said: Iterable[Saying],
    fresh: Collection[UUID],
    reserved: Mapping[tuple[str, str], Reserved],
    rules: DatedStockRules,
) -> Iterator[Allocation]:
    """Yield what is to be asked of stocks because of the facts `fresh`, one after another.

    Each fact is judged on all that was known before, and on the fresh ones up to it.

    Shape: `said` is all that is known of the orders concerned, the fresh facts included;
        `reserved` by order and product.
    """
    known = defaultdict[str, list[Saying]](list)
    news = list[Saying]()
    for saying in said:
        (news if saying.event_id in fresh else known[saying.order_id]).append(saying)
    news.sort(key=attrgetter("pos"))
    for _, group in groupby(news, key=attrgetter("pos")):
        sayings = [*group]
        for saying in sayings:
            known[saying.order_id].append(saying)
        yield from _passed_on(sayings)
        for order_id in dict.fromkeys(saying.order_id for saying in sayings):
            mine = [each for each in sayings if each.order_id == order_id]
            demand = Demand.of(known[order_id], rules)
            yield from _settled(demand, mine, reserved)


def _passed_on(sayings: Iterable[Saying]) -> Iterator[ReassignUnits]:
    for each in sayings:
        if each.from_order is not None and each.product_id is not None:
            yield ReassignUnits(
                seller_id=each.seller_id,
                product_id=each.product_id,
                order_id=each.from_order,
                new_order_id=each.order_id,
                units=each.units,
                at=each.at,
            )


def _settled(
    demand: Demand,
    news: Sequence[Saying],
    reserved: Mapping[tuple[str, str], Reserved],
) -> Iterator[Allocation]:
    """Yield the bounds that are others after `news` of the order."""
    says = {each.says for each in news}
    yield from _sent_away(demand, news)
    holds_nothing = demand.accepted_at is None and not demand.ended
    if holds_nothing and says <= {"placed", "shipped"}:
        return
    for product_id in demand.wanted:
        mine = reserved.get((demand.order_id, product_id))
        yield demand.settle(product_id, news[0].at, mine)


def _sent_away(demand: Demand, news: Iterable[Saying]) -> Iterator[DispatchUnits]:
    for each in news:
        product_id = demand.products.get(each.line_id)
        if each.says == "shipped" and product_id is not None:
            yield DispatchUnits(
                seller_id=demand.seller_id,
                product_id=product_id,
                order_id=demand.order_id,
                units=each.units,
                at=each.at,
            )
