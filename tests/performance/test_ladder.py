"""The ladder, rung by rung: up while it stays bad, down once it is good."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.performance import (
    Level,
    Restated,
    SanctionLifted,
    SellerSuspended,
    SellerWarned,
    Step,
    VisibilityBoosted,
    VisibilityReduced,
)
from services.performance.commands import (
    AcceptPlan,
    Counted,
    LiftStep,
    StandingCommand,
    SubmitPlan,
)
from services.performance.model.standing.findings import found_of
from tests.performance.facts import accepted as kept, listed, placed
from tests.performance.standings import (
    CURE,
    METRIC,
    after,
    found,
    ground,
    kinds,
    told,
    up_to,
)
from tests.performance.world import AS_OF, DAY, HOUR, POLICY, received, sayings_of

RESTATED = Restated(
    metric="shipping.on_time", was_rate=0.7, was_due=20, is_rate=0.95, is_due=20
)


def lifted(step: Step, day: int) -> LiftStep:
    return LiftStep(
        seller_id="s-1",
        step=step,
        stepped_at=AS_OF + day * DAY,
        because=("e-1",),
        changed=1,
        metrics=(RESTATED,),
        at=AS_OF + 60 * DAY,
    )


def plan(day: int = 50, plan_id: str = "n-1") -> SubmitPlan:
    return SubmitPlan(
        seller_id="s-1", plan_id=plan_id, statement="Hire", at=AS_OF + day * DAY + HOUR
    )


def accepted(day: int = 50, plan_id: str = "n-1") -> AcceptPlan:
    return AcceptPlan(seller_id="s-1", plan_id=plan_id, at=AS_OF + day * DAY + 2 * HOUR)


def test_at_limit_a_healthy_seller_is_warned_with_the_way_out() -> None:
    _, (reviewed, warned) = after(found("limit"))

    assert isinstance(warned, SellerWarned)
    assert (warned.cure_by, warned.grounds) == (AS_OF + CURE, (ground(),))
    assert (reviewed.happened_at, warned.happened_at) == (AS_OF, AS_OF)


@pytest.mark.parametrize(
    ("day", "step"),
    [
        (0, "warned"),
        (13, "warned"),
        (14, "reduced_for_some"),
        (27, "reduced_for_some"),
        (28, "reduced_for_all"),
        (42, "suspended"),
        (99, "suspended"),
    ],
)
def test_who_stays_at_limit_goes_up_a_step_in_14_days(day: int, step: Step) -> None:
    standing, _ = after(*up_to(day + 1))

    assert standing.step == step


def test_each_step_says_what_it_does() -> None:
    _, facts = after(*up_to(43))

    reduced = [fact.for_buyers for fact in facts if isinstance(fact, VisibilityReduced)]
    assert reduced == ["some", "all"]
    assert told(*up_to(29)) == ["SellerReviewed", "VisibilityReduced", "NewBuyersLimited"]
    (suspended,) = [fact for fact in facts if isinstance(fact, SellerSuspended)]
    assert suspended.reasons == (ground(),)


@pytest.mark.parametrize("level", ["warn", "good", "star", "not_enough_data"])
def test_who_is_not_at_limit_goes_up_no_step(level: Level) -> None:
    standing, _ = after(found("limit"), *(found(level, n) for n in range(1, 40)))

    assert standing.step == ("warned" if level == "warn" else "healthy")


def test_of_whom_nothing_is_measured_any_more_is_cured_and_warned_anew() -> None:
    standing, facts = after(
        found("limit"), found("not_enough_data", 20), found("limit", 300)
    )

    assert [fact for fact in kinds(facts) if fact != "SellerReviewed"] == [
        "SellerWarned",
        "SanctionLifted",
        "SellerWarned",
    ]
    assert standing.step == "warned"


def test_a_window_that_shows_nothing_reinstates_nobody() -> None:
    empty = [found("not_enough_data", 43 + n) for n in range(100)]

    assert after(*up_to(43), *empty)[0].step == "suspended"


def test_listings_and_stock_alone_reinstate_nobody() -> None:
    listings = [replace(found("star", 43 + n), measured=False) for n in range(100)]

    assert after(*up_to(43), *listings)[0].step == "suspended"


@pytest.mark.parametrize(("orders", "measured"), [(0, False), (20, True)])
def test_a_window_shows_something_where_obligations_of_it_are_measured(
    orders: int, *, measured: bool
) -> None:
    due = [kept(AS_OF - 5 * DAY, f"o-{n}") for n in range(orders)]
    told = received([listed(AS_OF - 100 * DAY), *due])

    (seen,) = found_of(*sayings_of(told), POLICY, AS_OF, AS_OF)

    assert (seen.level, seen.measured) == ("star", measured)


def test_down_goes_one_step_a_review_once_nothing_is_under_warn() -> None:
    downs = [found("good", 29 + n) for n in range(3)]

    steps = [after(*up_to(29), *downs[:n])[0].step for n in range(4)]

    assert steps == ["reduced_for_all", "reduced_for_some", "warned", "healthy"]
    assert told(*up_to(29), *downs[:1]) == ["SellerReviewed", "SanctionLifted"]


def test_after_a_step_down_the_next_one_up_takes_14_days() -> None:
    cured = [*up_to(15), found("good", 15)]
    again = [found("limit", n) for n in range(16, 30)]

    assert after(*cured, *again[:-1])[0].step == "warned"
    assert after(*cured, *again)[0].step == "reduced_for_some"


def test_very_poor_suspends_at_once_with_its_reasons() -> None:
    _, facts = after(found("limit", very_poor=True))

    (suspended,) = [fact for fact in facts if isinstance(fact, SellerSuspended)]
    assert suspended.reasons == (ground(rate=0.3, very_poor=True),)
    assert len(facts) == 2


def test_a_suspension_ends_with_a_clean_window_and_not_before() -> None:
    suspended = [*up_to(43)]

    assert told(*suspended, found("good", 71)) == ["SellerReviewed"]
    assert told(*suspended, found("warn", 72)) == ["SellerReviewed"]
    assert told(*suspended, found("good", 72)) == ["SellerReviewed", "SellerReinstated"]
    assert after(*suspended, found("good", 72))[0].step == "healthy"


def test_an_accepted_plan_reinstates_and_gives_time() -> None:
    poor: list[StandingCommand] = [found("limit", 49, very_poor=True), plan(), accepted()]

    assert told(*poor) == ["PlanOfActionAccepted", "SellerReinstated"]
    assert told(*poor, found("limit", 51, very_poor=True)) == []
    days = [found("limit", n, very_poor=True) for n in range(51, 82)]
    steps = [after(*poor, *days[:n])[0].step for n in range(1, len(days) + 1)]
    assert steps == [*["healthy"] * 14, *["warned"] * 16, "reduced_for_some"]


@pytest.mark.parametrize(
    ("fell_due", "kept_of_them", "step"),
    [
        ([52] * 20, 9, "suspended"),
        ([52] * 20, 10, "healthy"),  # half is not less than half
        ([52] * 19, 0, "healthy"),  # too few
        ([49] * 20 + [52] * 19, 0, "healthy"),  # the plan is about those before
        ([49] * 30 + [52] * 20, 30, "suspended"),
    ],
)
def test_after_an_accepted_plan_what_is_very_poor_by_what_is_new_alone_suspends_at_once(
    fell_due: list[int], kept_of_them: int, step: Step
) -> None:
    due = [
        Counted(AS_OF + day * DAY, 1, int(n < kept_of_them))
        for n, day in enumerate(fell_due)
    ]
    poor, new = found("limit", 49, very_poor=True), found("limit", 53, very_poor=True)

    standing, _ = after(poor, plan(), accepted(), replace(new, counted={METRIC: due}))

    assert standing.step == step


def test_after_an_accepted_plan_a_long_window_sanctions_once_it_lies_after_it() -> None:
    poor: list[StandingCommand] = [found("limit", 49, very_poor=True), plan(), accepted()]
    long = (ground().model_copy(update={"window_days": 90}),)
    days = [replace(found("limit", n), limits=long) for n in range(51, 142)]

    steps = [after(*poor, *days[:n])[0].step for n in range(1, len(days) + 1)]

    assert steps == [*["healthy"] * 14, *["warned"] * 76, "reduced_for_some"]


def test_what_fell_due_when_the_plan_was_accepted_is_not_new() -> None:
    at = accepted().at
    poor = found("limit", 49, very_poor=True)

    def step_if_due(moment: datetime) -> Step:
        due = [Counted(moment, 1, 0)] * 20
        new = replace(found("limit", 53, very_poor=True), counted={METRIC: due})
        return after(poor, plan(), accepted(), new)[0].step

    assert step_if_due(at) == "healthy"
    assert step_if_due(at + timedelta(microseconds=1)) == "suspended"


def test_what_is_very_poor_comes_with_all_that_it_counts() -> None:
    never = [placed(f"o-{n}", AS_OF - n * DAY) for n in range(5, 24)]
    soon = [
        fact
        for n in range(6)
        for fact in (placed(f"g-{n}", AS_OF - 9 * DAY), kept(AS_OF - 9 * DAY, f"g-{n}"))
    ]
    told = received([*never, *soon])

    (seen,) = found_of(*sayings_of(told), POLICY, AS_OF, AS_OF)

    (poor,) = seen.very_poor
    counted = seen.counted[poor.metric]
    assert (poor.metric, poor.due, poor.kept) == ("acceptance.timely", 25, 6)
    assert (sum(c.due for c in counted), sum(c.kept for c in counted)) == (25, 6)
    assert all(AS_OF - 30 * DAY < c.due_at <= AS_OF for c in counted)


def test_after_an_accepted_plan_no_sanction_stands_on_what_was_before_it() -> None:
    poor: list[StandingCommand] = [found("limit", 49, very_poor=True), plan(), accepted()]
    days = [found("limit", n) for n in range(51, 82)]

    steps = [after(*poor, *days[:n])[0].step for n in range(1, len(days) + 1)]

    assert steps == [*["healthy"] * 14, *["warned"] * 16, "reduced_for_some"]


def test_star_for_90_days_is_boosted_and_no_longer_star_no_longer() -> None:
    stars = [found("star", n) for n in range(91)]

    assert told(*stars[:-1]) == []
    assert told(*stars) == ["SellerReviewed", "VisibilityBoosted"]
    assert told(*stars, found("star", 91)) == []
    assert told(*stars, found("good", 91)) == ["SellerReviewed", "BoostEnded"]
    assert told(*stars, found("limit", 91)) == [
        "SellerReviewed",
        "SellerWarned",
        "BoostEnded",
    ]


def test_listings_and_stock_alone_earn_no_boost() -> None:
    listings = [replace(found("star", n), measured=False) for n in range(120)]

    assert "VisibilityBoosted" not in kinds(after(*listings)[1])
    assert told(*listings, found("star", 120)) == ["SellerReviewed", "VisibilityBoosted"]


def test_the_90_days_begin_when_the_last_sanction_ends() -> None:
    stars = [*up_to(15), *(found("star", n) for n in range(15, 107))]

    _, facts = after(*stars)
    (boosted,) = [fact for fact in facts if isinstance(fact, VisibilityBoosted)]
    assert boosted.boosted_at == AS_OF + 105 * DAY
    assert boosted.star_since == AS_OF + 15 * DAY


def test_a_day_is_judged_once_and_none_before_it() -> None:
    warned = [found("good", 4), found("limit", 5)]

    assert told(*warned, found("good", 5)) == []
    assert told(*warned, found("good", 3)) == []


def test_a_review_that_moves_nothing_says_nothing() -> None:
    assert told(found("good"), found("good", 1)) == []
    assert told(found("good"), found("warn", 1)) == ["SellerReviewed"]


def test_a_step_whose_ground_falls_is_undone_as_if_it_had_not_been() -> None:
    standing, facts = after(*up_to(15), lifted("reduced_for_some", 14))

    last = facts[-1]
    assert isinstance(last, SanctionLifted)
    assert (last.why, last.lifted, last.step) == (
        "restated",
        ("reduced_for_some",),
        "warned",
    )
    assert (last.because, last.metrics) == (("e-1",), (RESTATED,))
    assert standing.stepped_at == AS_OF


def test_what_stood_on_it_is_undone_too() -> None:
    standing, facts = after(*up_to(29), lifted("warned", 0))

    assert isinstance(facts[-1], SanctionLifted)
    assert facts[-1].lifted == ("warned", "reduced_for_some", "reduced_for_all")
    assert (standing.step, standing.rungs, standing.stepped_at) == ("healthy", (), None)


def test_what_is_very_poor_stands_without_a_warning() -> None:
    standing, facts = after(
        found("limit"), found("limit", 1, very_poor=True), lifted("warned", 0)
    )

    assert isinstance(facts[-1], SanctionLifted)
    assert (facts[-1].lifted, standing.step) == (("warned",), "suspended")


def test_a_step_that_holds_no_more_is_not_undone() -> None:
    assert told(found("limit"), found("good", 1), lifted("warned", 0)) == []
    assert told(found("limit"), lifted("warned", 1)) == []


def test_after_a_suspension_that_is_undone_the_last_step_down_is_waited_for_still() -> None:
    before = [*up_to(1), found("good", 20), found("limit", 22, very_poor=True)]
    undone: list[StandingCommand] = [*before, lifted("suspended", 22)]

    standing, _ = after(*undone)
    assert (standing.step, standing.stepped_at) == ("healthy", AS_OF + 20 * DAY)
    assert told(*undone, found("limit", 33)) == []
    assert told(*undone, found("limit", 34)) == ["SellerReviewed", "SellerWarned"]
