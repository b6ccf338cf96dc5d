"""Kafka in: what sellers decided of their buyers, whose orders these are."""

from typing import Final

from contracts import topics
from kit.readmodels.models import ForeignReadModel
from services.orders.projections import buyers

BUYERS: Final = ForeignReadModel(
    name="buyers",
    tables=buyers.metadata,
    handler=buyers.project_buyers,
    topics=(topics.BUYERS,),
)
