"""How a seller stands: the steps that hold, and what each stands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from contracts.performance import (
    AppealDecided,
    AppealFiled,
    BoostEnded,
    Claim,
    Heard,
    Level,
    NewBuyersLimited,
    PlanOfActionAccepted,
    PlanOfActionDeclined,
    PlanOfActionSubmitted,
    SanctionLifted,
    SellerReinstated,
    SellerReviewed,
    SellerSuspended,
    SellerWarned,
    StandingEvent,
    Step,
    VisibilityBoosted,
    VisibilityReduced,
    step_after,
)

STEPS: Final[tuple[Step, ...]] = get_args(Step)
SANCTIONS: Final[tuple[Step, ...]] = STEPS[2:]
"""A warning is none: nothing happens yet."""

PlanState: TypeAlias = Literal["waiting", "accepted", "declined", "lapsed"]
"""A plan answers the step that holds; it lapses once another one does."""
AppealState: TypeAlias = Literal["waiting", "upheld", "dismissed"]


@dataclass(frozen=True, slots=True)
class Footing:
    """A metric that a step stands on, as it was when the step was taken.

    Shape: with `since`, it counts only what fell due after that.
    """

    metric: str
    rule: Literal["limit", "very_poor"]
    rate: float
    due: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """A step that holds: what was asked when it was taken, and what it stands on.

    Shape: `heard` is what had come by then; none, if that was not noted.
    """

    step: Step
    at: datetime
    known_at: datetime
    policy: str
    footings: tuple[Footing, ...]
    heard: tuple[Heard, ...] = ()

    @property
    def stands_alone(self) -> bool:
        """Whether it needs no step under it: what is very poor is not waited for."""
        return any(footing.rule == "very_poor" for footing in self.footings)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a seller says they will do, and what became of it."""

    statement: str
    submitted_at: datetime
    state: PlanState = "waiting"


@dataclass(frozen=True, slots=True)
class Appeal:
    """What a seller holds against a fact, and what became of it.

    Shape: `decided_in` is the id of the fact that decided it. Facts don't know their ids:
        it is noted where standings are kept.
    """

    against: str
    contests: tuple[str, ...]
    claims: tuple[Claim, ...]
    statement: str
    filed_at: datetime
    state: AppealState = "waiting"
    decided_in: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A seller's standing.

    Shape: `rungs` from bottom to top; `stepped_at` is when the last step was taken, up or
        down, and `stepped_down_at` the last one down; `trusted_since` when a plan was last
        accepted, `sanctioned_until` when the last sanction ended. `reviewed_at` is the last
        review that said something.
    """

    level: Level = "not_enough_data"
    star_since: datetime | None = None
    rungs: tuple[Rung, ...] = ()
    stepped_at: datetime | None = None
    stepped_down_at: datetime | None = None
    reviewed_at: datetime | None = None
    trusted_since: datetime | None = None
    sanctioned_until: datetime | None = None
    boosted: bool = False
    plans: Mapping[str, Plan] = field(default_factory=dict)
    appeals: Mapping[str, Appeal] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        """The step that holds: the highest."""
        return self.rungs[-1].step if self.rungs else "healthy"

    @property
    def is_sanctioned(self) -> bool:
        """Whether more than a warning holds."""
        return self.step in SANCTIONS


def evolve(standing: Standing, event: StandingEvent) -> Standing:
    """Return the standing after `event`. Never refuses: it already happened."""
    match event:
        case SellerReviewed():
            return _reviewed(standing, event)
        case SellerWarned() | VisibilityReduced() | SellerSuspended():
            return _lapsed(standing, _stepped_up(standing, event))
        case SellerReinstated() | SanctionLifted():
            return _lapsed(standing, _stepped_down(standing, event))
        case VisibilityBoosted() | BoostEnded():
            return replace(standing, boosted=isinstance(event, VisibilityBoosted))
        case NewBuyersLimited():
            return standing  # goes with the step that it is a part of
        case _:
            return _asked(standing, event)


_Up: TypeAlias = SellerWarned | VisibilityReduced | SellerSuspended
_Asked: TypeAlias = (
    PlanOfActionSubmitted
    | PlanOfActionAccepted
    | PlanOfActionDeclined
    | AppealFiled
    | AppealDecided
)


def _reviewed(standing: Standing, event: SellerReviewed) -> Standing:
    since = standing.star_since or event.as_of
    return replace(
        standing,
        level=event.level,
        star_since=since if event.level == "star" else None,
        reviewed_at=event.as_of,
    )


def _stepped_up(standing: Standing, event: _Up) -> Standing:
    at = event.happened_at
    if isinstance(event, SellerSuspended):
        grounds, since = event.reasons, event.since
    else:
        grounds, since = event.grounds, None
    footings = tuple(Footing(g.metric, g.rule, g.rate, g.due, since) for g in grounds)
    step = step_after(event) or standing.step
    rung = Rung(step, at, event.known_at, event.policy, footings, event.heard)
    return replace(standing, rungs=(*standing.rungs, rung), stepped_at=at)


def _stepped_down(standing: Standing, event: SellerReinstated | SanctionLifted) -> Standing:
    at, left = event.happened_at, tuple[Rung, ...]()
    if isinstance(event, SanctionLifted):
        left = tuple(rung for rung in standing.rungs if rung.step not in event.lifted)
        if event.why == "restated":  # as if the steps had never been taken
            down = standing.stepped_down_at
            steps = [*(rung.at for rung in left), *([] if down is None else [down])]
            return replace(standing, rungs=left, stepped_at=max(steps, default=None))
    after = replace(standing, rungs=left, stepped_at=at, stepped_down_at=at)
    if standing.is_sanctioned and not after.is_sanctioned:
        after = replace(after, sanctioned_until=at)
    if isinstance(event, SellerReinstated) and event.because == "plan_accepted":
        after = replace(after, trusted_since=at)
    return after


def _lapsed(before: Standing, after: Standing) -> Standing:
    """Return `after` without a plan that waits, if another step holds than before."""
    if after.step == before.step:
        return after
    plans = {
        name: replace(plan, state="lapsed") if plan.state == "waiting" else plan
        for name, plan in after.plans.items()
    }
    return replace(after, plans=plans)


def _asked(standing: Standing, event: _Asked) -> Standing:
    match event:
        case PlanOfActionSubmitted(plan_id=name):
            plan = Plan(event.statement, event.submitted_at)
            return replace(standing, plans={**standing.plans, name: plan})
        case PlanOfActionAccepted(plan_id=name) | PlanOfActionDeclined(plan_id=name):
            accepted = isinstance(event, PlanOfActionAccepted)
            state: PlanState = "accepted" if accepted else "declined"
            plan = replace(standing.plans[name], state=state)
            return replace(standing, plans={**standing.plans, name: plan})
        case AppealFiled(appeal_id=name):
            appeal = Appeal(
                event.against, event.contests, event.claims, event.statement, event.filed_at
            )
            return replace(standing, appeals={**standing.appeals, name: appeal})
        case AppealDecided(appeal_id=name):
            decided: AppealState = "upheld" if event.upheld else "dismissed"
            appeal = replace(standing.appeals[name], state=decided)
            return replace(standing, appeals={**standing.appeals, name: appeal})
