"""HTTP in and out: where sellers stand, what they say to it, and reviews of days."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, TypeAdapter

from contracts.fact import GivenDate, GivenMoment, Id, SellerId
from contracts.performance import Level, Step
from kit.asker import Asker
from kit.eventstore.requests import AnyRequest
from kit.web.asking import Asking, may
from kit.web.commands import Now, StreamsHere, Way, asks_only, command_router
from kit.web.pages import Limit, named_by_a_page, read, written
from kit.web.reading import Database, ThisEngine
from kit.web.whose import SellerInPath
from services.performance import commands
from services.performance.adapters.appeals import checked_request
from services.performance.api.asking import PoliciesHere
from services.performance.model.refusals import have_come
from services.performance.model.standing.refusals import (
    AppealUnknown,
    DayNotBegun,
    NothingClaimed,
    PlanUnknown,
)
from services.performance.queries import standing as queries
from services.performance.queries.appeals import known_and_checked, overlay_of
from services.performance.queries.known import require_known
from services.performance.queries.standing import states_of
from services.performance.runs import (
    Platform,
    its_turn,
    require_begun,
    review_again,
    review_until,
)

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    **dict.fromkeys((PlanUnknown.code, AppealUnknown.code), HTTPStatus.NOT_FOUND),
    DayNotBegun.code: HTTPStatus.UNPROCESSABLE_ENTITY,
    NothingClaimed.code: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_SELLER: Final = "/sellers/{seller_id}"
_PLAN: Final = f"{_SELLER}/plans/{{plan_id}}"
_APPEAL: Final = f"{_SELLER}/appeals/{{appeal_id}}"
_SELLING: Final = may("seller", "operator", "service")
_RUNNING: Final = may("operator", "service")

_Place: TypeAlias = tuple[SellerId]
_PLACE: Final[TypeAdapter[_Place]] = TypeAdapter(_Place)
_Version: TypeAlias = tuple[int]
_VERSION: Final[TypeAdapter[_Version]] = TypeAdapter(_Version)
_NEWEST: Final = 2**31 - 1

_WAYS: Final = (
    Way(f"{_SELLER}/plans", commands.SubmitPlan, _SELLING, prepare=known_and_checked),
    Way(f"{_PLAN}/acceptance", commands.AcceptPlan, _RUNNING, prepare=known_and_checked),
    Way(f"{_PLAN}/decline", commands.DeclinePlan, _RUNNING, prepare=known_and_checked),
    Way(f"{_SELLER}/appeals", commands.FileAppeal, _SELLING, prepare=known_and_checked),
    Way(f"{_APPEAL}/decision", commands.DecideAppeal, _RUNNING, prepare=known_and_checked),
)


def _to_request(command: commands.Planning | commands.Appealing, _: Asker) -> AnyRequest:
    return checked_request(command)


router = APIRouter(tags=["standing"])
router.include_router(command_router(_WAYS, _to_request, "standing"))


class StandingShown(BaseModel):
    """Where a seller stands, why, and the way out.

    Shape: `steps` are those that hold, from bottom to top: in which fact each was told, on
        what grounds, and until when it can be cured; `next_review` is when the next step
        may follow, up or down; plans and appeals by id.
    """

    seller_id: str
    step: Step
    level: Level
    boosted: bool
    since: datetime | None
    star_since: datetime | None
    next_review: datetime
    steps: list[dict[str, Any]]
    plans: dict[str, Any]
    appeals: dict[str, Any]
    version: int


class Facts(BaseModel):
    """Some facts of a standing, the newest first; give `next` as `before`."""

    facts: list[dict[str, Any]]
    next: str | None


class Standings(BaseModel):
    """Some standings, by seller, and where to go on: give `next` as `after`."""

    standings: list[dict[str, Any]]
    next: str | None


class Review(BaseModel):
    """The day to review, today if none is named, on what was known when.

    Without `known_at`, each day is judged on what was known when it began.
    """

    model_config = ConfigDict(extra="forbid")

    as_of: GivenDate | None = None
    known_at: GivenMoment | None = None


class DayShown(BaseModel):
    """A day that was reviewed: of how many sellers, and how many facts that was.

    Shape: `passed_over` are sellers of whom the review of a later day knew: they are not
        judged of a day before it. `failed` are the streams of sellers who could not be
        reviewed, and why; they are tried again, by the clock or with the next request.
    """

    day: date
    policy: str
    sellers: int
    passed_over: int
    recorded: int
    failed: Mapping[str, str]


class Reviewed(BaseModel):
    """The days that were reviewed now, in order; none, if all had been.

    Shape: `again` are days of which sellers were tried again who could not be reviewed
        before: these alone are counted.
    """

    days: list[DayShown]
    again: list[DayShown]


@router.get(f"{_SELLER}/standing", dependencies=[_SELLING])
def read_standing(seller_id: SellerInPath, db: Database, at: Now) -> StandingShown:
    """Answer where a seller stands; one who was never judged is healthy."""
    require_known(seller_id, at, db)
    found = queries.standing_of(seller_id, db)
    state = {} if found is None else found["state"]
    return StandingShown(
        seller_id=seller_id,
        step="healthy" if found is None else found["step"],
        level="not_enough_data" if found is None else found["level"],
        boosted=found is not None and found["boosted"],
        since=None if found is None else found["since"],
        star_since=state.get("star_since"),
        next_review=queries.next_review(at),
        steps=[] if found is None else found["told"],
        plans=state.get("plans", {}),
        appeals=state.get("appeals", {}),
        version=0 if found is None else found["version"],
    )


class CardShown(BaseModel):
    """How a seller stood: the level of all, and each metric."""

    level: Level
    metrics: list[dict[str, Any]]


class OverlayShown(BaseModel):
    """What an appeal's claims would make of what was judged: nothing of it is recorded.

    Shape: `claims` are ids by which an explanation would name them.
    """

    appeal_id: str
    against: str
    as_of: datetime
    policy: str
    before: CardShown
    after: CardShown
    claims: list[str]


@router.get(f"{_APPEAL}/preview", dependencies=[_SELLING])
def preview_appeal(
    seller_id: SellerInPath,
    appeal_id: Id,
    policies: PoliciesHere,
    db: Database,
    engine: ThisEngine,
    at: Now,
) -> OverlayShown:
    """Answer what an appeal's claims would make of what it is against, if upheld.

    Raises:
        AppealUnknown: The seller filed none of this id.
        SellerNotKnown: Nothing is known of such a seller.
    """
    require_known(seller_id, at, db)
    stand = states_of(engine, [seller_id]).get(seller_id)
    appeal = None if stand is None else stand.appeals.get(appeal_id)
    if appeal is None:
        raise AppealUnknown(appeal_id)
    overlay = overlay_of(seller_id, appeal, policies, at, engine)
    before, after = (
        CardShown.model_validate({"level": c.level, "metrics": c.metrics.to_dicts()})
        for c in (overlay.found.before, overlay.found.after)
    )
    return OverlayShown(
        appeal_id=appeal_id,
        against=appeal.against,
        as_of=overlay.question.as_of,
        policy=overlay.question.policy.version,
        before=before,
        after=after,
        claims=[*overlay.found.claims],
    )


@router.get(f"{_SELLER}/standing/history", dependencies=[_SELLING])
def read_history(
    seller_id: SellerInPath,
    db: Database,
    at: Now,
    before: Annotated[str, named_by_a_page(_VERSION)] | None = None,
    limit: Limit = 100,
) -> Facts:
    """Answer the facts of a seller's standing with their ids, the newest first."""
    require_known(seller_id, at, db)
    version = _NEWEST if before is None else read(before, _VERSION)[0]
    found = queries.history_of(seller_id, version, limit, db)
    last = found[-1]["version"] if len(found) == limit else None
    return Facts(facts=[*found], next=None if last is None else written((last,)))


