"""What sellers say to their standing, and what the marketplace answers."""

from collections.abc import Sequence
from typing import TypeAlias, assert_never

from contracts.performance import (
    AppealDecided,
    AppealFiled,
    PlanOfActionAccepted,
    PlanOfActionDeclined,
    PlanOfActionSubmitted,
    SellerReinstated,
    SellerReviewed,
    SellerSuspended,
    SellerWarned,
    StandingEvent,
    VisibilityReduced,
)
from services.performance.commands import (
    AcceptPlan,
    Appealing,
    DecideAppeal,
    DeclinePlan,
    FileAppeal,
    Planning,
    SubmitPlan,
)
from services.performance.model.standing.refusals import (
    AppealExists,
    AppealIsDecided,
    AppealUnknown,
    IsAppealed,
    NothingClaimed,
    NothingToPlan,
    PlanExists,
    PlanHasLapsed,
    PlanIsDecided,
    PlanUnknown,
    PlanWaits,
)
from services.performance.model.standing.state import Appeal, Standing

Appealable: TypeAlias = SellerReviewed | SellerWarned | VisibilityReduced | SellerSuspended
"""What can be appealed: what was judged, by a policy that it names."""


def plead(command: Planning | Appealing, standing: Standing) -> Sequence[StandingEvent]:
    """Return what `command` makes true; nothing, if it is true already.

    Raises:
        Refused: As the function of each command.
    """
    match command:
        case SubmitPlan():
            return submit(command, standing)
        case AcceptPlan():
            return accept(command, standing)
        case DeclinePlan():
            return decline(command, standing)
        case FileAppeal():
            return file(command, standing)
        case DecideAppeal():
            return decide_appeal(command, standing)
        case _:
            assert_never(command)


def submit(command: SubmitPlan, standing: Standing) -> Sequence[StandingEvent]:
    """Return that a plan was submitted.

    Raises:
        PlanExists: Another plan has this id.
        PlanHasLapsed: It was submitted to a step that holds no more.
        NothingToPlan: The seller is not sanctioned.
        PlanWaits: Another waits for an answer.
    """
    known = standing.plans.get(command.plan_id)
    if known is not None:
        if known.statement != command.statement:
            raise PlanExists(command.plan_id)
        if known.state == "lapsed":
            raise PlanHasLapsed(command.plan_id)
        return []
    if not standing.is_sanctioned:
        raise NothingToPlan(standing.step)
    for plan_id, plan in standing.plans.items():
        if plan.state == "waiting":
            raise PlanWaits(plan_id)
    return [
        PlanOfActionSubmitted(
            seller_id=command.seller_id,
            plan_id=command.plan_id,
            statement=command.statement,
            submitted_at=command.at,
        )
    ]


def accept(command: AcceptPlan, standing: Standing) -> Sequence[StandingEvent]:
    """Return that a plan was accepted, and that its seller is reinstated.

    Raises:
        PlanUnknown: The seller has none of this id.
        PlanIsDecided: It was declined.
        PlanHasLapsed: The step that it answers holds no more.
    """
    if not _waits(command, standing, "accepted"):
        return []
    accepted = PlanOfActionAccepted(
        seller_id=command.seller_id,
        plan_id=command.plan_id,
        note=command.note,
        accepted_at=command.at,
    )
    reinstated = SellerReinstated(
        seller_id=command.seller_id,
        because="plan_accepted",
        plan_id=command.plan_id,
        reinstated_at=command.at,
    )
    return [accepted, reinstated]


def decline(command: DeclinePlan, standing: Standing) -> Sequence[StandingEvent]:
    """Return that a plan was declined.

    Raises:
        PlanUnknown: The seller has none of this id.
        PlanIsDecided: It was accepted.
        PlanHasLapsed: The step that it answers holds no more.
    """
    if not _waits(command, standing, "declined"):
        return []
    return [
        PlanOfActionDeclined(
            seller_id=command.seller_id,
            plan_id=command.plan_id,
            note=command.note,
            declined_at=command.at,
        )
    ]


def _waits(command: AcceptPlan | DeclinePlan, standing: Standing, asked: str) -> bool:
    plan = standing.plans.get(command.plan_id)
    if plan is None:
        raise PlanUnknown(command.plan_id)
    if plan.state == "lapsed":
        raise PlanHasLapsed(command.plan_id)
    if plan.state not in {"waiting", asked}:
        raise PlanIsDecided(command.plan_id, plan.state)
    return plan.state == "waiting"


def file(command: FileAppeal, standing: Standing) -> Sequence[StandingEvent]:
    """Return that an appeal was filed.

    Raises:
        NothingClaimed: It says not what happened instead, so nothing could follow from it.
        AppealExists: Another appeal has this id.
        IsAppealed: What it is against was appealed before.
    """
    if not command.claims:
        raise NothingClaimed
    said = Appeal(
        command.against, command.contests, command.claims, command.statement, command.at
    )
    known = standing.appeals.get(command.appeal_id)
    if known is not None:
        if _words(known) != _words(said):
            raise AppealExists(command.appeal_id)
        return []
    for appeal_id, appeal in standing.appeals.items():
        if appeal.against == command.against:
            raise IsAppealed(command.against, appeal_id)
    return [
        AppealFiled(
            seller_id=command.seller_id,
            appeal_id=command.appeal_id,
            against=command.against,
            contests=command.contests,
            claims=command.claims,
            statement=command.statement,
            filed_at=command.at,
        )
    ]


def _words(appeal: Appeal) -> tuple[object, ...]:
    return appeal.against, appeal.contests, appeal.claims, appeal.statement


def decide_appeal(command: DecideAppeal, standing: Standing) -> Sequence[StandingEvent]:
    """Return that an appeal was decided: of one that is upheld, its claims count.

    Raises:
        AppealUnknown: The seller has none of this id.
        AppealIsDecided: It was decided otherwise.
    """
    appeal = standing.appeals.get(command.appeal_id)
    if appeal is None:
        raise AppealUnknown(command.appeal_id)
    asked = "upheld" if command.upheld else "dismissed"
    if appeal.state not in {"waiting", asked}:
        raise AppealIsDecided(command.appeal_id, appeal.state)
    if appeal.state == asked:
        return []
    return [
        AppealDecided(
            seller_id=command.seller_id,
            appeal_id=command.appeal_id,
            upheld=command.upheld,
            claims=appeal.claims if command.upheld else (),
            note=command.note,
            decided_at=command.at,
        )
    ]
