"""HTTP out: a seller's scorecard with all that it follows from, to be checked offline."""

from typing import Any

from fastapi import APIRouter

from kit.web.asking import may
from kit.web.reading import ThisEngine
from kit.web.whose import SellerInPath
from services.performance.api.asking import HowAsked, repeatable
from services.performance.queries.evidence import bundle_of, digest_of

router = APIRouter()


@router.get(
    "/sellers/{seller_id}/evidence", dependencies=[may("seller", "operator", "service")]
)
def read_evidence(
    seller_id: SellerInPath, how: HowAsked, engine: ThisEngine
) -> dict[str, Any]:
    """Answer the evidence bundle: facts' sayings, policy and result, with a digest.

    scripts/verify_evidence.py recomputes it, with nothing of this code. The bundle stands
    on a question that gives it again; its policy is the whole policy.
    """
    asked = how.of(seller_id)
    rows, seen = asked.read(engine)
    basis = repeatable(asked, seen, "evidence")
    bundle = bundle_of(basis, rows, asked.policy, asked.as_of)
    return {**bundle, "digest": digest_of(bundle)}
