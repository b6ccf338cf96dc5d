"""Orders' demand as facts tell it, and the stock that meets it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final, LiteralString

from sqlalchemy import Connection

from kit.database import driver
from kit.eventstore.streams import Streams
from services.catalog.adapters.locking import Product
from services.catalog.commands import Allocation, SettleOrder
from services.catalog.handlers import to_request
from services.catalog.model.demand import Demand, Saying
from services.catalog.policies import stock_rules

_COLUMNS: Final[LiteralString] = (
    "order_id, event_id, line_id, seller_id, says, product_id, units, from_order, at,"
    " recorded_at, pos, version"
)
_SAID: Final[LiteralString] = f"""
SELECT {_COLUMNS} FROM order_sayings WHERE order_id = ANY(%s) ORDER BY order_id, pos
"""
_PRODUCTS: Final[LiteralString] = """
SELECT DISTINCT seller_id, product_id FROM order_sayings
WHERE order_id = ANY(%s) AND product_id IS NOT NULL
"""
_WAITING: Final[LiteralString] = """
SELECT DISTINCT o.order_id FROM order_sayings AS o
JOIN unnest(%s::text[], %s::text[]) AS p (seller_id, product_id)
    USING (seller_id, product_id)
LEFT JOIN set_aside AS a USING (seller_id, product_id, order_id)
WHERE o.says = 'placed' AND coalesce(a.units, 0) < (
    SELECT sum(units) FROM order_sayings AS all_of_it
    WHERE (seller_id, product_id, order_id) = (o.seller_id, o.product_id, o.order_id)
)
AND EXISTS (SELECT FROM order_sayings AS yes
    WHERE yes.order_id = o.order_id AND yes.says = 'accepted')
AND NOT EXISTS (SELECT FROM order_sayings AS over
    WHERE over.order_id = o.order_id AND over.says = 'ended')
"""
_KEPT: Final[LiteralString] = """
SELECT product_id, kept_since FROM stock WHERE seller_id = %s AND kept_since IS NOT NULL
"""
_ASIDE: Final[LiteralString] = """
SELECT order_id, product_id, units FROM set_aside WHERE seller_id = %s AND units > 0
"""


def products_of(order_ids: Iterable[str], db: Connection) -> Collection[Product]:
    """Return the products of which some orders ever held units."""
    return driver(db).execute(_PRODUCTS, ([*order_ids],)).fetchall()


def sayings_of(order_ids: Iterable[str], db: Connection) -> Sequence[Saying]:
    """Return all that facts said of some orders, by order."""
    rows = driver(db).execute(_SAID, ([*order_ids],))
    return [Saying(*row) for row in rows]


def carry_out(asked: Sequence[Allocation], streams: Streams) -> None:
    """Ask stocks for what orders need, in this order; their products are locked.

    Raises:
        Refused: A stock can't do it; what asked for it is wrong.
    """
    for answer in streams.submit([to_request(one) for one in asked]) if asked else ():
        if answer.refused is not None:
            raise answer.refused


def waiting(products: Mapping[Product, datetime], db: Connection) -> Sequence[SettleOrder]:
    """Return what accepted orders want of `products` and may not have, the oldest first.

    Shape: `products` with the moment at which units came in.
    """
    found = driver(db).execute(_WAITING, [*map(list, zip(*products, strict=True))])
    said = groupby(sayings_of([one for (one,) in found], db), attrgetter("order_id"))
    demands = [Demand.of(sayings, stock_rules()) for _, sayings in said]
    settled = [
        one.settle(product_id, at)
        for one in demands
        for (seller_id, product_id), at in products.items()
        if one.seller_id == seller_id and one.wanted.get(product_id, 0) > 0
    ]
    open_still = [(one.accepted_at, one) for one in settled if one.accepted_at is not None]
    return [one for _, one in sorted(open_still, key=lambda each: each[0])]


@dataclass(frozen=True, slots=True)
class Shortage:
    """Units that an accepted order wants, and that were not there."""

    order_id: str
    product_id: str
    units: int
    accepted_at: datetime


def shortages(seller_id: str, db: Connection) -> Sequence[Shortage]:
    """Return which accepted orders of a seller wait for units, the oldest first.

    Shape: what waits is served as units come in; see `waiting`.
    """
    kept = driver(db).execute(_KEPT, (seller_id,)).fetchall()
    since = {(seller_id, product_id): at for product_id, at in kept}
    held = {(o, p): n for o, p, n in driver(db).execute(_ASIDE, (seller_id,))}
    return [
        Shortage(one.order_id, one.product_id, missing, one.accepted_at)
        for one in (waiting(since, db) if since else ())
        if one.accepted_at is not None
        and one.accepted_at >= since[seller_id, one.product_id]
        and (missing := one.at_least - held.get((one.order_id, one.product_id), 0)) > 0
    ]
