"""HTTP out: one seller's scorecard, and what it would be if claims were facts."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.fact import GivenMoment
from contracts.performance import MOST_CLAIMS, Claim
from kit.web.asking import may
from kit.web.commands import Now
from kit.web.reading import ThisEngine
from kit.web.whose import SellerInPath
from services.performance.api.asking import (
    Basis,
    HowAsked,
    PoliciesHere,
    Repeatable,
    basis_of,
    filled_in,
    repeatable,
)
from services.performance.model.changes import changed_metrics, changed_obligations
from services.performance.model.choosing import chosen_metrics
from services.performance.queries.one_seller import Card, ask_card, ask_what_if
from services.performance.queries.seen import SeenText

router = APIRouter()


class SellerScorecard(Repeatable):
    """How one seller stood.

    Units: `rate` from 0 to 1. Shape: `level` is that of all metrics, `cards` by metric;
        `evidence`, if asked for, by metric and moment due: what was counted, with the
        facts that opened and closed it; `voided`: what was not, with those that freed the
        seller of it.
    """

    level: str
    cards: list[dict[str, Any]]
    evidence: list[dict[str, Any]] | None = None
    voided: list[dict[str, Any]] | None = None


@router.get(
    "/sellers/{seller_id}/scorecard", dependencies=[may("seller", "operator", "service")]
)
def read_scorecard(
    seller_id: SellerInPath,
    how: HowAsked,
    engine: ThisEngine,
    metric: Annotated[str | None, Query(description="This metric alone.")] = None,
    *,
    explain: Annotated[
        bool, Query(description="With what each number counts, down to the facts.")
    ] = False,
) -> SellerScorecard:
    """Answer how a seller stood, and the question that gives the same answer again."""
    names, asked = chosen_metrics(metric), how.of(seller_id)
    card, seen = ask_card(engine, asked)
    more = {} if metric is None else {"metric": metric}
    more |= {"explain": "true"} if explain else {}
    return SellerScorecard(
        **repeatable(asked, seen, "scorecard", more),
        **_shown(card.of(names), explain=explain),
    )


def _shown(card: Card, *, explain: bool = False) -> dict[str, Any]:
    made_of = {
        "evidence": card.evidence.to_dicts(),
        "voided": card.voided.to_dicts(),
    }
    cards = {"level": card.level, "cards": card.metrics.to_dicts()}
    return cards | made_of if explain else cards


class Proposal(BaseModel):
    """Claims of a seller, and the moment that they would change something at."""

    model_config = ConfigDict(extra="forbid")

    claims: list[Claim] = Field(min_length=1, max_length=MOST_CLAIMS)
    as_of: GivenMoment | None = None
    known_at: GivenMoment | None = None
    policy: str | None = None
    seen: SeenText | None = None


class CardsShown(BaseModel):
    """How a seller stands, with claims or without."""

    level: str
    cards: list[dict[str, Any]]


class IfSo(Basis):
    """How a seller stood, how it would be with the claims, and what they would change.

    To ask again, the same claims are posted with this as_of, known_at, policy and seen.

    Shape: `claims` are the ids that facts behind the change have, one of each claim, in
        their order; `metrics` and `obligations` hold what differs, `before` and `after`:
        null where there was, or would be, none.
    """

    before: CardsShown
    after: CardsShown
    claims: list[str]
    metrics: list[dict[str, Any]]
    obligations: list[dict[str, Any]]


@router.post(
    "/sellers/{seller_id}/what-if", dependencies=[may("seller", "operator", "service")]
)
def preview_claims(
    seller_id: SellerInPath,
    proposal: Proposal,
    policies: PoliciesHere,
    engine: ThisEngine,
    now: Now,
) -> IfSo:
    """Answer what would be so if the claims had happened. Nothing is recorded."""
    said = proposal.model_dump(exclude={"claims"})
    asked = filled_in(now, policies, **said).of(seller_id)
    found, seen = ask_what_if(engine, asked, proposal.claims)
    return IfSo(
        **basis_of(asked, seen),
        before=CardsShown(**_shown(found.before)),
        after=CardsShown(**_shown(found.after)),
        claims=[*found.claims],
        metrics=changed_metrics(found.before.metrics, found.after.metrics),
        obligations=changed_obligations(found.before.shown, found.after.shown),
    )
