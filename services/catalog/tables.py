"""What catalog keeps to allocate units, beside its facts and what is read of them."""

from typing import Final

from sqlalchemy import Column, MetaData, Table, Text

metadata: Final = MetaData()

allocated_products: Final = Table(
    "allocated_products",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
)
"""A row to lock for whoever moves units of orders. Nothing else ever writes it."""
