"""HTTP out: where a seller is heading, and what is about to fall due."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Query
from pydantic import TypeAdapter

from contracts.fact import GivenMoment
from kit.web.asking import may
from kit.web.pages import Limit, named_by_a_page, read
from kit.web.reading import ThisEngine
from kit.web.whose import SellerInPath
from services.performance.api.asking import HowAsked, Repeatable, repeatable
from services.performance.model.projection import FARTHEST
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

    Units: `days` from as_of; `case` is what the seller does until then: `nothing_more`, or
        `all_kept`: all that is open, in time.
    Shape: `now` and `then` by metric, `overall` of all together. `ways_out`, for each
        metric at warn or limit: `more`, the fewest further obligations kept that lead out
        of `leave`, and `wait`, the fewest days if all that is open is kept; null: never.
    """

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


@router.get(
    "/sellers/{seller_id}/projection", dependencies=[may("seller", "operator", "service")]
)
def read_projection(
    seller_id: SellerInPath, how: HowAsked, engine: ThisEngine
) -> Projection:
    """Answer how a seller will stand in 7, 14, 30 days, and what leads out of trouble."""
    asked = how.of(seller_id)
    found, seen = ask_projection(engine, asked)
    return Projection(
        **repeatable(asked, seen, "projection"),
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
    """List what is open and falls due within so many days, and what closes it."""
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
