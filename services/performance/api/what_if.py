"""HTTP: who would stand otherwise by another policy. Nothing is recorded."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

import polars as pl
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.fact import GivenMoment, SellerId
from kit.web.asking import may
from kit.web.commands import Now
from kit.web.pages import Limit
from kit.web.reading import ThisEngine
from services.performance.api.asking import AsOf, KnownAt, PoliciesHere
from services.performance.api.cursors import (
    After,
    AskedPage,
    continued,
    question_of,
    token_again,
    token_of,
    token_of_one,
)
from services.performance.api.policies import InPath
from services.performance.model.choosing import chosen_policy
from services.performance.model.metrics import NAMES, OVERALL
from services.performance.model.policy import Policy, policy_of
from services.performance.model.refusals import have_come
from services.performance.model.what_if import FIGURES
from services.performance.queries import Question
from services.performance.queries.all_sellers import page_of_what_if
from services.performance.queries.one_of_many import ask_comparison_of
from services.performance.queries.one_seller import Asked

router = APIRouter()

EveryOne = Annotated[
    bool | None, Query(alias="all", description="With sellers whose level stays as it is.")
]
CHANGES: Final = ("better", "worse", "other", "same")


class Proposed(BaseModel):
    """Another policy, and when it is to be looked at: now, if nothing is said.

    Shape: `seller_id` for one seller alone, `all` with sellers whose level stays as it is.
    """

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    as_of: GivenMoment | None = None
    known_at: GivenMoment | None = None
    seller_id: SellerId | None = None
    every: Annotated[bool | None, Field(alias="all")] = None


class Named(BaseModel):
    version: str
    digest: str


class MetricChange(BaseModel):
    """A metric that the two policies judge differently. Units: `rate` from 0 to 1.

    Shape: a card's figures by each, none where there is no card.
    """

    metric: str
    changes: Literal["better", "worse", "other"]
    official: Mapping[str, Any] | None
    proposed: Mapping[str, Any] | None


class SellerChange(BaseModel):
    """How a seller stands, would stand, and the metrics that make the difference."""

    seller_id: str
    official: str
    proposed: str
    changes: Literal["better", "worse", "other", "same"]
    metrics: list[MetricChange]


class ByMetric(BaseModel):
    """How many sellers would be judged otherwise on a metric, or on all together."""

    metric: str
    better: int
    worse: int
    other: int
    same: int


class Comparison(BaseModel):
    """What a policy would change of how the official one judges at a moment.

    Shape: `sellers` are those of this page whose level changes, by id; `by_metric` counts
        all, and is told with the first page alone. Given as `after`, with all else as it
        was asked, `again` is answered by this page, whatever has come since, and `next`, if
        there are more sellers, by the next one. `again` is null where too many facts of the
        one seller were set aside for it to tell.
    """

    as_of: datetime
    known_at: datetime | None
    official: Named
    proposed: Named
    by_metric: list[ByMetric] | None
    sellers: list[SellerChange]
    again: str | None
    next: str | None


@router.post(
    "/what-if",
    dependencies=[may("operator", "service")],
    responses={HTTPStatus.NOT_FOUND: {}},  # of a seller that the body names
)
def ask_by_policy(
    asked: Proposed,
    policies: PoliciesHere,
    engine: ThisEngine,
    now: Now,
    limit: Limit = 100,
    after: After = None,
) -> Comparison:
    """Answer who would stand otherwise if the policy of the request applied.

    A page is of the next `limit` sellers of whom anything was ever heard, whether or not
    their level changes: it may show nobody, and only without a `next` is it the last.
    """
    said = {"as_of": asked.as_of, "known_at": asked.known_at, "all": asked.every}
    token = continued(after, {**said, "seller_id": asked.seller_id}, asked.policy)
    if token is None:
        as_of, known_at, version = asked.as_of or now, asked.known_at, None
        seller_id, every = asked.seller_id, bool(asked.every)
    else:
        as_of, known_at, version = token.as_of, token.known_at, token.policy
        seller_id, every = token.seller_id, token.every
    have_come(now, as_of=as_of, known_at=known_at)
    official = chosen_policy(version, as_of, policies)
    question = question_of(official, as_of, known_at, seller_id, token, now)
    return compare(engine, AskedPage(question, token, every), asked.policy, limit)


def _page_of(
    version: InPath,
    as_of: AsOf,
    policies: PoliciesHere,
    known_at: KnownAt = None,
    after: After = None,
    every: EveryOne = None,
) -> AskedPage:
    said, by = {"as_of": as_of, "known_at": known_at, "all": every}, None
    token = continued(after, said, policy_of(version, policies))
    if token is not None:
        known_at, by, every = token.known_at, token.policy, token.every
    question = Question(chosen_policy(by, as_of, policies), as_of, known_at)
    return AskedPage(question, token, bool(every))


@router.get("/policies/{version}/comparison", dependencies=[may("operator", "service")])
def compare_policy(
    version: InPath,
    policies: PoliciesHere,
    page: Annotated[AskedPage, Depends(_page_of)],
    engine: ThisEngine,
    limit: Limit = 100,
) -> Comparison:
    """Answer who would stand otherwise if that policy applied, a shadow for one.

    A page is of the next `limit` sellers of whom anything was ever heard, whether or not
    their level changes: it may show nobody, and only without a `next` is it the last.
    """
    return compare(engine, page, policy_of(version, policies), limit)


def compare(
    engine: ThisEngine, page: AskedPage, proposed: Policy, limit: int
) -> Comparison:
    """Return what `proposed` would change of what is asked, of the sellers of a page.

    Raises:
        SellerNotKnown: It is about one seller, of whom nothing was known.
    """
    question, following = page.question, None
    if isinstance(question, Asked):
        compared, seen = ask_comparison_of(engine, question, proposed)
        again = token_of_one(page, question, seen, proposed)
    else:
        answered = page_of_what_if(engine, question, proposed, page.cursor, limit)
        compared, following = answered.found, token_of(page, answered.next, proposed)
        again = token_again(page, answered.this, proposed)
    found, counts = compared.changes, compared.counts
    shown = found.levels
    if not page.every:
        shown = shown.filter(pl.col("changes") != "same")
    metrics = found.metrics.filter(pl.col("changes") != "same")
    of_sellers = metrics.join(shown, on="seller_id", how="semi")
    by_seller: dict[str, list[MetricChange]] = {}
    for row in of_sellers.iter_rows(named=True):
        by_seller.setdefault(row["seller_id"], []).append(_metric(row))
    return Comparison(
        as_of=question.as_of,
        known_at=question.known_at,
        official=_named(question.policy),
        proposed=_named(proposed),
        by_metric=None if counts is None else _by_metric(counts),
        sellers=[
            SellerChange(**row, metrics=by_seller.get(row["seller_id"], []))
            for row in shown.iter_rows(named=True)
        ],
        again=again,
        next=following,
    )


def _named(policy: Policy) -> Named:
    return Named(version=policy.version, digest=policy.digest)


def _metric(row: Mapping[str, Any]) -> MetricChange:
    cards = [
        {figure: row[f"{name}_{figure}"] for figure in FIGURES}
        for name in ("official", "proposed")
    ]
    official, proposed = (card if card["due"] is not None else None for card in cards)
    return MetricChange(
        metric=row["metric"], changes=row["changes"], official=official, proposed=proposed
    )


def _by_metric(counts: Mapping[tuple[str, str], int]) -> list[ByMetric]:
    return [
        ByMetric(metric=name, **{each: counts.get((name, each), 0) for each in CHANGES})
        for name in (OVERALL, *NAMES)
    ]
