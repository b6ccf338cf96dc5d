"""HTTP out: scorecards of any moment, as known at any other. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from kit.web.asking import may
from kit.web.pages import Limit
from kit.web.reading import ThisEngine
from kit.web.whose import AnySeller
from services.performance.api.asking import AsOf, KnownAt, PoliciesHere, PolicyVersion
from services.performance.api.cursors import After, AskedPage, continued, token_of
from services.performance.model.choosing import chosen_policy
from services.performance.model.scorecard import NOT_ENOUGH
from services.performance.queries import Question, ask_scorecards
from services.performance.queries.all_sellers import page_of_scorecards

router = APIRouter()


class Scorecards(BaseModel):
    """How sellers stood, and by which policy that was judged.

    Units: `rate` from 0 to 1. Shape: `policy_digest` names the content of `policy`;
        `cards` by seller and metric, `overall` by seller; `evidence`, if asked for, by
        seller, metric and moment due. Given as `after`, with all else as it was asked,
        `again` is answered by this page, whatever has come since, and `next`, if there are
        more sellers, by the next one; of one seller, ask for its scorecard.
    """

    policy: str
    policy_digest: str
    cards: list[dict[str, Any]]
    overall: list[dict[str, Any]]
    evidence: list[dict[str, Any]] | None = None
    again: str | None
    next: str | None


def _page_of(  # noqa: PLR0913, PLR0917 - what a request brings
    as_of: AsOf,
    policies: PoliciesHere,
    known_at: KnownAt = None,
    seller_id: AnySeller = None,
    version: PolicyVersion = None,
    after: After = None,
    every: Annotated[
        bool | None,
        Query(alias="all", description="With metrics that have too few to judge."),
    ] = None,
    explain: Annotated[
        bool | None, Query(description="With the facts behind each.")
    ] = None,
) -> AskedPage:
    asked = {"as_of": as_of, "known_at": known_at, "policy": version}
    token = continued(after, seller_id, asked | {"all": every, "explain": explain})
    if token is not None:
        known_at, version = token.known_at, token.policy
        every, explain = token.every, token.explain
    policy = chosen_policy(version, as_of, policies)
    question = Question(policy, as_of, known_at, seller_id)
    return AskedPage(question, token, bool(every), bool(explain))


@router.get("/scorecards", dependencies=[may("seller", "operator", "service")])
def read_scorecards(
    page: Annotated[AskedPage, Depends(_page_of)],
    engine: ThisEngine,
    limit: Limit = 100,
) -> Scorecards:
    """Answer how sellers stood at `as_of`, as known at `known_at` or now; by seller.

    A page is of the next `limit` sellers of whom anything was ever heard, fewer where there
    is much to explain. What comes while they are turned changes none of them. A page may
    show nobody: only without a `next` is it the last.
    """
    question, this, following = page.question, None, None
    if question.seller_id is None:
        answered = page_of_scorecards(
            engine, question, page.cursor, limit, explained=page.explain
        )
        found, this, following = answered.found, answered.this, answered.next
    else:
        found = ask_scorecards(engine, question, explained=page.explain)
    question.require_known(found.overall)
    cards = found.cards.to_dicts()
    return Scorecards(
        policy=question.policy.version,
        policy_digest=question.policy.digest,
        cards=[card for card in cards if page.every or card["level"] != NOT_ENOUGH],
        overall=found.overall.to_dicts(),
        evidence=None if found.evidence is None else found.evidence.to_dicts(),
        again=token_of(page, this),
        next=token_of(page, following),
    )
