"""Whatever reviews find, the ladder is fair: warned first, and a step at a time."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from contracts.performance import (
    Level,
    SanctionLifted,
    SellerReinstated,
    SellerSuspended,
    SellerWarned,
    StandingEvent,
    VisibilityReduced,
)
from services.performance.commands import LiftStep, ReviewSeller, StandingCommand
from services.performance.model.standing import STANDING
from services.performance.model.standing.ladder import FirstSight, is_quiet
from services.performance.model.standing.state import STEPS, Standing
from tests.performance.standings import CURE, TERMS, after, found
from tests.performance.world import AS_OF, DAY

LEVELS: tuple[Level, ...] = ("star", "good", "warn", "limit", "not_enough_data")


@st.composite
def reviews(draw: st.DrawFn) -> Sequence[ReviewSeller]:
    """Stretches of days at one level, as a seller has them; some days are very poor.

    Where a window shows nothing, listings and stock alone are at that level.
    """
    lengths = st.integers(1, 100)
    stretches = st.tuples(st.sampled_from(LEVELS), lengths, st.booleans())
    days = [
        (level, measured)
        for level, length, measured in draw(st.lists(stretches, max_size=6))
        for _ in range(length)
    ]
    poor = draw(st.sets(st.integers(0, 120), max_size=2))
    return [
        replace(seen, measured=seen.measured and measured)
        for day, (level, measured) in enumerate(days)
        for seen in [found(level, day, very_poor=day in poor)]
    ]


def stood(
    commands: Sequence[StandingCommand],
) -> list[tuple[Standing, list[StandingEvent]]]:
    """The standing before each command, and what that made true."""
    standing, found = STANDING.initial, []
    for command in commands:
        facts = [*STANDING.decide(command, standing)]
        found.append((standing, facts))
        for fact in facts:
            standing = STANDING.evolve(standing, fact)
    return found


def is_sanction(fact: StandingEvent) -> bool:
    alone = isinstance(fact, SellerSuspended) and any(
        ground.rule == "very_poor" for ground in fact.reasons
    )
    return isinstance(fact, VisibilityReduced | SellerSuspended) and not alone


@given(reviews())
def test_a_warning_comes_before_every_sanction_and_14_days(
    days: Sequence[ReviewSeller],
) -> None:
    for standing, facts in stood(days):
        for fact in filter(is_sanction, facts):
            (warned,) = [rung for rung in standing.rungs if rung.step == "warned"]
            assert fact.happened_at - warned.at >= CURE
            assert standing.stepped_at is not None
            assert fact.happened_at - standing.stepped_at >= CURE


@given(reviews())
def test_a_review_takes_one_step_at_most(days: Sequence[ReviewSeller]) -> None:
    steps = (
        SellerWarned
        | VisibilityReduced
        | SellerSuspended
        | SellerReinstated
        | SanctionLifted
    )
    for standing, facts in stood(days):
        taken = [fact for fact in facts if isinstance(fact, steps)]
        assert len(taken) <= 1
        after = standing
        for fact in facts:
            after = STANDING.evolve(after, fact)
        moved = abs(STEPS.index(after.step) - STEPS.index(standing.step))
        jumps = any(
            isinstance(fact, SellerReinstated | SellerSuspended) and not is_sanction(fact)
            for fact in taken
        )
        assert moved <= 1 or jumps


@given(reviews(), st.dictionaries(st.integers(0, 200), st.integers(0, 200), max_size=5))
def test_days_that_are_reviewed_again_say_nothing_more(
    days: Sequence[ReviewSeller], again: dict[int, int]
) -> None:
    repeated = list[ReviewSeller]()
    for place, day in enumerate(days):
        repeated.append(day)
        if place in again:  # an earlier day once more, and this one
            repeated += [days[min(again[place], place)], day]

    assert after(*repeated) == after(*days)


@given(reviews())
def test_what_is_quiet_has_nothing_to_say(days: Sequence[ReviewSeller]) -> None:
    for (standing, facts), day in zip(stood(days), days, strict=True):
        sight = FirstSight(day.level, bool(day.very_poor), day.measured)
        if is_quiet(sight, standing, day.as_of, TERMS):
            assert facts == []


@given(reviews(), st.integers(0, 3))
def test_what_is_lifted_leaves_no_sanction_without_its_warning(
    days: Sequence[ReviewSeller], place: int
) -> None:
    standing, _ = after(*days)
    if place >= len(standing.rungs):
        return
    rung = standing.rungs[place]
    lift = LiftStep(
        seller_id="s-1",
        step=rung.step,
        stepped_at=rung.at,
        because=(),
        changed=0,
        metrics=(),
        at=rung.at,
    )
    left, facts = after(*days, lift)

    assert isinstance(facts[-1], SanctionLifted)
    assert rung not in left.rungs
    dependent = [one for one in left.rungs if not one.stands_alone]
    assert [one.step for one in dependent] == [*STEPS[1 : len(dependent) + 1]]


@pytest.mark.parametrize("measured", [True, False])
@pytest.mark.parametrize(("day", "earned"), [(89, False), (90, True)])
def test_who_earns_a_boost_is_heard_and_whose_windows_are_empty_is_quiet(
    day: int, *, earned: bool, measured: bool
) -> None:
    standing, _ = after(*(found("star", n) for n in range(day)))
    sight = FirstSight("star", very_poor=False, measured=measured)

    quiet = is_quiet(sight, standing, AS_OF + day * DAY, TERMS)

    assert quiet == (not (earned and measured))
