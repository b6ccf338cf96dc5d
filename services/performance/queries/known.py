"""Whether anything is known of a seller: of others no question is answered."""

from datetime import datetime
from typing import Final, LiteralString

from sqlalchemy import Connection

from kit.database import driver
from services.performance.model.obligation import OF_STOCK
from services.performance.model.refusals import SellerNotKnown

_IS_KNOWN: Final[LiteralString] = """
SELECT EXISTS (SELECT FROM obligation_sayings
    WHERE seller_id = %(seller_id)s AND at <= %(now)s)
OR EXISTS (SELECT FROM listing_sayings
    WHERE seller_id = %(seller_id)s AND at <= %(now)s AND says <> ALL (%(of_stock)s))
OR EXISTS (SELECT FROM standings WHERE seller_id = %(seller_id)s)
"""


def require_known(seller_id: str, now: datetime, db: Connection) -> None:
    """Let pass a seller who had any obligation or listing, or was ever judged. Blocks.

    Raises:
        SellerNotKnown: Nothing is known of such a seller.
    """
    asked = {"seller_id": seller_id, "now": now, "of_stock": [*OF_STOCK]}
    (is_known,) = driver(db).execute(_IS_KNOWN, asked).fetchone() or (False,)
    if not is_known:
        raise SellerNotKnown(seller_id, now, None)
