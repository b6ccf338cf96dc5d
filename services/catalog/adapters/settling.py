"""Orders' demand as facts tell it, and the stock that meets it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from sqlalchemy import Connection

from kit.database import driver
from kit.eventstore.streams import Streams
from services.catalog.adapters.locking import Product
from services.catalog.commands import Allocation, SettleOrder
from services.catalog.handlers import to_request
from services.catalog.model.demand import Saying

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
_SERVED: Final[LiteralString] = """
DELETE FROM waiting_orders AS w
USING unnest(%s::text[], %s::text[], %s::text[]) AS s (seller_id, product_id, order_id)
WHERE (w.seller_id, w.product_id, w.order_id) = (s.seller_id, s.product_id, s.order_id)
"""
_WAITS: Final[LiteralString] = """
INSERT INTO waiting_orders (seller_id, product_id, order_id, wanted, accepted_at)
SELECT w.* FROM unnest(
    %s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[]
) AS w (seller_id, product_id, order_id, wanted, accepted_at)
LEFT JOIN set_aside AS a USING (seller_id, product_id, order_id)
WHERE w.wanted > coalesce(a.units, 0)
"""
_SHORT: Final[LiteralString] = """
SELECT w.seller_id, w.product_id, w.order_id, w.wanted, w.accepted_at, s.on_hand,
    w.wanted - coalesce(a.units, 0) AS missing
FROM waiting_orders AS w
JOIN stock AS s USING (seller_id, product_id)
LEFT JOIN set_aside AS a USING (seller_id, product_id, order_id)
WHERE w.accepted_at >= s.kept_since AND w.wanted > coalesce(a.units, 0)
"""
_WAITING: Final[LiteralString] = f"""
SELECT seller_id, product_id, order_id, wanted, accepted_at FROM (
    SELECT short.*, sum(missing) OVER (
        PARTITION BY seller_id, product_id ORDER BY accepted_at, order_id
    ) - missing AS before
    FROM ({_SHORT}) AS short
    JOIN unnest(%s::text[], %s::text[]) AS p (seller_id, product_id)
        USING (seller_id, product_id)
) AS queue WHERE before < on_hand ORDER BY accepted_at, order_id
"""
_SHORTAGES: Final[LiteralString] = f"""
SELECT order_id, product_id, missing, accepted_at FROM ({_SHORT}) AS short
WHERE seller_id = %s ORDER BY accepted_at, order_id, product_id
"""


def products_of(order_ids: Iterable[str], db: Connection) -> Collection[Product]:
    """Return the products of which some orders ever held units."""
    return driver(db).execute(_PRODUCTS, ([*order_ids],)).fetchall()


def sayings_of(order_ids: Iterable[str], db: Connection) -> Sequence[Saying]:
    """Return all that facts said of some orders, by order."""
    rows = driver(db).execute(_SAID, ([*order_ids],))
    return [Saying(*row) for row in rows]


def carry_out(
    asked: Sequence[Allocation],
    stocked: Collection[Product],
    db: Connection,
    streams: Streams,
) -> None:
    """Ask stocks for what orders need, in this order, and note which orders wait for more.

    Shape: products are locked; those that are not `stocked` are asked for nothing.

    Raises:
        Refused: A stock can't do it; what asked for it is wrong.
    """
    met = [one for one in asked if (one.seller_id, one.product_id) in stocked]
    for answer in streams.submit([to_request(one) for one in met]) if met else ():
        if answer.refused is not None:
            raise answer.refused
    _note({_named(one): one for one in asked if isinstance(one, SettleOrder)}, db)


def _named(one: SettleOrder) -> tuple[str, str, str]:
    return one.seller_id, one.product_id, one.order_id


def _note(settled: Mapping[tuple[str, str, str], SettleOrder], db: Connection) -> None:
    if not settled:
        return
    driver(db).execute(_SERVED, [*map(list, zip(*settled, strict=True))])
    wanting = [
        (*name, one.at_least, one.accepted_at)
        for name, one in settled.items()
        if one.accepted_at is not None and one.at_least > 0
    ]
    if wanting:
        driver(db).execute(_WAITS, [*map(list, zip(*wanting, strict=True))])


def waiting(products: Mapping[Product, datetime], db: Connection) -> Sequence[SettleOrder]:
    """Return what accepted orders want of `products` and can have now, the oldest first.

    Shape: `products`, which are locked, with the moment at which units came in. Nothing for
        orders that were accepted before stock was kept.
    """
    rows = driver(db).execute(_WAITING, [*map(list, zip(*products, strict=True))])
    return [
        SettleOrder(
            seller_id=seller_id,
            product_id=product_id,
            order_id=order_id,
            at_least=wanted,
            at_most=wanted,
            accepted_at=accepted_at,
            at=products[seller_id, product_id],
        )
        for seller_id, product_id, order_id, wanted, accepted_at in rows
    ]


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
    return [Shortage(*row) for row in driver(db).execute(_SHORTAGES, (seller_id,))]
