"""Which rows of an Olist export can be imported, and why the others can't.

What is sold in one order by one seller stands or falls together: an order with part of its
items would be another order.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from market.imports.cells import ID_LENGTH
from market.imports.olist_rows import ItemRow, Olist, OrderRow, ProductRow
from market.imports.tables import BadRow, RowReport, Table, distinct_rows

Spoiled: TypeAlias = Mapping[str, Mapping[str, int]]

LONGEST_SUFFIX: Final = ":1"


@dataclass(frozen=True, slots=True)
class SellerOrder:
    """What one seller sold in one order: its items, one or more, in file order."""

    order: OrderRow
    items: Sequence[ItemRow]

    @property
    def id(self) -> str:
        """The order's id here."""
        return f"{self.order.order_id}:{self.seller_id}"

    @property
    def seller_id(self) -> str:
        """Who sold it."""
        return self.items[0].seller_id


@dataclass(slots=True)
class Sorted:
    """What an export amounts to, and what is to be said of rows.

    Shape: `products` by id; None where the row that describes it can't be read.
    """

    orders: list[SellerOrder] = field(default_factory=list)
    products: dict[str, ProductRow | None] = field(default_factory=dict)
    rejected: list[RowReport] = field(default_factory=list)
    noted: list[RowReport] = field(default_factory=list)


def sort_rows(files: Olist) -> Sorted:
    """Return what of `files` can be imported, in the order of the orders file."""
    found = Sorted()
    found.products.update({_named(bad, "product_id"): None for bad in files.products.bad})
    products = distinct_rows(files.products, lambda row: row.product_id)
    orders = distinct_rows(files.orders, lambda row: row.order_id)
    items = distinct_rows(files.items, lambda row: (row.order_id, row.order_item_id))
    for part in (orders, items, products):
        found.rejected += part.rejected
        found.noted += part.noted
    found.products.update({row.product_id: row for row in products.rows})
    spoiled = _spoiled(files.items, items.contradicting)
    sold = _by_order_and_seller(items.rows)
    for order in orders.rows:
        for candidate, obstacle in _candidates(
            order, sold.pop(order.order_id, []), spoiled
        ):
            if obstacle is not None:
                found.rejected.append(files.orders.report(order.line, obstacle))
            elif candidate is not None:
                found.orders.append(candidate)
    found.rejected += _without_order(files, sold)
    found.rejected.sort(key=lambda row: (row.place.file, row.place.line))
    return found


def _named(bad: BadRow, column: str) -> str:
    return bad.cells.get(column) or ""


def _spoiled(items: Table[ItemRow], contradicting: Sequence[ItemRow]) -> Spoiled:
    """Return the line that stands in the way, by order and seller ("" for all of them)."""
    spoiled: dict[str, dict[str, int]] = defaultdict(dict)
    for bad in items.bad:
        order_id, seller_id = _named(bad, "order_id"), _named(bad, "seller_id")
        spoiled[order_id].setdefault(seller_id, bad.line)
    for row in contradicting:
        spoiled[row.order_id].setdefault(row.seller_id, row.line)
    return spoiled


def _by_order_and_seller(items: Sequence[ItemRow]) -> dict[str, list[list[ItemRow]]]:
    by_seller: dict[tuple[str, str], list[ItemRow]] = defaultdict(list)
    for item in items:
        by_seller[item.order_id, item.seller_id].append(item)
    by_order: dict[str, list[list[ItemRow]]] = defaultdict(list)
    for (order_id, _), sold in by_seller.items():
        by_order[order_id].append(sold)
    return by_order


def _candidates(
    order: OrderRow, sold: Sequence[Sequence[ItemRow]], spoiled: Spoiled
) -> Iterator[tuple[SellerOrder | None, str | None]]:
    """Yield what each seller sold in `order`, or what stands in the way of it."""
    lines = spoiled.get(order.order_id, {})
    if not sold and not lines:
        yield None, "has no items, so nothing was placed"
    if not sold and lines:
        yield None, f"its items, line {min(lines.values())}, can't be read"
    for items in sold:
        candidate = SellerOrder(order, items)
        line = lines.get(candidate.seller_id, lines.get(""))
        yield candidate, _obstacle(candidate, line)


def _obstacle(order: SellerOrder, spoiled_by: int | None) -> str | None:
    if spoiled_by is not None:
        return f"{order.id} is left out whole: its item in line {spoiled_by} was rejected"
    if all(item.shipping_limit_date is None for item in order.items):
        line = order.items[0].line
        return f"{order.id} has no shipping_limit_date (items, line {line}) to ship by"
    if len(order.id) > ID_LENGTH - len(LONGEST_SUFFIX):
        return f"{order.id} is longer than an id may be"
    return None


def _without_order(
    files: Olist, unsold: Mapping[str, Sequence[Sequence[ItemRow]]]
) -> Iterator[RowReport]:
    rejected = {_named(bad, "order_id"): bad.line for bad in files.orders.bad}
    for order_id, sold in unsold.items():
        reason = f"order {order_id} is not in {files.orders.file}"
        if order_id in rejected:
            reason = f"its order, line {rejected[order_id]} there, was rejected"
        for items in sold:
            for item in items:
                yield files.items.report(item.line, reason)
