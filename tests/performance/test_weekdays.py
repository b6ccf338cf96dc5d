"""Weekday hours: weekends and holidays do not count."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, strategies as st

from services.performance.model.weekdays import deadline
from tests.performance.naive_world import weekday_deadline
from tests.performance.world import POLICY

FRIDAY = datetime(2026, 3, 6, tzinfo=UTC)
MONDAY = FRIDAY + timedelta(days=3)
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)


def due(
    opened_at: datetime | None, hours: int | None = 24, *holidays: date
) -> datetime | None:
    frame = pl.DataFrame(
        {"opened_at": [opened_at], "hours": [hours]},
        {"opened_at": pl.Datetime("us", "UTC"), "hours": pl.Int64},
    )
    found = frame.select(deadline(pl.col("opened_at"), pl.col("hours"), holidays))
    at: datetime | None = found.item()
    return at


@pytest.mark.parametrize(
    ("opened_at", "due_at"),
    [
        (FRIDAY, FRIDAY + DAY),
        (FRIDAY + TICK, MONDAY + TICK),
        (FRIDAY + 18 * HOUR, MONDAY + 18 * HOUR),
        (FRIDAY + DAY, MONDAY + DAY),
        (FRIDAY + 2 * DAY + 23 * HOUR, MONDAY + DAY),
        (MONDAY, MONDAY + DAY),
        (MONDAY - TICK, MONDAY + DAY),
    ],
)
def test_a_deadline_is_the_first_moment_at_which_the_hours_have_passed(
    opened_at: datetime, due_at: datetime
) -> None:
    assert due(opened_at) == due_at


def test_a_holiday_does_not_count() -> None:
    assert due(FRIDAY + 18 * HOUR, 24, MONDAY.date()) == MONDAY + DAY + 18 * HOUR


def test_forty_eight_hours_are_two_weekdays() -> None:
    assert due(FRIDAY + HOUR, 48) == MONDAY + DAY + HOUR


def test_what_was_never_opened_is_never_due() -> None:
    assert due(None) is None
    assert due(FRIDAY, None) is None


holidays = st.sets(st.dates(FRIDAY.date(), FRIDAY.date() + 10 * DAY), max_size=4)


near = st.integers(-10 * DAY // TICK, 10 * DAY // TICK)
far = st.integers(-20_000 * DAY // TICK, 100_000 * DAY // TICK)


@given((near | far).map(lambda ticks: FRIDAY + ticks * TICK), st.integers(1, 200), holidays)
def test_columns_count_as_a_clock_does(
    opened_at: datetime, hours: int, days: set[date]
) -> None:
    timely = POLICY.standards["acceptance.timely"]
    standard = timely.model_copy(update={"weekday_hours": hours})
    policy = POLICY.model_copy(
        update={"holidays": frozenset(days), "standards": {"acceptance.timely": standard}}
    )

    expected = weekday_deadline(opened_at, policy, "acceptance.timely")

    assert due(opened_at, hours, *days) == expected
