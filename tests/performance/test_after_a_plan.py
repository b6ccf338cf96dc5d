"""After an accepted plan: what is new alone suspends, and is what late facts can change."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from contracts.fact import Fact
from contracts.performance import SellerSuspended
from kit.consumers.records import Received
from services.performance.model.standing import STANDING
from services.performance.model.standing.findings import found_of
from services.performance.model.standing.heard import heard_of
from services.performance.model.standing.state import Standing
from tests.performance.facts import accepted, placed
from tests.performance.test_restating_laws import NO_MORE, lifts_of, placed as rows_of
from tests.performance.world import AS_OF, DAY, HOUR, POLICY, received, sayings_of

PLAN = AS_OF - 14 * DAY
OLD, NEW = AS_OF - 22 * DAY, AS_OF - 9 * DAY  # a Tuesday, and a Monday


def orders(old: int, new: int) -> list[Fact]:
    """So many from before the plan, and since: nobody answered any."""
    before = [placed(f"old-{n}", OLD) for n in range(old)]
    return [*before, *(placed(f"new-{n}", NEW) for n in range(new))]


def answered(old: int, new: int) -> list[Fact]:
    """So many of these, in time after all."""
    before = [accepted(OLD + HOUR, f"old-{n}") for n in range(old)]
    return [*before, *(accepted(NEW + HOUR, f"new-{n}") for n in range(new))]


def reviewed(told: Iterable[Received]) -> tuple[Standing, list[SellerSuspended]]:
    """How a seller stands after a review, and what suspended them."""
    told = [*told]
    standing = replace(STANDING.initial, trusted_since=PLAN)
    (command,) = found_of(*sayings_of(told), POLICY, AS_OF, AS_OF)
    heard = heard_of(*rows_of(told), NO_MORE)["s-1"]
    facts = STANDING.decide(replace(command, heard=heard), standing)
    for fact in facts:
        standing = STANDING.evolve(standing, fact)
    return standing, [fact for fact in facts if isinstance(fact, SellerSuspended)]


def test_the_reason_is_what_fell_due_since_the_plan() -> None:
    _, (suspended,) = reviewed(received(orders(old=30, new=20)))

    (reason,) = suspended.reasons
    assert (reason.metric, suspended.since) == ("acceptance.timely", PLAN)
    assert (reason.due, reason.kept, reason.rate, reason.broken) == (20, 0, 0.0, 20)
    assert all(each.subject_id.startswith("new-") for each in reason.obligations)


def test_without_anything_from_before_it_is_the_whole_window() -> None:
    _, (suspended,) = reviewed(received(orders(old=0, new=20)))

    assert (suspended.since, [r.due for r in suspended.reasons]) == (None, [20])


def test_what_is_about_the_time_before_suspends_nobody() -> None:
    assert reviewed(received(orders(old=30, new=19)))[1] == []


@pytest.mark.parametrize(
    ("old", "new", "lifted"),
    [(0, 9, False), (0, 10, True), (15, 9, False), (30, 0, False), (5, 10, True)],
)
def test_late_facts_lift_it_by_what_fell_due_since_and_these_are_named(
    old: int, new: int, *, lifted: bool
) -> None:
    first, late = orders(old=30, new=20), answered(old, new)
    told = received([*first, *late])
    standing, _ = reviewed(told[: len(first)])

    lifts = lifts_of(standing, told)

    assert [lift.step for lift in lifts] == ["suspended"] * lifted
    for lift in lifts:
        assert lift.changed == new
        assert [(m.is_rate, m.is_due) for m in lift.metrics] == [(0.5, 20)]
