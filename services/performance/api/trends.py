"""HTTP out: how a seller stood at the end of each day or week."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from contracts.fact import GivenDate
from kit.web.asking import may
from kit.web.commands import Now
from kit.web.reading import ThisEngine
from kit.web.whose import SellerInPath
from services.performance.api.asking import (
    HadCome,
    How,
    KnownAt,
    PoliciesHere,
    PolicyVersion,
    asked_again,
    filled_in,
    had_come,
    invalid,
)
from services.performance.model.choosing import chosen_of_trend
from services.performance.model.metrics import NAMES, OVERALL
from services.performance.model.policy import Policy, policy_at, policy_of
from services.performance.model.refusals import written
from services.performance.model.scorecard import NOT_ENOUGH
from services.performance.model.trend import DAY, MAX_POINTS, By, ends
from services.performance.queries.one_seller import Asked
from services.performance.queries.seen import Seen
from services.performance.queries.trend import ask_trend

router = APIRouter()

USUAL: Final = {"day": timedelta(days=90), "week": timedelta(weeks=52)}


class Point(BaseModel):
    """How a seller stood at the end of a day or week, by the policy of that moment.

    Units: rates from 0 to 1. Shape: `due` is 0 where there was nothing to judge; of
        `overall` there is a level alone; thresholds are those of `policy`.
    """

    as_of: datetime
    policy: str
    window_days: int | None = None
    due: int | None = None
    kept: int | None = None
    rate: float | None = None
    level: str
    star: float | None = None
    warn: float | None = None
    limit: float | None = None


class Trend(BaseModel):
    """A metric of a seller, or the level of all together, over time.

    Shape: `policy` is the version that was asked for; null, where each point is judged by
        the one that applied then: which that is never changes. `seen`, `places` and `aside`
        say what had come, as in a scorecard; `again` is the question that gives the same
        answer, byte for byte, null where `seen` is.
    """

    seller_id: str
    metric: str
    by: By
    known_at: datetime
    policy: str | None
    seen: str | None
    places: Mapping[str, int]
    aside: Mapping[str, Sequence[int]]
    again: str | None
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Span:
    """Which days or weeks: those that end from the `first` day to the `last`."""

    by: By
    first: date
    last: date

    @property
    def moments(self) -> Sequence[datetime]:
        """When each of them ended."""
        return ends(self.first, self.last, self.by)

    @property
    def over_at(self) -> datetime:
        """When the last day ended."""
        (end,) = ends(self.last, self.last, "day")
        return end


def _span(
    now: Now,
    by: Annotated[By, Query(description="At the end of each day, or week.")] = "day",
    first: Annotated[
        GivenDate | None, Query(alias="from", description="The first day.")
    ] = None,
    until: Annotated[
        GivenDate | None, Query(description="The last day; else the last one over.")
    ] = None,
) -> Span:
    """Return the days or weeks that are meant.

    Raises:
        RequestValidationError: They are too many, not over yet, or the wrong way round.
    """  # noqa: DOC501 - `invalid` makes it
    over = (now - DAY).date()
    last = over if until is None else until
    if last > over:
        raise invalid(
            "query", "until", f"{last} is not over yet: give {over} at the latest"
        )
    begun = _before(last, USUAL[by]) if first is None else first
    if begun > last:
        raise invalid("query", "from", f"{begun} is after until ({last}): swap the two")
    days = (last - begun).days + 1
    count = days if by == "day" else days // 7
    if count > MAX_POINTS:
        shorter = "a shorter range" if by == "week" else "by=week, or a shorter range"
        raise invalid(
            "query",
            "from",
            f"{begun} until {last} are {count} {by}s, and {MAX_POINTS} can be answered at "
            f"once: ask for {shorter}",
        )
    return Span(by, begun, last)


def _before(last: date, usual: timedelta) -> date:
    return last - min(usual - DAY, last - date.min)


@dataclass(frozen=True, slots=True)
class AskedTrend:
    """Which trend, by which policy if not by that of each moment, and how it is asked."""

    metric: str
    span: Span
    policy: str | None
    how: How

    def again(self, asked: Asked, seen: Seen) -> str | None:
        """Return the question that gives the same answer; None if none can."""
        by = {} if self.policy is None else {"policy": self.policy}
        span = self.span
        query = {
            "metric": self.metric,
            "by": span.by,
            "from": f"{span.first}",
            "until": f"{span.last}",
            "known_at": written(asked.known_at),
            **by,
        }
        return asked_again(asked.seller_id, "trend", query, seen)


def _trend_asked(  # noqa: PLR0913, PLR0917 - what a request brings
    span: Annotated[Span, Depends(_span)],
    policies: PoliciesHere,
    now: Now,
    metric: Annotated[
        str,
        Query(
            description="Which, or overall: all together.",
            json_schema_extra={"enum": [OVERALL, *NAMES]},
        ),
    ] = OVERALL,
    known_at: KnownAt = None,
    version: PolicyVersion = None,
    seen: HadCome = None,
) -> AskedTrend:
    how = filled_in(now, policies, span.over_at, known_at, version, seen)
    return AskedTrend(chosen_of_trend(metric), span, version, how)


@router.get(
    "/sellers/{seller_id}/trend", dependencies=[may("seller", "operator", "service")]
)
def read_trend(
    seller_id: SellerInPath,
    trend: Annotated[AskedTrend, Depends(_trend_asked)],
    policies: PoliciesHere,
    engine: ThisEngine,
) -> Trend:
    """Answer how a seller stood at the end of each day or week, and how to ask it again."""
    asked, span = trend.how.of(seller_id), trend.span
    policy_then = _policy_of(trend.policy, policies)
    found, seen = ask_trend(engine, asked, policy_then, span.moments)
    cards = found.filter(metric=trend.metric).to_dicts()
    by_moment = {card.pop("as_of"): card for card in cards}
    return Trend(
        seller_id=seller_id,
        metric=trend.metric,
        by=span.by,
        known_at=asked.known_at,
        policy=trend.policy,
        **had_come(seen),
        again=trend.again(asked, seen),
        points=[
            _point(at, trend.metric, policy_then(at), by_moment.get(at, {}))
            for at in span.moments
        ],
    )


def _policy_of(
    version: str | None, policies: Sequence[Policy]
) -> Callable[[datetime], Policy]:
    if version is None:
        return lambda moment: policy_at(moment, policies)
    asked = policy_of(version, policies)
    return lambda _: asked


def _point(at: datetime, metric: str, policy: Policy, card: dict[str, object]) -> Point:
    none = {} if metric == OVERALL else {"due": 0}
    said = {"policy": policy.version, "level": NOT_ENOUGH} | none | card
    standard = policy.standards.get(metric)
    levels = (
        {} if standard is None else standard.model_dump(include={"star", "warn", "limit"})
    )
    return Point.model_validate({"as_of": at} | said | levels)
