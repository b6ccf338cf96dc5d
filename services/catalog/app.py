"""Composition root of catalog: what it is made of, and how it is run."""

from typing import Final

from contracts import topics
from kit.blueprint import Blueprint
from kit.readmodels.models import OwnReadModel
from kit.serving import serve
from services.catalog import api, projections, tables
from services.catalog.consumers import ACCESS, ORDERS, REACTIONS, VISIBILITY

BLUEPRINT: Final = Blueprint(
    name="catalog",
    topic=topics.CATALOG,
    router=api.router,
    statuses=api.STATUSES,
    own=[
        OwnReadModel(
            "catalog",
            projections.metadata,
            [
                projections.project_listings,
                projections.project_stock,
                projections.project_set_aside,
            ],
        )
    ],
    foreign=[ORDERS, ACCESS, VISIBILITY],
    reactions=REACTIONS,
    keeps=[tables.metadata],
)

if __name__ == "__main__":
    serve(BLUEPRINT)
