"""What may be read of catalog: read models as they stand after the last write."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, Literal, LiteralString, TypeAlias, cast

from psycopg.rows import dict_row
from sqlalchemy import Connection, select

from contracts.catalog import InventoryEvent
from contracts.registry import CLASSES, decode
from kit.database import driver
from services.catalog.model.completeness import completeness
from services.catalog.model.listing import Description
from services.catalog.model.lots import Move, shelf_after, steps
from services.catalog.projections import listings, set_aside, stock

Visibility: TypeAlias = Literal[1, 0, -1]
"""How visible a seller is to a buyer: what is more so comes first, then the newest.

A seller of whom performance has said nothing is neutral.
"""
BOOSTED: Final = 1
NEUTRAL: Final = 0
REDUCED: Final = -1

Place: TypeAlias = tuple[Visibility, datetime, str, str]
"""Where a product stands for buyers: visibility, when it was listed, seller and product."""

Moved: TypeAlias = tuple[datetime, int]
"""Where a movement stands in the history of its stock: its moment, and its version."""

# Of one visibility at a time: those who are neutral are read in the order of an index, the
# others in it too, or by seller where they are few. So a page is dear only where nearly all
# newer products are of other visibility: those are passed over one by one. Who takes no new
# buyers is not there for those who don't know them, who could not order.
_FOR_SALE: Final[LiteralString] = """
SELECT l.seller_id, l.product_id, l.title, l.description, l.images, l.image_count,
    l.description_chars, l.weight_g, l.length_mm, l.width_mm, l.height_mm, l.listed_at,
    s.on_hand AS available, %(visibility)s::integer AS visibility
FROM listings AS l
LEFT JOIN stock AS s USING (seller_id, product_id)
LEFT JOIN access_rules AS r USING (seller_id)
LEFT JOIN seller_steps AS t USING (seller_id)
LEFT JOIN seller_boosts AS b USING (seller_id)
WHERE l.state = 'listed'
AND (%(seller_id)s::text IS NULL OR l.seller_id = %(seller_id)s)
AND (r.approval_required IS NOT TRUE OR EXISTS (
    SELECT FROM access_approvals AS a
    WHERE a.seller_id = l.seller_id AND a.buyer_id = %(buyer_id)s))
AND CASE
    WHEN t.step = 'suspended' THEN NULL
    WHEN t.step = 'reduced_for_all' THEN CASE WHEN EXISTS (
        SELECT FROM known_buyers AS k
        WHERE k.seller_id = l.seller_id AND k.buyer_id = %(buyer_id)s) THEN -1 END
    WHEN t.step = 'reduced_for_some' AND NOT EXISTS (
        SELECT FROM known_buyers AS k
        WHERE k.seller_id = l.seller_id AND k.buyer_id = %(buyer_id)s) THEN -1
    WHEN b.boosted THEN 1
    ELSE 0 END = %(visibility)s
AND (%(visibility)s = 0 OR l.seller_id IN (
    SELECT seller_id FROM seller_steps UNION SELECT seller_id FROM seller_boosts))
AND (%(listed_at)s::timestamptz IS NULL OR (l.listed_at, l.seller_id, l.product_id)
    < (%(listed_at)s, %(beyond_seller)s, %(beyond_product)s))
ORDER BY l.listed_at DESC, l.seller_id DESC, l.product_id DESC LIMIT %(limit)s
"""

_MOVED: Final[LiteralString] = """
SELECT occurred_at, version, type, (data ->> 'units')::bigint, data ->> 'lot_id',
    (data ->> 'manufactured_on')::date
FROM events WHERE stream_id = %s ORDER BY occurred_at, version
"""
_TOLD: Final[LiteralString] = """
SELECT event_id, version, type, data::text, occurred_at AS at, recorded_at,
    meta ->> 'actor' AS actor
FROM events WHERE stream_id = %s AND version = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Browsing:
    """What a buyer asks to see: of all sellers or one, beyond a place, so many."""

    buyer_id: str
    seller_id: str | None
    place: Place | None
    limit: int


def listing(seller_id: str, product_id: str, db: Connection) -> dict[str, Any] | None:
    """Return what is said of a product, or None if it was never listed."""
    row = listings.c
    this = (row.seller_id == seller_id) & (row.product_id == product_id)
    found = db.execute(select(listings).where(this)).mappings().first()
    return None if found is None else _with_points(found)


def listings_of(
    seller_id: str, beyond: str, limit: int, db: Connection
) -> Sequence[dict[str, Any]]:
    """Return a seller's first `limit` listings beyond a product, by product."""
    row = listings.c
    mine = (row.seller_id == seller_id) & (row.product_id > beyond)
    query = select(listings).where(mine).order_by(row.product_id).limit(limit)
    return [_with_points(found) for found in db.execute(query).mappings()]


def _with_points(row: Mapping[Any, Any]) -> dict[str, Any]:
    said = Description(**{each.name: row[each.name] for each in fields(Description)})
    return {**row, "completeness": asdict(completeness(said))}


