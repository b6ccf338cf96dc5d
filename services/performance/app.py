"""Composition root of performance: what it is made of, and how it is run."""

from typing import Final

from contracts import topics
from kit.blueprint import Blueprint
from kit.readmodels.models import OwnReadModel
from kit.serving import serve
from services.performance import api, tables
from services.performance.consumers import OBLIGATIONS
from services.performance.projections.standing import (
    project_standings,
    standing_metadata,
)
from services.performance.schedules import RESTATEMENT, REVIEWS

BLUEPRINT: Final = Blueprint(
    name="performance",
    topic=topics.PERFORMANCE,
    router=api.router,
    statuses=api.STATUSES,
    own=[OwnReadModel("standings", standing_metadata, [project_standings])],
    foreign=[OBLIGATIONS],
    schedules=[REVIEWS, RESTATEMENT],
    keeps=[tables.metadata],
)

if __name__ == "__main__":
    serve(BLUEPRINT)
