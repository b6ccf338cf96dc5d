"""Read models of orders: of their own facts, and of what others say of who orders of whom.

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
from services.orders.projections.standings import project_standings

__all__ = [
    "metadata",
    "order_products",
    "products_metadata",
    "project_buyers",
    "project_order_products",
    "project_seller_orders",
    "project_standings",
    "seller_orders",
]
