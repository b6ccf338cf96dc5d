"""HTTP in and out: how sellers stood, and why; where they stand. No rule lives here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from services.performance.api.scorecards import router as scorecards
from services.performance.api.standing import STATUSES as OF_STANDING, router as standing

STATUSES: Final[Mapping[str, HTTPStatus]] = {**OF_STANDING}

router = APIRouter()
router.include_router(scorecards, tags=["performance"])
router.include_router(standing)
