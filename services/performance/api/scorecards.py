"""HTTP out: scorecards of any moment, as known at any other. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from kit.web.asking import may
from kit.web.commands import Now
from kit.web.pages import Limit
from kit.web.reading import ThisEngine
from kit.web.whose import AnySeller
from services.performance.api.asking import AsOf, KnownAt, PoliciesHere, PolicyVersion
from services.performance.api.cursors import (
    After,
    AskedPage,
    continued,
    question_of,
    token_again,
    token_of,
    token_of_one,
)
from services.performance.model.choosing import chosen_policy
from services.performance.model.scorecard import NOT_ENOUGH
from services.performance.queries.all_sellers import page_of_scorecards
from services.performance.queries.one_of_many import ask_scorecards_of
from services.performance.queries.one_seller import Asked

router = APIRouter()


class Scorecards(BaseModel):
    """How sellers stood, and by which policy that was judged.

    Units: `rate` from 0 to 1. Shape: `policy_digest` names the content of `policy`;
        `cards` by seller and metric, `overall` by seller; `evidence`, if asked for, by
        seller, metric and moment due. Given as `after`, with all else as it was asked,
        `again` is answered by this page, whatever has come since, and `next`, if there are
        more sellers, by the next one. `again` is null where too many facts of the one
        seller were set aside for it to tell.
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
    now: Now,
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
    shown = {"all": every, "explain": explain}
    token = continued(after, {**asked, **shown, "seller_id": seller_id})
    if token is not None:
        known_at, version, seller_id = token.known_at, token.policy, token.seller_id
        every, explain = token.every, token.explain
    policy = chosen_policy(version, as_of, policies)
    question = question_of(policy, as_of, known_at, seller_id, token, now)
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
    question, following = page.question, None
    if isinstance(question, Asked):
        found, seen = ask_scorecards_of(engine, question, explained=page.explain)
        again = token_of_one(page, question, seen)
    else:
        answered = page_of_scorecards(
            engine, question, page.cursor, limit, explained=page.explain
        )
        found, following = answered.found, token_of(page, answered.next)
        again = token_again(page, answered.this)
    cards = found.cards.to_dicts()
    return Scorecards(
        policy=question.policy.version,
        policy_digest=question.policy.digest,
        cards=[card for card in cards if page.every or card["level"] != NOT_ENOUGH],
        overall=found.overall.to_dicts(),
        evidence=None if found.evidence is None else found.evidence.to_dicts(),
        again=again,
        next=following,
    )
