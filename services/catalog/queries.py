"""What may be read of catalog: the read models, as they stand after the last write."""

from typing import Any

from sqlalchemy import Connection, select

from services.catalog.projections import listings, stock


def listing(seller_id: str, product_id: str, db: Connection) -> dict[str, Any] | None:
    """Return what is said of a product, or None if it was never listed."""
    row = listings.c
    this = (row.seller_id == seller_id) & (row.product_id == product_id)
    found = db.execute(select(listings).where(this)).mappings().first()
    return dict(found) if found else None


def stock_of(seller_id: str, product_id: str, db: Connection) -> dict[str, Any] | None:
    """Return a product's units on hand and its lots, or None if it was never stocked."""
    row = stock.c
    this = (row.seller_id == seller_id) & (row.product_id == product_id)
    found = db.execute(select(stock).where(this)).mappings().first()
    return dict(found) if found else None
