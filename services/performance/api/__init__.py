"""HTTP out: how sellers stood, and why. No rule lives here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from services.performance.api.policies import router as policies
from services.performance.api.scorecards import router as scorecards
from services.performance.api.trends import router as trends
from services.performance.api.what_if import router as what_if
from services.performance.model.policy import PolicyUnknown

STATUSES: Final[Mapping[str, HTTPStatus]] = {PolicyUnknown.code: HTTPStatus.NOT_FOUND}

router = APIRouter(tags=["performance"])
router.include_router(scorecards)
router.include_router(policies)
router.include_router(what_if)
router.include_router(trends)
