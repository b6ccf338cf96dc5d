"""The All Orders table: filtered, sorted, and paged by key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, get_args

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, tuple_

from services.orders.projections.seller_orders import order_products, seller_orders

State: TypeAlias = Literal["open", "accepted", "rejected", "expired", "cancelled"]
InvoiceState: TypeAlias = Literal["none", "ready", "confirmed"]
Sort: TypeAlias = Literal[
    "placed_at", "-placed_at", "ship_by", "-ship_by", "total_cents", "-total_cents"
]
Place: TypeAlias = tuple[datetime | int, str]
"""The sort value and the id of the last order seen."""

_ROW: Final = seller_orders.c
_NOT_SHOWN: Final = {"lines", "shipments", "pending"}
_SHOWN: Final = [column for column in _ROW if column.name not in _NOT_SHOWN]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which orders of a seller are asked for: None is any.

    Units: bounds are in the order's own cents; from is included, until is not.
    """

    seller_id: str
    states: Sequence[State] = ()
    buyer_id: str | None = None
    product_id: str | None = None
    placed_from: datetime | None = None
    placed_until: datetime | None = None
    from_cents: int | None = None
    until_cents: int | None = None
    invoice_state: InvoiceState | None = None
    overdue: bool | None = None

    def conditions(self, at: datetime) -> Sequence[ColumnElement[bool]]:
        """Return what is true of the orders asked for, at the moment `at`."""
        equal = {
            _ROW.seller_id: self.seller_id,
            _ROW.buyer_id: self.buyer_id,
            _ROW.invoice_state: self.invoice_state,
        }
        least = {_ROW.placed_at: self.placed_from, _ROW.total_cents: self.from_cents}
        below = {_ROW.placed_at: self.placed_until, _ROW.total_cents: self.until_cents}
        found = [column == value for column, value in equal.items() if value is not None]
        found += [column >= value for column, value in least.items() if value is not None]
        found += [column < value for column, value in below.items() if value is not None]
        if self.states:
            found.append(_ROW.state.in_(self.states))
        if self.product_id is not None:
            found.append(_ROW.lines.contains([{"product_id": self.product_id}]))
        if self.overdue is not None:
            overdue = and_(_ROW.pending, _ROW.ship_by < at)
            found.append(overdue if self.overdue else ~overdue)
        return found


def page(
    asked: Filter,
    sort: Sort,
    after: Place | None,
    limit: int,
    *,
    at: datetime,
    db: Connection,
) -> Sequence[dict[str, Any]]:
    """Return the orders asked for that come after a place in their sort.

    Shape: `limit` at most; all that the table shows of an order, and whether it is overdue
        at the moment `at`.
    """
    query = _rows(asked, at)
    key, down = _key(sort, asked), sort.startswith("-")
    if after is not None:
        query = query.where(tuple_(*key) < after if down else tuple_(*key) > after)
    order = [column.desc() if down else column for column in key]
    found = db.execute(query.order_by(*order).limit(limit)).mappings()
    return [dict(row) for row in found]


def count(asked: Filter, at: datetime, db: Connection) -> int:
    """Return how many orders are asked for."""
    return db.scalar(select(func.count()).select_from(_rows(asked, at).subquery())) or 0


def counts(seller_id: str, at: datetime, db: Connection) -> dict[str, int]:
    """Return how many orders of a seller there are, by state, and how many are overdue."""
    overdue = func.count().filter(_ROW.pending, _ROW.ship_by < at)
    query = select(_ROW.state, func.count(), overdue).group_by(_ROW.state)
    found = db.execute(query.where(_ROW.seller_id == seller_id)).all()
    by_state = dict.fromkeys(get_args(State), 0) | {state: n for state, n, _ in found}
    late = sum(n for *_, n in found)
    return {**by_state, "all": sum(by_state.values()), "overdue": late}


def _rows(asked: Filter, at: datetime) -> Select[Any]:
    overdue = and_(_ROW.pending, _ROW.ship_by < at).label("overdue")
    query = select(*_SHOWN, overdue).where(*asked.conditions(at))
    if asked.product_id is None:
        return query
    of_product = order_products.c
    return query.join(order_products, of_product.order_id == _ROW.order_id).where(
        of_product.seller_id == asked.seller_id,
        of_product.product_id == asked.product_id,
    )


def _key(sort: Sort, asked: Filter) -> Sequence[ColumnElement[Any]]:
    """Return what is sorted by: of a product's orders, the columns of their own index."""
    name = sort.removeprefix("-")
    table = order_products if asked.product_id and name == "placed_at" else seller_orders
    return table.c[name], table.c.order_id
