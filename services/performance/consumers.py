"""Kafka in: the facts that become obligations, what upheld appeals claim among them."""

from typing import Final

from contracts import topics
from kit.consumers.columns import InColumns
from kit.readmodels.models import ForeignReadModel
from services.performance import projections

OBLIGATIONS: Final = ForeignReadModel(
    name="obligations",
    tables=projections.metadata,
    handler=InColumns(projections.project_performance),
    topics=(topics.ORDERS, topics.CATALOG, topics.BUYERS, topics.PERFORMANCE),
    only_adds=True,
)
