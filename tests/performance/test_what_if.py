"""What if another policy applied: who would stand otherwise, and on which metrics."""

from datetime import datetime

import pytest
from hypothesis import given, settings

from contracts.fact import Fact
from kit.consumers.records import Received
from services.performance.model.policy import Policy
from services.performance.model.scorecard import by_policies, scorecards
from services.performance.model.what_if import FIGURES, what_if
from tests.performance.facts import accepted, placed
from tests.performance.history import histories
from tests.performance.policy_files import changed, with_standard
from tests.performance.test_scorecard_laws import (
    EASILY_JUDGED,
    ON_HOLIDAY,
    as_ofs,
    known_ats,
    policies,
)
from tests.performance.world import (
    AS_OF,
    DAY,
    HOUR,
    POLICY,
    overall_of,
    received,
    sayings_of,
)

LONGER = changed(version="longer", window_days=60, long_window_days=80, enough_due=3)
PATIENT = with_standard(
    "inventory.confirmed",
    with_standard("acceptance.timely", EASILY_JUDGED, weekday_hours=96),
    days=40,
)


def month(seller: str, late: int) -> list[Fact]:
    """Ten orders of a seller, some of them accepted too late."""
    facts: list[Fact] = []
    for n in range(10):
        order, at = f"{seller}-{n}", AS_OF - (n + 15) * DAY
        hours = 120 if n < late else 1
        facts += [
            placed(order, at, ship_by=AS_OF + DAY),
            accepted(at + hours * HOUR, order),
        ]
    return [fact.model_copy(update={"seller_id": seller}) for fact in facts]


def changes(policy: Policy, *facts: Fact) -> list[tuple[str, str, str, str]]:
    return what_if(*sayings_of(received(facts)), (POLICY, policy), AS_OF).levels.rows()


def test_who_would_stand_otherwise_is_told() -> None:
    facts = [*month("s-1", late=0), *month("s-2", late=1), *month("s-3", late=5)]
    nobody_off = with_standard("acceptance.timely", star=1.0, warn=1.0, limit=1.0)
    anybody = with_standard("acceptance.timely", star=0.1, warn=0.1, limit=0.1)

    assert changes(nobody_off, *facts) == [
        ("s-1", "star", "star", "same"),
        ("s-2", "warn", "limit", "worse"),
        ("s-3", "limit", "limit", "same"),
    ]
    assert [row[3] for row in changes(anybody, *facts)] == ["same", "better", "better"]


def test_too_few_to_judge_is_neither_better_nor_worse() -> None:
    assert changes(changed(enough_due=11), *month("s-1", late=9)) == [
        ("s-1", "limit", "not_enough_data", "other")
    ]


def test_the_metrics_that_make_the_difference_are_told_with_their_figures() -> None:
    patient = with_standard("acceptance.timely", weekday_hours=144)
    rows = sayings_of(received(month("s-1", late=2)))

    found = what_if(*rows, (POLICY, patient), AS_OF).metrics.rows(named=True)

    told = {row["metric"]: row for row in found if row["changes"] != "same"}
    assert set(told) == {"acceptance.timely"}
    figures = [
        [told["acceptance.timely"][f"{whose}_{name}"] for name in FIGURES]
        for whose in ("official", "proposed")
    ]
    assert figures == [[30, 10, 8, 0.8, "limit"], [30, 10, 10, 1.0, "star"]]


@settings(max_examples=40, deadline=None)
@given(histories, policies, as_ofs, known_ats)
def test_each_policy_judges_as_if_it_were_asked_alone(
    told: list[Received], official: Policy, as_of: datetime, known_at: datetime | None
) -> None:
    rows = sayings_of(told)
    asked = (as_of, known_at)
    for proposed in (LONGER, PATIENT, ON_HOLIDAY, official):
        both = (official, proposed)
        found = what_if(*rows, both, *asked)

        alone = [scorecards(*rows, policy, *asked) for policy in both]
        assert [each.rows() for each in by_policies(*rows, both, *asked)] == [
            each.rows() for each in alone
        ]
        for column, policy in zip(("official", "proposed"), both, strict=True):
            levels = found.levels.select("seller_id", column).rows()
            assert levels == [
                (who, level) for who, _, level in overall_of(told, *asked, policy)
            ]
        if official == proposed:
            assert set(found.levels["changes"]) | set(found.metrics["changes"]) <= {"same"}


@pytest.mark.parametrize("policy", [LONGER, PATIENT])
def test_the_policies_of_these_tests_do_differ(policy: Policy) -> None:
    assert policy.digest != POLICY.digest
