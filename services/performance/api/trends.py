"""HTTP out: how a seller stood at the end of each day or week."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal, TypeAlias

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from contracts.fact import GivenDate
from kit.web.asking import may
from kit.web.commands import Now
from kit.web.reading import ThisEngine
from kit.web.whose import SellerInPath
from services.performance.api.asking import (
    KnownAt,
    PoliciesHere,
    PolicyVersion,
    invalid,
)
from services.performance.model.metrics import NAMES, OVERALL
from services.performance.model.policy import Policy, policy_at, policy_of
from services.performance.model.scorecard import NOT_ENOUGH
from services.performance.model.trend import DAY, MAX_POINTS, By, ends
from services.performance.queries import ask_trend
from services.performance.queries.known import require_known

router = APIRouter()

USUAL: Final = {"day": timedelta(days=90), "week": timedelta(weeks=52)}
Name: TypeAlias = Literal[OVERALL, *NAMES]  # type: ignore[valid-type]  # of our own names


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
    """A metric of a seller, or the level of all together, over time."""

    seller_id: str
    metric: str
    by: By
    known_at: datetime | None
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Span:
    """Which days or weeks."""

    by: By
    moments: Sequence[datetime]


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
    return Span(by, ends(begun, last, by))


def _before(last: date, usual: timedelta) -> date:
    return last - min(usual - DAY, last - date.min)


@router.get(
    "/sellers/{seller_id}/trend", dependencies=[may("seller", "operator", "service")]
)
def read_trend(  # noqa: PLR0913, PLR0917 - what a request brings
    seller_id: SellerInPath,
    span: Annotated[Span, Depends(_span)],
    policies: PoliciesHere,
    engine: ThisEngine,
    now: Now,
    metric: Annotated[Name, Query(description="Which, or all together.")] = OVERALL,
    known_at: KnownAt = None,
    version: PolicyVersion = None,
) -> Trend:
    """Answer how a seller stood at the end of each day or week."""
    policy_then = _policy_of(version, policies)
    with engine.connect() as db:
        require_known(seller_id, now, db)
    found = ask_trend(engine, seller_id, policy_then, span.moments, known_at)
    cards = found.filter(metric=metric).to_dicts()
    by_moment = {card.pop("as_of"): card for card in cards}
    points = [
        _point(at, metric, policy_then(at), by_moment.get(at, {})) for at in span.moments
    ]
    return Trend(
        seller_id=seller_id, metric=metric, by=span.by, known_at=known_at, points=points
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
