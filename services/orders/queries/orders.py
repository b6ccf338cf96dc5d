"""One order and its family, as they stand after the last write."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, text, tuple_

from kit.asker import Asker
from services.orders.model.promotions import (
    Progress,
    Qualification,
    qualification,
    shipped_promotions,
)
from services.orders.model.rules import shipped_rules
from services.orders.projections import seller_orders


def order(order_id: str, asker: Asker, db: Connection) -> dict[str, Any] | None:
    """Return one order as it stands, or None if none of the asker's was placed."""
    row = seller_orders.c
    query = select(seller_orders).where(row.order_id == order_id)
    if not asker.acts_for_all:
        whose = row.seller_id if asker.role == "seller" else row.buyer_id
        query = query.where(whose == asker.id)
    found = db.execute(query).mappings().first()
    return dict(found) if found else None


def undecided_by(
    at: datetime, place: tuple[datetime, str] | None, limit: int, db: Connection
) -> Sequence[tuple[datetime, str]]:
    """Return the orders that are open although their time was over by `at`.

    Shape: when that was, and the order's id: in this order, beyond `place`. Orders that no
        clock expires are left out.
    """
    row = seller_orders.c
    key = row.expires_at, row.order_id
    query = select(*key).where(row.state == "open", row.expires_at <= at)
    if place is not None:
        query = query.where(tuple_(*key) > place)
    found = db.execute(query.order_by(*key).limit(limit))
    return [(expires_at, order_id) for expires_at, order_id in found]


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
