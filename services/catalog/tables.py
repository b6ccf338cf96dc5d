"""What catalog keeps to allocate units, beside its facts and what is read of them."""

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text

metadata: Final = MetaData()

allocated_products: Final = Table(
    "allocated_products",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
)
"""A row to lock for whoever moves units of orders. Nothing else ever writes it."""

reserved_units: Final = Table(
    "reserved_units",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("seller_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("units", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
)
"""What an order asked for, judged on `version` facts of it, until more of it is heard."""

waiting_orders: Final = Table(
    "waiting_orders",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("wanted", BigInteger, nullable=False),
    Column("accepted_at", DateTime(timezone=True), nullable=False),
)
"""Accepted orders that want more than is aside for them, as they were last settled."""
