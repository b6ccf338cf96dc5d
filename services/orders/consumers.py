"""Kafka in: what sellers decided of their buyers, and how the sellers stand."""

from typing import Final

from contracts import topics
from kit.readmodels.models import ForeignReadModel
from services.orders.projections import buyers, standings

BUYERS: Final = ForeignReadModel(
    name="buyers",
    tables=buyers.metadata,
    handler=buyers.project_buyers,
    topics=(topics.BUYERS,),
)
STANDINGS: Final = ForeignReadModel(
    name="standings",
    tables=standings.metadata,
    handler=standings.project_standings,
    topics=(topics.PERFORMANCE,),
)
