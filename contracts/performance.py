"""Facts of performance, on `performance.v1`: how sellers stand, why, and the way out.

Units: rates are kept / due, from 0 to 1; times are aware UTC. What a review says is true
at its own midnight, as far as was known at `known_at`, by the policy it names.
Source: domain.md 2 (facts) and 3 (standing).
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field, JsonValue

from contracts.fact import Fact, Id, Moment, Text, Value

MOST_OBLIGATIONS: Final = 20
"""How many obligations a fact names of those that it counts."""
MOST_FACTS: Final = 100
"""How many facts a fact names."""
MOST_CLAIMS: Final = 100
MOST_ASIDE_EACH: Final = 1_000
"""How many facts that were set aside a fact tells, of each service."""
MOST_WORDS: Final = 10_000

METRICS: Final = (
    "acceptance.accepted",
    "acceptance.timely",
    "approvals.timely",
    "inventory.confirmed",
    "inventory.units_filled",
    "listings.complete",
    "responses.timely",
    "shipping.on_time",
    "shipping.tracked",
)
"""What is measured of a seller, by the names that facts and answers give it."""

Level: TypeAlias = Literal["star", "good", "warn", "limit", "not_enough_data"]
Step: TypeAlias = Literal[
    "healthy", "warned", "reduced_for_some", "reduced_for_all", "suspended"
]
"""The ladder, from bottom to top."""

Count: TypeAlias = Annotated[int, Field(strict=True, ge=0)]
Rate: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Words: TypeAlias = Annotated[Text, Field(min_length=1, max_length=MOST_WORDS)]
FactIds: TypeAlias = Annotated[tuple[Id, ...], Field(max_length=MOST_FACTS)]


class ReviewedMetric(Value):
    """How a seller stood on one metric.

    Units: `kept` is null where points are counted; `window_days` is 0 where all that there
        is at the moment counts.
    """

    metric: Id
    window_days: Count
    due: Count
    kept: Count | None
    rate: Rate
    level: Level


class BrokenObligation(Value):
    """An obligation that was not kept, and the last of the facts that say so."""

    subject_id: Annotated[str, Field(min_length=1, max_length=500)]
    due_at: Moment | None
    fact_ids: Annotated[tuple[Id, ...], Field(max_length=10)]


class WayOut(Value):
    """What would bring a metric back over `rate`, each by itself and if all else stays.

    Units: `good_in_a_row` obligations that fall due and are kept, or listings put right;
        `days` that pass, if what is open is kept in time. Null where that never will.
    """

    rate: Rate
    good_in_a_row: Count | None
    days: Count | None


class Ground(Value):
    """A metric that a step stands on.

    Units: `broken` obligations (listings) in all, of which `obligations` names the newest.
    Shape: `rule` says which threshold `rate` lies under: `limit`, or `very_poor`.
    """

    metric: Id
    rule: Literal["limit", "very_poor"]
    window_days: Count
    due: Count
    kept: Count | None
    rate: Rate
    threshold: Rate
    broken: Count
    obligations: Annotated[tuple[BrokenObligation, ...], Field(max_length=MOST_OBLIGATIONS)]
    way_out: WayOut


class Heard(Value):
    """What had come of a service's facts of the seller, when it was judged.

    Units: places in the service's history: `pos` of the last fact that had come, `aside`
        of facts that had come and could not be applied.
    """

    service: Id
    pos: Count
    aside: Annotated[tuple[Count, ...], Field(max_length=MOST_ASIDE_EACH)]


AllHeard: TypeAlias = Annotated[tuple[Heard, ...], Field(max_length=10)]
"""By service; none, if it was not noted."""
Grounds: TypeAlias = Annotated[tuple[Ground, ...], Field(min_length=1)]


class SellerReviewed(Fact):
    """A review with something to say: another level than before, or a step.

    Between two of them the seller was reviewed daily, and the level stayed.
    """

    moment: ClassVar[str] = "as_of"

    as_of: Moment
    known_at: Moment
    policy: Id
    level: Level
    metrics: tuple[ReviewedMetric, ...]


class SellerWarned(Fact):
    """Nothing happens yet; unless it is cured by `cure_by`, the first sanction follows."""

    moment: ClassVar[str] = "warned_at"

    known_at: Moment
    policy: Id
    grounds: Grounds
    cure_by: Moment
    warned_at: Moment
    heard: AllHeard = ()


class VisibilityReduced(Fact):
    """The seller's products come after others': for those who don't know them, or all."""

    moment: ClassVar[str] = "reduced_at"

    for_buyers: Literal["some", "all"]
    known_at: Moment
    policy: Id
    grounds: Grounds
    cure_by: Moment
    reduced_at: Moment
    heard: AllHeard = ()


class NewBuyersLimited(Fact):
    """Buyers without a relationship to the seller can't order. Goes with the last fact."""

    moment: ClassVar[str] = "limited_at"

    limited_at: Moment


class SellerSuspended(Fact):
    """The seller takes no part any more, until a fact says otherwise.

    Shape: with `since`, a plan was accepted then, and reasons count what fell due after it.
    """

    moment: ClassVar[str] = "suspended_at"

    known_at: Moment
    policy: Id
    reasons: Grounds
    suspended_at: Moment
    heard: AllHeard = ()
    since: Moment | None = None


