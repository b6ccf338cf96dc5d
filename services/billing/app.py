"""Composition root of billing: what it is made of, and how it is run."""

from typing import Final

from contracts import topics
from kit.blueprint import Blueprint
from kit.readmodels.models import OwnReadModel
from kit.serving import serve
from services.billing import api, projections
from services.billing.consumers import STOCK
from services.billing.model.stock import compile_ahead

BLUEPRINT: Final = Blueprint(
    name="billing",
    topic=topics.BILLING,
    router=api.router,
    statuses=api.STATUSES,
    own=[
        OwnReadModel(
            "store-fee-postings",
            projections.postings_metadata,
            [projections.project_store_fee_postings],
        )
    ],
    foreign=[STOCK],
    warm_up=compile_ahead,
)

if __name__ == "__main__":
    serve(BLUEPRINT)
