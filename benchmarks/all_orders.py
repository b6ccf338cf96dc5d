"""The All Orders table over 1,000,000 orders: page 1,000 beside page 1.

One of 1,000 sellers has a fifth of all orders, and their table is paged through, by each
way of filtering and sorting that has an index. A page is 20 orders. What costs most beside
its page 1 is the outcome; the others are said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Any, Final

from sqlalchemy import Connection, text

from benchmarks.measure import Outcome, conclude, say, side_by_side
from benchmarks.servers import database
from kit.database import connect
from services.orders.projections import metadata, products_metadata
from services.orders.queries.table import Filter, Place, Sort, page

ORDERS: Final = 1_000_000
SELLERS: Final = 1_000
PAGE: Final = 20
FAR: Final = 1_000
TURNS: Final = 40
GOAL: Final = 0.67
"""Page 1 and page 1,000 cost the same: no more than one and a half times as much."""

_NOW: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_BIG: Final = "seller-0"
_FIRST_PAGES: Final = _NOW - timedelta(days=400)

# One seller has every fifth order. What is filtered by goes round in steps that share no
# factor, so that each combination is found.
_ORDERS: Final = """
INSERT INTO seller_orders (order_id, seller_id, buyer_id, customer_id, state, placed_at,
  ship_by, clock_started_at, decided_at, currency, payment_method, ship_to_country,
  shipping_cents, subtotal_cents, total_cents, units, shipped_units, pending, invoice_state,
  lines, shipments, last_event_at, version)
SELECT 'order-' || n,
  CASE WHEN n % 5 = 0 THEN 'seller-0' ELSE 'seller-' || 1 + n % :others END,
  'buyer-' || n / 5 % 7, 'customer-' || n / 5 % 7,
  (ARRAY['open', 'accepted', 'rejected'])[1 + n / 5 % 3],
  at, at + interval '5 days', at, at + interval '1 day', 'USD', 'card', 'US',
  500, 1000 + n % 90000 * 7919 % 90000, 1500 + n % 90000 * 7919 % 90000, 2, 0,
  n / 5 % 3 < 2, 'none',
  jsonb_build_array(jsonb_build_object('line_id', 'line-1', 'product_id',
    'product-' || n / 5 % 8, 'title', 'A product', 'quantity', 2, 'unit_price_cents', 500)),
  '[]', at + interval '1 day', 2
FROM (SELECT n, CAST(:first AS timestamptz) + n * interval '30 seconds' AS at
      FROM generate_series(1, :orders) AS n) AS numbered
"""
_PRODUCTS: Final = """
INSERT INTO order_products (seller_id, product_id, placed_at, order_id)
SELECT seller_id, lines -> 0 ->> 'product_id', placed_at, order_id FROM seller_orders
"""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to look through the table that an index leads."""

    asked: Filter
    sort: Sort


_WAYS: Final[Mapping[str, Way]] = {
    "all": Way(Filter(seller_id=_BIG), "placed_at"),
    "newest first": Way(Filter(seller_id=_BIG), "-placed_at"),
    "by state": Way(Filter(seller_id=_BIG, states=["accepted"]), "placed_at"),
    "by buyer": Way(Filter(seller_id=_BIG, buyer_id="buyer-3"), "placed_at"),
    "by product": Way(Filter(seller_id=_BIG, product_id="product-3"), "placed_at"),
    "by amount": Way(Filter(seller_id=_BIG, from_cents=2_000), "total_cents"),
    "overdue": Way(Filter(seller_id=_BIG, overdue=True), "ship_by"),
    "since a day": Way(
        Filter(seller_id=_BIG, placed_from=_FIRST_PAGES + timedelta(days=30)), "-placed_at"
    ),
}


def all_orders() -> Outcome:
    """Return how page 1,000 of the table compares with page 1, where it does worst."""
    with database() as url:
        engine = connect(url)
        try:
            with engine.begin() as db:
                _fill(db)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
                db.execute(text("VACUUM ANALYZE"))
            with engine.connect() as db:
                found = [_compared(name, way, db) for name, way in _WAYS.items()]
        finally:
            engine.dispose()
    return min(found, key=lambda one: one.ratio)


def _fill(db: Connection) -> None:
    metadata.create_all(db)
    products_metadata.create_all(db)
    values = {"orders": ORDERS, "others": SELLERS - 1, "first": _FIRST_PAGES}
    db.execute(text(_ORDERS), values)
    db.execute(text(_PRODUCTS))


def _compared(name: str, way: Way, db: Connection) -> Outcome:
    place = _end_of_page(way, FAR - 1, db)
    found = side_by_side(
        "all-orders",
        GOAL,
        partial(_pages_per_second, way, place, db),
        partial(_pages_per_second, way, None, db),
    )
    say(f"all-orders, {name}: page {FAR:,} / page 1: {found.ratio}")
    return found


def _end_of_page(way: Way, number: int, db: Connection) -> Place:
    """Return where page `number` ends: the key that the next one is asked for with."""
    last = _page(way, None, number * PAGE, db)[-1]
    return last[way.sort.removeprefix("-")], last["order_id"]


def _pages_per_second(way: Way, place: Place | None, db: Connection) -> float:
    started = perf_counter()
    for _ in range(TURNS):
        _page(way, place, PAGE, db)
    return TURNS / (perf_counter() - started)


def _page(
    way: Way, place: Place | None, size: int, db: Connection
) -> Sequence[dict[str, Any]]:
    """Return the `size` orders that come after `place`.

    Raises:
        RuntimeError: There are fewer, and the figures would say nothing.
    """
    found = page(way.asked, way.sort, place, size, at=_NOW, db=db)
    if len(found) < size:
        raise RuntimeError(f"there are only {len(found):,} orders to page through")
    return found


if __name__ == "__main__":
    conclude(all_orders)
