"""Composition root of buyers: what it is made of, and how it is run."""

from typing import Final

from contracts import topics
from kit.blueprint import Blueprint
from kit.readmodels.models import OwnReadModel
from kit.serving import serve
from services.buyers import api, projections, tables
from services.buyers.consumers import ACCEPTED_ORDERS
from services.buyers.schedules import EXPIRY

BLUEPRINT: Final = Blueprint(
    name="buyers",
    topic=topics.BUYERS,
    router=api.router,
    statuses=api.STATUSES,
    own=[
        OwnReadModel(
            "buyers",
            tables.metadata,
            [
                projections.project_access,
                projections.project_customers,
                projections.project_conversations,
            ],
        )
    ],
    reactions=[ACCEPTED_ORDERS],
    schedules=[EXPIRY],
)

if __name__ == "__main__":
    serve(BLUEPRINT)