@router.get("/standings", dependencies=[_RUNNING])
def read_standings(
    db: Database,
    step: Step | None = None,
    after: Annotated[str, named_by_a_page(_PLACE)] | None = None,
    limit: Limit = 100,
    *,
    waiting: Annotated[
        bool, Query(description="Only with plans or appeals to decide.")
    ] = False,
) -> Standings:
    """Answer where sellers stand of whom anything was said, a page at a time."""
    beyond = "" if after is None else read(after, _PLACE)[0]
    found = queries.standings_where(step, beyond, limit, db, waiting=waiting)
    last = found[-1]["seller_id"] if len(found) == limit else None
    return Standings(standings=[*found], next=None if last is None else written((last,)))


@router.post("/reviews", dependencies=[_RUNNING, asks_only()])
def review(
    asked: Review,
    asker: Asking,
    policies: PoliciesHere,
    streams: StreamsHere,
    engine: ThisEngine,
    at: Now,
) -> Reviewed:
    """Review all sellers, of each day that is due until the one that is named.

    First, those are tried again who could not be reviewed of a day before. Safe to repeat,
    late or twice at once: a day is judged once, and a seller of whom the review of a later
    day knew is not judged of one before it.
    """
    have_come(at, known_at=asked.known_at)
    day = asked.as_of or at.date()
    require_begun(day, at)
    with its_turn(engine, streams) as here:
        platform = Platform(engine, here, policies, str(asker))
        again = [*review_again(platform, at, not_since=at)]
        done = [*review_until(day, at, platform, asked.known_at)]
    days, others = ([DayShown(**asdict(one)) for one in some] for some in (done, again))
    return Reviewed(days=days, again=others)
