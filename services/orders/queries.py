"""What may be read of orders: the read model, as it stands after the last write."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, text

from services.orders.commands import AcceptOrder, BuyerStanding, OfBuyer, PlaceOrder
from services.orders.model.promotions import (
    Progress,
    Qualification,
    qualification,
    shipped_promotions,
)
from services.orders.model.rules import shipped_rules
from services.orders.projections import seller_orders


def order(order_id: str, db: Connection) -> dict[str, Any] | None:
    """Return one order as it stands, or None if it was never placed."""
    found = db.execute(select(seller_orders).where(seller_orders.c.order_id == order_id))
    row = found.mappings().first()
    return dict(row) if row else None


def promotions_of(row: Mapping[str, Any], at: datetime) -> Sequence[Qualification]:
    """Return which promotions an order, as `order` returns it, qualifies for at `at`."""
    clock = row["clock_started_at"]
    left_at = None
    if row["shipped_units"] >= row["units"]:
        left = [one["shipped_at"] for one in row["shipments"]]
        left_at = max(map(datetime.fromisoformat, left), default=None)
    progress = Progress(
        clock_started_at=clock,
        subtotal_cents=row["subtotal_cents"],
        accepted_at=row["decided_at"] if row["customer_id"] else None,
        left_at=left_at,
        is_over=row["state"] not in {"open", "accepted"},
    )
    holidays = shipped_rules().at(clock).holidays
    return [
        qualification(one, progress, at, holidays)
        for one in shipped_promotions().of(clock, row["currency"])
    ]


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


# UNION, not UNION ALL: a circle of orders, which no split makes, ends all the same.
_FAMILY: Final = text("""
WITH RECURSIVE above AS (
  SELECT order_id, split_from FROM seller_orders WHERE order_id = :order_id
  UNION
  SELECT o.order_id, o.split_from FROM above a
  JOIN seller_orders o ON o.order_id = a.split_from
), family AS (
  SELECT order_id FROM above
  UNION
  SELECT o.order_id FROM family f JOIN seller_orders o ON o.split_from = f.order_id
)
SELECT o.order_id, o.split_from, o.seller_id, o.state, o.placed_at, o.clock_started_at,
  o.ship_by, o.units, o.shipped_units, o.currency, o.subtotal_cents, o.shipping_cents,
  o.total_cents, o.lines, o.version
FROM family JOIN seller_orders o USING (order_id) ORDER BY o.placed_at, o.order_id
""")


def family(order_id: str, db: Connection) -> dict[str, Any] | None:
    """Return the order that all of an order's family was split from, as a tree.

    None if it was never placed.

    Shape: one order each, with what became of it, and in `parts` those split from it,
        oldest first.
    """
    rows = [dict(row) for row in db.execute(_FAMILY, {"order_id": order_id}).mappings()]
    known = {row["order_id"] for row in rows}
    parts = defaultdict[str, list[dict[str, Any]]](list)
    roots = []
    for row in rows:
        row["parts"] = parts[row["order_id"]]
        if row["split_from"] in known:
            parts[row["split_from"]].append(row)
        else:
            roots.append(row)
    return roots[0] if roots else None


# What was heard of a relationship, else what an order of the buyer's was accepted with:
# buyers may not have heard of that yet, or we not of their hearing it.
_STANDING: Final = """
SELECT coalesce(g.approval_required, false), a.access, coalesce(r.customer_id, (
  SELECT o.customer_id FROM seller_orders o WHERE o.seller_id = k.seller_id
  AND o.buyer_id = k.buyer_id AND o.customer_id IS NOT NULL
  ORDER BY o.decided_at DESC LIMIT 1))
FROM {keys} k
LEFT JOIN gated_sellers g ON g.seller_id = k.seller_id
LEFT JOIN buyer_access a ON a.seller_id = k.seller_id AND a.buyer_id = k.buyer_id
LEFT JOIN buyer_relationships r ON r.seller_id = k.seller_id AND r.buyer_id = k.buyer_id
"""
_OF_PAIR: Final = text(
    _STANDING.format(
        keys="(SELECT :seller_id ::text AS seller_id, :buyer_id ::text AS buyer_id)"
    )
)
_OF_ORDER: Final = text(
    _STANDING.format(keys="(SELECT * FROM seller_orders WHERE order_id = :order_id)")
)


def of_buyer(command: PlaceOrder | AcceptOrder, db: Connection) -> OfBuyer:
    """Return `command` with what has been heard of its buyer."""
    if isinstance(command, PlaceOrder):
        keys = {"seller_id": command.seller_id, "buyer_id": command.buyer_id}
        found = db.execute(_OF_PAIR, keys).first()
    else:
        found = db.execute(_OF_ORDER, {"order_id": command.order_id}).first()
    if found is None:
        return OfBuyer(command=command, buyer=BuyerStanding())
    required, access, customer_id = found
    buyer = BuyerStanding(
        approval_required=required, access=access, customer_id=customer_id
    )
    return OfBuyer(command=command, buyer=buyer)