def stock_of(seller_id: str, product_id: str, db: Connection) -> dict[str, Any] | None:
    """Return a product's units on hand, its lots and what is set aside, or None.

    Units: `lots` received in all, and on hand now, first in first out.
    """
    row, aside = stock.c, set_aside.c
    this = (row.seller_id == seller_id) & (row.product_id == product_id)
    found = db.execute(select(stock).where(this)).mappings().first()
    if found is None:
        return None
    mine = (aside.seller_id == seller_id) & (aside.product_id == product_id)
    query = select(aside.order_id, aside.units).where(mine, aside.units > 0)
    held = {row.order_id: row.units for row in db.execute(query)}
    shelf = shelf_after(move for _, move in _moves(seller_id, product_id, db))
    left = {lot: units for (_, lot), units in shelf.on_hand.items()}
    lots = {lot: {**said, "on_hand": left[lot]} for lot, said in found["lots"].items()}
    return {**found, "lots": lots, "set_aside": held}


def stock_history(
    seller_id: str, product_id: str, before: Moved | None, limit: int, db: Connection
) -> list[dict[str, Any]]:
    """Return the last `limit` facts that moved a product's stock before a place.

    Of all others only what moved is read: they are not said, and make no page dearer.

    Units: `change` and `on_hand` of all lots, `lots` the change of each.
    Shape: the last one first; nothing if there is none.
    """
    moves = _moves(seller_id, product_id, db)
    end = len(moves) if before is None else bisect_left(moves, before, key=itemgetter(0))
    start = max(end - limit, 0)
    versions = [version for (_, version), _ in moves[start:end]]
    told = _told(seller_id, product_id, versions, db)
    shelf = shelf_after(move for _, move in moves[:start])
    done = steps((told[version][0] for version in versions), shelf)
    found = [
        told[version][1] | one._asdict()
        for version, one in zip(versions, done, strict=True)
    ]
    return found[::-1]


def _moves(seller_id: str, product_id: str, db: Connection) -> Sequence[tuple[Moved, Move]]:
    """Return what moved a stock's lots, by places."""
    rows = driver(db).execute(_MOVED, (f"inventory-{seller_id}:{product_id}",))
    return [
        ((at, version), Move(CLASSES[name], *moved)) for at, version, name, *moved in rows
    ]


def _told(
    seller_id: str, product_id: str, versions: Sequence[int], db: Connection
) -> Mapping[int, tuple[InventoryEvent, dict[str, Any]]]:
    """Return some movements, and what is told of them, by version."""
    found: dict[int, tuple[InventoryEvent, dict[str, Any]]] = {}
    stream_id = f"inventory-{seller_id}:{product_id}"
    with driver(db).cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_TOLD, (stream_id, [*versions])):
            fact = cast("InventoryEvent", decode(row["type"], row.pop("data")))
            said = fact.model_dump(exclude={"seller_id", "product_id", fact.moment})
            found[row["version"]] = fact, {**row, "said": said}
    return found


def for_sale(question: Browsing, db: Connection) -> Sequence[dict[str, Any]]:
    """Return the products that a buyer may see, beyond a place, in the order of places.

    Shape: what is delisted, of a gated seller who has not approved the buyer, or of one who
        is suspended, is not there; nor is what a new buyer could not order. `available` is
        None where no stock is kept, `visibility` as BOOSTED, NEUTRAL and REDUCED. `db` has
        read nothing yet: all is as it was at one moment, so that a seller whose visibility
        changes meanwhile is there once.
    """
    driver(db).execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    found = list[dict[str, Any]]()
    ranks: tuple[Visibility, ...] = (BOOSTED, NEUTRAL, REDUCED)
    begun = BOOSTED if question.place is None else question.place[0]
    for visibility in ranks:
        if visibility <= begun and len(found) < question.limit:
            beyond = question.place if visibility == begun else None
            limit = question.limit - len(found)
            found += _of_one(visibility, question, beyond, limit, db)
    return found


def _of_one(
    visibility: Visibility,
    question: Browsing,
    beyond: Place | None,
    limit: int,
    db: Connection,
) -> Sequence[dict[str, Any]]:
    """Return the products of one visibility, the newest first."""
    _, listed_at, seller, product = beyond or (visibility, None, None, None)
    values = {
        "visibility": visibility,
        "buyer_id": question.buyer_id,
        "seller_id": question.seller_id,
        "listed_at": listed_at,
        "beyond_seller": seller,
        "beyond_product": product,
        "limit": limit,
    }
    with driver(db).cursor() as cursor:
        cursor.execute(_FOR_SALE, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def place_of(product: dict[str, Any]) -> Place:
    """Return where a product of `for_sale` stands."""
    visibility, listed_at = product["visibility"], product["listed_at"]
    return visibility, listed_at, product["seller_id"], product["product_id"]
