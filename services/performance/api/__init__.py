"""HTTP out: how sellers stood, and why. No rule lives here."""

from fastapi import APIRouter

from services.performance.api.scorecards import router as scorecards

router = APIRouter(tags=["performance"])
router.include_router(scorecards)
