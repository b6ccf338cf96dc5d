"""HTTP out: scorecards of any moment, as known at any other. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from kit.web.asking import may
from kit.web.reading import ThisEngine
from kit.web.whose import AnySeller
from services.performance.api.asking import AsOf, KnownAt, PoliciesHere, PolicyVersion
from services.performance.model.choosing import chosen_policy
from services.performance.model.scorecard import NOT_ENOUGH
from services.performance.queries import Question, ask_scorecards

router = APIRouter()


class Scorecards(BaseModel):
    """How sellers stood, and by which policy that was judged.

    Units: `rate` from 0 to 1. Shape: `policy_digest` names the content of `policy`;
        `cards` by seller and metric, `overall` by seller; `evidence`, if asked for, by
        seller, metric and moment due.
    """

    policy: str
    policy_digest: str
    cards: list[dict[str, Any]]
    overall: list[dict[str, Any]]
    evidence: list[dict[str, Any]] | None = None


def _question(
    as_of: AsOf,
    policies: PoliciesHere,
    known_at: KnownAt = None,
    seller_id: AnySeller = None,
    version: PolicyVersion = None,
) -> Question:
    policy = chosen_policy(version, as_of, policies)
    return Question(policy, as_of, known_at, seller_id)


@router.get("/scorecards", dependencies=[may("seller", "operator", "service")])
def read_scorecards(
    question: Annotated[Question, Depends(_question)],
    engine: ThisEngine,
    *,
    all_metrics: Annotated[
        bool, Query(alias="all", description="With metrics that have too few to judge.")
    ] = False,
    explain: Annotated[bool, Query(description="With the facts behind each.")] = False,
) -> Scorecards:
    """Answer how sellers stood at `as_of`, as known at `known_at` or now."""
    found = ask_scorecards(engine, question, explained=explain)
    question.require_known(found.overall)
    cards = found.cards.to_dicts()
    return Scorecards(
        policy=question.policy.version,
        policy_digest=question.policy.digest,
        cards=[card for card in cards if all_metrics or card["level"] != NOT_ENOUGH],
        overall=found.overall.to_dicts(),
        evidence=None if found.evidence is None else found.evidence.to_dicts(),
    )
