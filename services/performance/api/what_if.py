"""HTTP: who would stand otherwise by another policy. Nothing is recorded."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

import polars as pl
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.fact import GivenMoment, SellerId
from kit.web.asking import may
from kit.web.commands import Now
from kit.web.reading import ThisEngine
from services.performance.api.asking import AsOf, KnownAt, PoliciesHere
from services.performance.api.policies import InPath
from services.performance.model.metrics import NAMES
from services.performance.model.policy import Policy, policy_at, policy_of
from services.performance.model.refusals import have_come
from services.performance.model.what_if import FIGURES
from services.performance.queries import Question, ask_what_if

router = APIRouter()

EveryOne = Annotated[
    bool, Query(alias="all", description="With sellers whose level stays as it is.")
]
CHANGES: Final = ("better", "worse", "other", "same")


class Asked(BaseModel):
    """Another policy, and when it is to be looked at: now, if nothing is said.

    Shape: `seller_id` for one seller alone, `all` with sellers whose level stays as it is.
    """

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    as_of: GivenMoment | None = None
    known_at: GivenMoment | None = None
    seller_id: SellerId | None = None
    every: Annotated[bool, Field(alias="all")] = False


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

    Shape: `sellers` are those whose level changes, by id; `by_metric` counts all.
    """

    as_of: datetime
    known_at: datetime | None
    official: Named
    proposed: Named
    by_metric: list[ByMetric]
    sellers: list[SellerChange]


@router.post(
    "/what-if",
    dependencies=[may("operator", "service")],
    responses={HTTPStatus.NOT_FOUND: {}},  # of a seller that the body names
)
def ask_by_policy(
    asked: Asked, policies: PoliciesHere, engine: ThisEngine, now: Now
) -> Comparison:
    """Answer who would stand otherwise if the policy of the request applied."""
    have_come(now, as_of=asked.as_of, known_at=asked.known_at)
    as_of = asked.as_of or now
    question = Question(policy_at(as_of, policies), as_of, asked.known_at, asked.seller_id)
    return compare(engine, question, asked.policy, every=asked.every)


@router.get("/policies/{version}/comparison", dependencies=[may("operator", "service")])
def compare_policy(
    version: InPath,
    as_of: AsOf,
    policies: PoliciesHere,
    engine: ThisEngine,
    known_at: KnownAt = None,
    every: EveryOne = False,  # noqa: FBT002 - a query's value
) -> Comparison:
    """Answer who would stand otherwise if that policy applied, a shadow for one."""
    question = Question(policy_at(as_of, policies), as_of, known_at)
    return compare(engine, question, policy_of(version, policies), every=every)


def compare(
    engine: ThisEngine, question: Question, proposed: Policy, *, every: bool
) -> Comparison:
    """Return what `proposed` would change of what `question` asks.

    Raises:
        SellerNotKnown: It is about one seller, of whom nothing was known.
    """
    found = ask_what_if(engine, question, proposed)
    question.require_known(found.levels)
    shown = found.levels
    if not every:
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
        by_metric=_by_metric(found.levels, found.metrics),
        sellers=[
            SellerChange(**row, metrics=by_seller.get(row["seller_id"], []))
            for row in shown.iter_rows(named=True)
        ],
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


def _by_metric(levels: pl.DataFrame, metrics: pl.DataFrame) -> list[ByMetric]:
    counts: dict[str, Sequence[str]] = {"overall": levels["changes"].to_list()}
    counts |= {name: metrics.filter(metric=name)["changes"].to_list() for name in NAMES}
    return [
        ByMetric(metric=name, **{each: found.count(each) for each in CHANGES})
        for name, found in counts.items()
    ]
