"""Policies are data: dated, complete, and refused when they contradict themselves."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.performance import METRICS
from services.performance.model.metrics import NAMES
from services.performance.model.policy import policy_at
from tests.performance.policy_files import MAY, SHIPPED, changed, with_standard

YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)


def test_a_policy_ships_that_applies_from_the_beginning_of_time() -> None:
    assert policy_at(YEAR_ONE) == SHIPPED
    assert (SHIPPED.window_days, SHIPPED.long_window_days, SHIPPED.enough_due) == (
        30,
        90,
        10,
    )
    assert set(SHIPPED.standards) == set(NAMES)
    assert SHIPPED.holidays == frozenset()


def test_metrics_are_named_to_others_as_they_are_here() -> None:
    assert METRICS == NAMES


def test_the_latest_policy_that_has_begun_applies() -> None:
    newer = changed(version="2026-05", applies_from=MAY)
    both = [newer, SHIPPED]

    assert policy_at(MAY, both) == newer
    assert policy_at(datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC), both) == SHIPPED


def test_before_the_first_policy_none_applies() -> None:
    with pytest.raises(LookupError):
        policy_at(YEAR_ONE, [changed(applies_from=MAY)])


def test_holidays_are_days() -> None:
    assert changed(holidays=[date(2026, 1, 1)]).holidays == {date(2026, 1, 1)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"star": 0.96, "warn": 0.97},
        {"warn": 0.94},
        {"star": 1.2},
        {"limit": -0.1},
        {"weekday_hours": None},
        {"weekday_hours": 0},
        {"surprise": 1},
    ],
)
def test_a_standard_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        with_standard("acceptance.timely", **wrong)


def test_hours_mean_nothing_where_a_fact_says_when() -> None:
    with pytest.raises(ValidationError, match=r"shipping\.on_time"):
        with_standard("shipping.on_time", weekday_hours=24)


@pytest.mark.parametrize(
    "wrong",
    [
        {"window_days": 91},
        {"enough_due": 0},
        {"z": 0.0},
        {"standards": {}},
        {"applies_from": datetime(2026, 1, 1)},  # noqa: DTZ001 - naive on purpose
        {"surprise": 1},
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        changed(**wrong)
