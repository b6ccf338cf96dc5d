"""HTTP out: where a seller is heading, and what is about to fall due."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

from fastapi import APIRouter, Depends, Query
from pydantic import TypeAdapter

from contracts.fact import GivenMoment
from kit.web.asking import may
from kit.web.pages import Limit, named_by_a_page, read
from kit.web.reading import ThisEngine
from kit.web.whose import SellerInPath
from services.performance.api.asking import (
    How,
    HowAsked,
    PoliciesHere,
    Repeatable,
    repeatable,
)
from services.performance.model.projection import FARTHEST
from services.performance.model.succession import (
    Succession,
    chosen_succession,
    succession_of,
)
from services.performance.queries.ahead import Place, ask_due, ask_projection

router = APIRouter()

_PLACE: Final = TypeAdapter(tuple[GivenMoment, str, str])
_MOST_DAYS: Final = FARTHEST.days

After: TypeAlias = Annotated[
    Annotated[str, named_by_a_page(_PLACE)] | None,
    Query(description="The `next` of the page before."),
]


class Projection(Repeatable):
    """Where a seller is heading if no new obligation comes.

    `policy` judges now; each moment to come is judged by the policy that applies then, and
    names it. `to_come` are those that follow; if one policy was asked for, it judges all.

    Units: `days` from as_of; `case` is what the seller does until then: `nothing_more`, or
        `all_kept`: all that is open, in time.
    Shape: `now` and `then` by metric, `overall` of all together. `ways_out`, for each
        metric at warn or limit: `more`, the fewest further obligations kept that lead out
        of `leave`, and `wait`, the fewest days if all that is open is kept; null: never.
    """

    to_come: list[str]
    level: str
    now: list[dict[str, Any]]
    then: list[dict[str, Any]]
    overall: list[dict[str, Any]]
    ways_out: list[dict[str, Any]]


class Due(Repeatable):
    """Obligations about to fall due, soonest first.

    Units: `hours_left` until then, weekends and holidays too. Shape: `closed_by` are the
        types of the facts that keep one; `next`, if there is more, is given as `after`,
        with this as_of, known_at and seen.
    """

    items: list[dict[str, Any]]
    next: str | None


class _HowAhead(NamedTuple):
    """How is asked, and what judges what lies ahead."""

    how: How
    by: Succession


def _asked_ahead(
    how: HowAsked,
    policies: PoliciesHere,
    to_come: Annotated[
        list[str] | None,
        Query(
            max_length=100,
            description="Versions that count from their days on; else, of no policy asked"
            " for, all those that are known to follow.",
        ),
    ] = None,
) -> _HowAhead:
    if to_come is None and not how.is_named:
        return _HowAhead(how, succession_of(how.as_of, policies, FARTHEST))
    chosen = chosen_succession(how.policy, to_come or (), policies, how.as_of)
    return _HowAhead(how, chosen)


@router.get(
    "/sellers/{seller_id}/projection", dependencies=[may("seller", "operator", "service")]
)
def read_projection(
    seller_id: SellerInPath,
    ahead: Annotated[_HowAhead, Depends(_asked_ahead)],
    engine: ThisEngine,
) -> Projection:
    """Answer how a seller will stand in 7, 14, 30 days, and what leads out of trouble."""
    asked = ahead.how.of(seller_id)
    found, seen = ask_projection(engine, asked, ahead.by)
    to_come = [policy.version for policy in ahead.by.to_come]
    return Projection(
        **repeatable(asked, seen, "projection", {"to_come": to_come}),
        to_come=to_come,
        level=found.level,
        now=found.now.drop("seller_id").to_dicts(),
        then=found.then.drop("seller_id").to_dicts(),
        overall=found.overall.drop("seller_id", "metric").to_dicts(),
        ways_out=found.ways_out.drop("seller_id").to_dicts(),
    )


@router.get("/sellers/{seller_id}/due", dependencies=[may("seller", "operator", "service")])
def list_due(
    seller_id: SellerInPath,
    how: HowAsked,
    engine: ThisEngine,
    within_days: Annotated[int, Query(ge=1, le=_MOST_DAYS)] = 7,
    limit: Limit = 100,
    after: After = None,
) -> Due:
    """List what is open and falls due within so many days, and what closes it.

    Deadlines are those of the one policy that it names, whichever follows.
    """
    asked = how.of(seller_id)
    beyond: Place | None = None if after is None else read(after, _PLACE)
    found, seen = ask_due(engine, asked, timedelta(days=within_days), beyond, limit)
    more = {"within_days": str(within_days), "limit": str(limit)}
    more |= {} if after is None else {"after": after}
    return Due(
        **repeatable(asked, seen, "due", more),
        items=[_item(row, asked.as_of) for row in found.items],
        next=found.next,
    )


def _item(row: dict[str, Any], as_of: datetime) -> dict[str, Any]:
    left: timedelta = row["due_at"] - as_of
    return {**row, "hours_left": round(left / timedelta(hours=1), 1)}
