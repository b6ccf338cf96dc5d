"""Read models of orders: of their own facts, and of what others say of their buyers.

Each may be dropped and rebuilt from the first fact.
"""

from services.orders.projections.buyers import project_buyers
from services.orders.projections.seller_orders import (
    metadata,
    order_products,
    products_metadata,
    project_order_products,
    project_seller_orders,
    seller_orders,
)

__all__ = [
    "metadata",
    "order_products",
    "products_metadata",
    "project_buyers",
    "project_order_products",
    "project_seller_orders",
    "seller_orders",
]
