"""What may be read of orders: the read model, as it stands after the last write."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from kit.asker import Asker
from services.orders.projections import seller_orders


def order(order_id: str, asker: Asker, db: Connection) -> dict[str, Any] | None:
    """Return one order as it stands, or None if none of the asker's was placed."""
    row = seller_orders.c
    query = select(seller_orders).where(row.order_id == order_id)
    if not asker.acts_for_all:
        whose = row.seller_id if asker.role == "seller" else row.buyer_id
        query = query.where(whose == asker.id)
    found = db.execute(query)
    one = found.mappings().first()
    return dict(one) if one else None


def orders_of(
    seller_id: str, after: tuple[Any, str] | None, limit: int, db: Connection
) -> Sequence[dict[str, Any]]:
    """Return a seller's orders, oldest first.

    Shape: those after the `(placed_at, order_id)` of the last one seen, `limit` at most.
    """
    row = seller_orders.c
    query = select(seller_orders).where(row.seller_id == seller_id)
    if after is not None:
        placed_at, order_id = after
        later = (row.placed_at > placed_at) | (
            (row.placed_at == placed_at) & (row.order_id > order_id)
        )
        query = query.where(later)
    query = query.order_by(row.placed_at, row.order_id).limit(limit)
    return [dict(found) for found in db.execute(query).mappings()]
