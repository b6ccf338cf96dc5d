"""HTTP out: which days were reviewed, who failed, and what shadows would have found."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any, Final, Literal, TypeAlias

from fastapi import APIRouter, Query
from pydantic import BaseModel, TypeAdapter

from kit.web.asking import may
from kit.web.pages import Limit, named_by_a_page, read, written
from kit.web.reading import Database
from services.performance.api.asking import PoliciesHere
from services.performance.api.policies import InPath
from services.performance.model.policy import policy_of
from services.performance.queries.reviews import days_reviewed, moves_by

router = APIRouter()

_RUNNING: Final = may("operator", "service")
_Day: TypeAlias = tuple[date]
_DAY: Final[TypeAdapter[_Day]] = TypeAdapter(_Day)
_CHANGES: Final = ("better", "worse", "other", "same")

Before: TypeAlias = Annotated[
    Annotated[str, named_by_a_page(_DAY)] | None,
    Query(description="The `next` of the page before."),
]


class Failure(BaseModel):
    """A seller who could not be reviewed of a day, why, and what became of it.

    Shape: `state` is `waiting` until it was tried again and done, or a later day's review
        knew of the seller: then the day is `passed over`.
    """

    seller_id: str
    why: str
    state: Literal["waiting", "reviewed", "passed over"]
    tried_at: datetime | None


class DayNoted(BaseModel):
    """A day that was reviewed.

    Shape: of `failed` sellers `waiting` still wait; `failures` tells of a hundred at most,
        of those who wait first.
    """

    day: date
    known_at: datetime
    policy: str
    sellers: int
    failed: int
    waiting: int
    failures: list[Failure]


class DaysNoted(BaseModel):
    """Days that were reviewed, the newest first; give `next` as `before`."""

    days: list[DayNoted]
    next: str | None


class LevelMove(BaseModel):
    """How many sellers stood at one level, and would at the other."""

    official: str
    shadow: str
    sellers: int


class MetricMoves(BaseModel):
    """What a shadow would change on a metric, or overall, of how many sellers."""

    metric: str
    better: int
    worse: int
    other: int
    same: int
    moves: list[LevelMove]


class ShadowDay(BaseModel):
    """What a shadow would have found in the review of a day, beside the official policy."""

    day: date
    policy: str
    sellers: int
    by_metric: list[MetricMoves]


class ShadowDays(BaseModel):
    """Days that a shadow judged too, the newest first; give `next` as `before`."""

    version: str
    days: list[ShadowDay]
    next: str | None


@router.get("/reviews", dependencies=[_RUNNING])
def read_reviews(db: Database, before: Before = None, limit: Limit = 100) -> DaysNoted:
    """Answer which days were reviewed, by what, of how many sellers, and who failed."""
    found = days_reviewed(_day(before), limit, db)
    days = [DayNoted.model_validate(each) for each in found]
    return DaysNoted(days=days, next=_next([each.day for each in days], limit))


@router.get("/policies/{version}/shadow", dependencies=[_RUNNING])
def read_shadow(
    version: InPath,
    policies: PoliciesHere,
    db: Database,
    before: Before = None,
    limit: Limit = 100,
) -> ShadowDays:
    """Answer how sellers would have stood in reviews, had a shadow been the policy.

    Of a shadow that is gone, what was found while it was there.

    Raises:
        PolicyUnknown: There is none, and was none that a review looked at.
    """
    found = moves_by(version, _day(before), limit, db)
    if not found and before is None:
        policy_of(version, policies)
    days = [_shadow_day([*rows]) for _, rows in groupby(found, itemgetter("day"))]
    last = _next([each.day for each in days], limit)
    return ShadowDays(version=version, days=days, next=last)


def _shadow_day(rows: Sequence[Mapping[str, Any]]) -> ShadowDay:
    metrics = groupby(rows, itemgetter("metric"))
    return ShadowDay(
        day=rows[0]["day"],
        policy=rows[0]["policy"],
        sellers=rows[0]["reviewed"],
        by_metric=[_metric(metric, [*mine]) for metric, mine in metrics],
    )


def _metric(metric: str, rows: Sequence[Mapping[str, Any]]) -> MetricMoves:
    counts = {
        change: sum(row["sellers"] for row in rows if row["changes"] == change)
        for change in _CHANGES
    }
    moves = [
        LevelMove(official=row["official"], shadow=row["proposed"], sellers=row["sellers"])
        for row in rows
    ]
    return MetricMoves(metric=metric, **counts, moves=moves)


def _day(before: str | None) -> date | None:
    return None if before is None else read(before, _DAY)[0]


def _next(days: Sequence[date], limit: int) -> str | None:
    return written((days[-1],)) if len(days) == limit else None