class SellerReinstated(Fact):
    """A sanctioned seller is healthy again: a plan was accepted, or a window was clean."""

    moment: ClassVar[str] = "reinstated_at"

    because: Literal["plan_accepted", "clean_window"]
    plan_id: Id | None
    reinstated_at: Moment


class VisibilityBoosted(Fact):
    """The seller's products come first: star since `star_since`, without a sanction."""

    moment: ClassVar[str] = "boosted_at"

    star_since: Moment
    boosted_at: Moment


class BoostEnded(Fact):
    """The seller's products come first no longer: the level is another one."""

    moment: ClassVar[str] = "ended_at"

    level: Level
    ended_at: Moment


class Restated(Value):
    """A metric of a ground, as it was taken for and as it is known by now.

    Units: `is_rate` and `is_due` are null and 0 where nothing is measured any more.
    """

    metric: Id
    was_rate: Rate
    was_due: Count
    is_rate: Rate | None
    is_due: Count


class SanctionLifted(Fact):
    """A step is undone: it was cured, or what it stood on was not so.

    Shape: `lifted` are the steps that are undone, `step` is the one that holds now;
        `because`, if it is `restated`, the facts that lifted it and had not come when the
        step was taken, or were recorded since: those by which obligations count better;
        of all that count otherwise, where these alone don't lift it. None are named where
        the step does not say what had come, and what was recorded since does not lift it.
        `changed` of them in all.
    """

    moment: ClassVar[str] = "lifted_at"

    why: Literal["cured", "restated"]
    lifted: Annotated[tuple[Step, ...], Field(min_length=1)]
    step: Step
    because: FactIds
    changed: Count
    metrics: tuple[Restated, ...]
    lifted_at: Moment


class PlanOfActionSubmitted(Fact):
    moment: ClassVar[str] = "submitted_at"

    plan_id: Id
    statement: Words
    submitted_at: Moment


class PlanOfActionAccepted(Fact):
    moment: ClassVar[str] = "accepted_at"

    plan_id: Id
    note: Words | None
    accepted_at: Moment


class PlanOfActionDeclined(Fact):
    moment: ClassVar[str] = "declined_at"

    plan_id: Id
    note: Words
    declined_at: Moment


class Claim(Value):
    """A fact that a seller says happened, in the form in which it would be published.

    Shape: `type` as `orders.tracking-added.v1`; `data` has the fields of that type, as
        JSON. Of who files one, `seller_id` may be left out.
    """

    type: Annotated[str, Field(min_length=1, max_length=200)]
    data: Mapping[str, JsonValue]


Claims: TypeAlias = Annotated[tuple[Claim, ...], Field(max_length=MOST_CLAIMS)]


class AppealFiled(Fact):
    """The seller appeals against the fact `against`: a sanction, a warning or a review.

    Shape: `contests` are the facts that they dispute, `claims`, of which there is one at
        least, what happened instead. If it is upheld, the claims count; a fact that is
        contested stays what it is.
    """

    moment: ClassVar[str] = "filed_at"

    appeal_id: Id
    against: Id
    contests: FactIds
    claims: Claims
    statement: Words
    filed_at: Moment


class AppealDecided(Fact):
    """An appeal is upheld or not; of one that is, `claims` count like other facts."""

    moment: ClassVar[str] = "decided_at"

    appeal_id: Id
    upheld: bool
    claims: Claims
    note: Words
    decided_at: Moment


Stepped: TypeAlias = (
    SellerWarned
    | VisibilityReduced
    | NewBuyersLimited
    | SellerSuspended
    | SellerReinstated
    | SanctionLifted
)
PlanEvent: TypeAlias = PlanOfActionSubmitted | PlanOfActionAccepted | PlanOfActionDeclined
AppealEvent: TypeAlias = AppealFiled | AppealDecided
StandingEvent: TypeAlias = (
    SellerReviewed | Stepped | VisibilityBoosted | BoostEnded | PlanEvent | AppealEvent
)


def step_after(fact: Fact) -> Step | None:
    """Return the step that holds once `fact` is known, or None if it says nothing of that.

    A seller's standing is one stream: of two facts, the one of the later version holds.
    """
    match fact:
        case SellerWarned():
            return "warned"
        case VisibilityReduced(for_buyers=some):
            return "reduced_for_some" if some == "some" else "reduced_for_all"
        case SellerSuspended():
            return "suspended"
        case SellerReinstated():
            return "healthy"
        case SanctionLifted(step=step):
            return step
        case _:
            return None


TYPES: Final[Mapping[str, type[Fact]]] = {
    "performance.seller-reviewed.v1": SellerReviewed,
    "performance.seller-warned.v1": SellerWarned,
    "performance.visibility-reduced.v1": VisibilityReduced,
    "performance.new-buyers-limited.v1": NewBuyersLimited,
    "performance.seller-suspended.v1": SellerSuspended,
    "performance.seller-reinstated.v1": SellerReinstated,
    "performance.visibility-boosted.v1": VisibilityBoosted,
    "performance.boost-ended.v1": BoostEnded,
    "performance.sanction-lifted.v1": SanctionLifted,
    "performance.plan-of-action-submitted.v1": PlanOfActionSubmitted,
    "performance.plan-of-action-accepted.v1": PlanOfActionAccepted,
    "performance.plan-of-action-declined.v1": PlanOfActionDeclined,
    "performance.appeal-filed.v1": AppealFiled,
    "performance.appeal-decided.v1": AppealDecided,
}
