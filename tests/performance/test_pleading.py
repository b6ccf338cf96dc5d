"""Plans of action and appeals: said once, decided once, and only where there is need."""

from dataclasses import replace
from datetime import datetime

import pytest

from contracts.performance import (
    AppealDecided,
    AppealFiled,
    PlanOfActionAccepted,
    PlanOfActionDeclined,
    PlanOfActionSubmitted,
    SellerReinstated,
    StandingEvent,
)
from kit.domain import Refused
from services.performance.commands import (
    AcceptPlan,
    DecideAppeal,
    DeclinePlan,
    FileAppeal,
    LiftStep,
    StandingCommand,
    SubmitPlan,
)
from services.performance.model.standing import STANDING, refusals
from tests.performance.standings import after, found
from tests.performance.world import AS_OF, DAY
from tests.spec import Given
from tests.standing_samples import CLAIM

LATER: datetime = AS_OF + DAY
SUBMIT = SubmitPlan(seller_id="s-1", plan_id="n-1", statement="Hire", at=LATER)
ACCEPT = AcceptPlan(seller_id="s-1", plan_id="n-1", note="Good", at=LATER)
DECLINE = DeclinePlan(seller_id="s-1", plan_id="n-1", note="Vague", at=LATER)
FILE = FileAppeal(
    seller_id="s-1",
    appeal_id="a-1",
    against="e-1",
    contests=("e-2",),
    claims=(CLAIM,),
    statement="It left in time",
    at=LATER,
)
UPHOLD = DecideAppeal(
    seller_id="s-1", appeal_id="a-1", upheld=True, note="So it did", at=LATER
)
SUSPENDED = found("limit", very_poor=True)
LAPSED: list[StandingCommand] = [SUSPENDED, SUBMIT, found("good", 40)]
REDUCED: list[StandingCommand] = [found("limit"), found("limit", 14)]
UNDONE = LiftStep(
    seller_id="s-1",
    step="suspended",
    stepped_at=AS_OF,
    because=(),
    changed=0,
    metrics=(),
    at=LATER,
)

SUBMITTED = PlanOfActionSubmitted(
    seller_id="s-1", plan_id="n-1", statement="Hire", submitted_at=LATER
)
ACCEPTED = PlanOfActionAccepted(
    seller_id="s-1", plan_id="n-1", note="Good", accepted_at=LATER
)
DECLINED = PlanOfActionDeclined(
    seller_id="s-1", plan_id="n-1", note="Vague", declined_at=LATER
)
REINSTATED = SellerReinstated(
    seller_id="s-1", because="plan_accepted", plan_id="n-1", reinstated_at=LATER
)
FILED = AppealFiled(
    seller_id="s-1",
    appeal_id="a-1",
    against="e-1",
    contests=("e-2",),
    claims=(CLAIM,),
    statement="It left in time",
    filed_at=LATER,
)
UPHELD = AppealDecided(
    seller_id="s-1",
    appeal_id="a-1",
    upheld=True,
    claims=(CLAIM,),
    note="So it did",
    decided_at=LATER,
)


def given(*commands: StandingCommand) -> Given:
    return Given(STANDING, after(*commands)[1])


@pytest.mark.parametrize(
    ("before", "command", "facts"),
    [
        ([SUSPENDED], SUBMIT, [SUBMITTED]),
        ([SUSPENDED, SUBMIT], SUBMIT, []),
        ([SUSPENDED, SUBMIT], ACCEPT, [ACCEPTED, REINSTATED]),
        ([SUSPENDED, SUBMIT, ACCEPT], ACCEPT, []),
        ([SUSPENDED, SUBMIT], DECLINE, [DECLINED]),
        ([SUSPENDED, SUBMIT, DECLINE], DECLINE, []),
        (
            [*LAPSED, found("limit", 41, very_poor=True)],
            replace(SUBMIT, plan_id="n-2"),
            [SUBMITTED.model_copy(update={"plan_id": "n-2"})],
        ),
        ([], FILE, [FILED]),
        ([FILE], FILE, []),
        ([FILE], UPHOLD, [UPHELD]),
        ([FILE, UPHOLD], UPHOLD, []),
        (
            [FILE],
            replace(UPHOLD, upheld=False),
            [UPHELD.model_copy(update={"upheld": False, "claims": ()})],
        ),
    ],
)
def test_what_is_asked_becomes_true_once(
    before: list[StandingCommand], command: StandingCommand, facts: list[StandingEvent]
) -> None:
    given(*before).when(command).then(*facts)


@pytest.mark.parametrize(
    ("before", "command", "refusal", "named"),
    [
        ([], SUBMIT, refusals.NothingToPlan, "healthy"),
        ([found("limit")], SUBMIT, refusals.NothingToPlan, "warned"),
        (
            [SUSPENDED, SUBMIT],
            replace(SUBMIT, statement="?"),
            refusals.PlanExists,
            "n-1",
        ),
        ([SUSPENDED, SUBMIT], replace(SUBMIT, plan_id="n-2"), refusals.PlanWaits, "n-1"),
        ([SUSPENDED], ACCEPT, refusals.PlanUnknown, "n-1"),
        ([SUSPENDED], DECLINE, refusals.PlanUnknown, "n-1"),
        (LAPSED, ACCEPT, refusals.PlanHasLapsed, "n-1"),
        (LAPSED, DECLINE, refusals.PlanHasLapsed, "n-1"),
        (
            [*LAPSED, found("limit", 41, very_poor=True)],
            ACCEPT,
            refusals.PlanHasLapsed,
            "n-1",
        ),
        (
            [*LAPSED, found("limit", 41, very_poor=True)],
            SUBMIT,
            refusals.PlanHasLapsed,
            "n-1",
        ),
        (
            [*REDUCED, SUBMIT, found("limit", 15, very_poor=True)],
            ACCEPT,
            refusals.PlanHasLapsed,
            "n-1",
        ),
        (
            [SUSPENDED, SUBMIT, UNDONE],
            ACCEPT,
            refusals.PlanHasLapsed,
            "n-1",
        ),
        ([SUSPENDED, SUBMIT, DECLINE], ACCEPT, refusals.PlanIsDecided, "declined"),
        ([SUSPENDED, SUBMIT, ACCEPT], DECLINE, refusals.PlanIsDecided, "accepted"),
        ([], replace(FILE, claims=()), refusals.NothingClaimed, "claims: "),
        ([FILE], replace(FILE, statement="?"), refusals.AppealExists, "a-1"),
        ([FILE], replace(FILE, appeal_id="a-2"), refusals.IsAppealed, "a-1"),
        ([], UPHOLD, refusals.AppealUnknown, "a-1"),
        (
            [FILE, UPHOLD],
            replace(UPHOLD, upheld=False),
            refusals.AppealIsDecided,
            "upheld",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    before: list[StandingCommand],
    command: StandingCommand,
    refusal: type[Refused],
    named: str,
) -> None:
    given(*before).when(command).then_refused(refusal, named)
