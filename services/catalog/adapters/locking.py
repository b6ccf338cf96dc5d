"""One at a time moves units of orders: who does, locks their products first.

All that it goes by is read after that, so a reservation and the facts that end its order
can't overlook each other. What is locked are rows that no movement writes: of a movement
and a reservation, neither ever holds what the other waits for.
"""

from collections.abc import Collection
from typing import Final, LiteralString, TypeAlias

from sqlalchemy import Connection

from kit.database import driver

Product: TypeAlias = tuple[str, str]
"""A seller's id and a product's."""

# A conflict locks the row and writes nothing. Rows, for a batch of thousands of products
# would fill the server's table of other locks.
_LOCK: Final[LiteralString] = """
INSERT INTO allocated_products AS a (seller_id, product_id)
SELECT DISTINCT * FROM unnest(%s::text[], %s::text[]) AS p (seller_id, product_id)
ORDER BY seller_id, product_id
ON CONFLICT (seller_id, product_id) DO UPDATE SET product_id = a.product_id WHERE false
"""
_STOCKED: Final[LiteralString] = """
SELECT seller_id, product_id FROM stock
JOIN unnest(%s::text[], %s::text[]) AS p (seller_id, product_id)
    USING (seller_id, product_id)
WHERE received_units > 0
"""


def lock(products: Collection[Product], db: Connection) -> Collection[Product]:
    """Return those of `products` that were ever stocked.

    Nobody else moves units of orders of any of them until the transaction ends. Lock all
    that it needs at once: so nobody waits for one who waits for them.
    """
    if not products:
        return frozenset()
    columns = [*map(list, zip(*products, strict=True))]
    driver(db).execute(_LOCK, columns)
    return frozenset(driver(db).execute(_STOCKED, columns))
