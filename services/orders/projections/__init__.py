"""Read models of orders: of their own facts, and of what others say of their buyers.

Each may be dropped and rebuilt from the first fact.
"""

from services.orders.projections.buyers import project_buyers
from services.orders.projections.seller_orders import (
    metadata,
    project_seller_orders,
    seller_orders,
)

__all__ = ["metadata", "project_buyers", "project_seller_orders", "seller_orders"]
