"""HTTP in and out: how sellers stood, and why; where they stand. No rule lives here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from services.performance.api.evidence import router as evidence
from services.performance.api.policies import router as policies
from services.performance.api.projections import router as projections
from services.performance.api.replay import router as replay
from services.performance.api.reviews import router as reviews
from services.performance.api.scorecards import router as scorecards
from services.performance.api.sellers import router as sellers
from services.performance.api.standing import STATUSES as OF_STANDING, router as standing
from services.performance.api.trends import router as trends
from services.performance.api.what_if import router as what_if
from services.performance.model.refusals import (
    ClaimsRefused,
    MetricUnknown,
    NotYetCome,
    PolicyNotToCome,
    PolicyUnknown,
    TooLongToReplay,
)

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    **OF_STANDING,
    **dict.fromkeys(
        (NotYetCome.code, ClaimsRefused.code, TooLongToReplay.code),
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    **dict.fromkeys(
        (PolicyUnknown.code, PolicyNotToCome.code, MetricUnknown.code),
        HTTPStatus.NOT_FOUND,
    ),
}

router = APIRouter()
for _each in (
    scorecards,
    replay,
    sellers,
    evidence,
    projections,
    policies,
    what_if,
    trends,
):
    router.include_router(_each, tags=["performance"])
router.include_router(standing)
router.include_router(reviews, tags=["standing"])
