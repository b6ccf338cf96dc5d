"""Composition root of orders: what it is made of, and how it is run."""

from typing import Final

from contracts import topics
from kit.blueprint import Blueprint
from kit.readmodels.models import OwnReadModel
from kit.serving import serve
from services.orders import api, consumers, projections
from services.orders.queries import exports
from services.orders.schedules import EXPIRY

BLUEPRINT: Final = Blueprint(
    name="orders",
    topic=topics.ORDERS,
    router=api.router,
    statuses=api.STATUSES,
    own=[
        OwnReadModel("orders", projections.metadata, [projections.project_seller_orders]),
        OwnReadModel(
            "order-products",
            projections.products_metadata,
            [projections.project_order_products],
        ),
    ],
    foreign=[consumers.BUYERS, consumers.STANDINGS],
    schedules=[EXPIRY],
    keeps=[exports.metadata],
    asks={
        "catalog": "orders are accepted without asking for their units, which facts settle"
    },
)

if __name__ == "__main__":
    serve(BLUEPRINT)
