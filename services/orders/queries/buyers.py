"""What has been heard of a buyer and their seller, for the commands that depend on it."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, select, text

from services.orders.commands import AcceptOrder, BuyerStanding, OfBuyer, PlaceOrder
from services.orders.projections import seller_orders

# What was heard of a relationship, else what an order of the buyer's was accepted with:
# buyers may not have heard of that yet, or we not of their hearing it.
_STANDING: Final = """
SELECT coalesce(g.approval_required, false), a.access, coalesce(r.customer_id, (
  SELECT o.customer_id FROM seller_orders o WHERE o.seller_id = k.seller_id
  AND o.buyer_id = k.buyer_id AND o.customer_id IS NOT NULL
  ORDER BY o.decided_at DESC LIMIT 1)), (
  SELECT CASE WHEN bool_and(c.buyer_id = k.buyer_id) THEN 'theirs'
    WHEN count(*) > 0 THEN 'others' END
  FROM seller_customers c
  WHERE c.seller_id = k.seller_id AND c.customer_id = :customer_id), s.step
FROM {keys} k
LEFT JOIN gated_sellers g ON g.seller_id = k.seller_id
LEFT JOIN buyer_access a ON a.seller_id = k.seller_id AND a.buyer_id = k.buyer_id
LEFT JOIN buyer_relationships r ON r.seller_id = k.seller_id AND r.buyer_id = k.buyer_id
LEFT JOIN seller_standings s ON s.seller_id = k.seller_id
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
        pair = {"seller_id": command.seller_id, "buyer_id": command.buyer_id}
        found = db.execute(_OF_PAIR, {**pair, "customer_id": None}).first()
    else:
        said = {"order_id": command.order_id, "customer_id": command.customer_id}
        found = db.execute(_OF_ORDER, said).first()
    if found is None:
        return OfBuyer(command=command, buyer=BuyerStanding())
    required, access, customer_id, named, step = found
    buyer = BuyerStanding(
        approval_required=required,
        access=access,
        customer_id=customer_id,
        named=named,
        step=step,
    )
    return OfBuyer(command=command, buyer=buyer)


def buyers_of(order_ids: Iterable[str], db: Connection) -> Mapping[str, tuple[str, str]]:
    """Return the seller and the buyer of each order, by its id."""
    row = seller_orders.c
    query = select(row.order_id, row.seller_id, row.buyer_id)
    found = db.execute(query.where(row.order_id.in_(order_ids)))
    return {order_id: (seller_id, buyer_id) for order_id, seller_id, buyer_id in found}
