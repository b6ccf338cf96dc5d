"""Kafka in: the facts of catalog that stock, and so the store fee, follows from."""

from typing import Final

from contracts import topics
from kit.readmodels.models import ForeignReadModel
from services.billing import projections

STOCK: Final = ForeignReadModel(
    name="stock-movements",
    tables=projections.stock_metadata,
    handler=projections.project_stock_movements,
    topics=(topics.CATALOG,),
)
