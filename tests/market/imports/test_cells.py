"""Cells mean exactly what they say, or nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, strategies as st

from market.imports import cells


@given(st.integers(0, 2**53 - 1))
def test_an_amount_is_exact_to_the_cent(amount_cents: int) -> None:
    written = f"{amount_cents // 100}.{amount_cents % 100:02}"

    assert cells.read_cents(written) == amount_cents


@pytest.mark.parametrize(
    ("read", "cell", "meaning"),
    [
        (cells.read_cents, "109.9", 10_990),
        (cells.read_cents, "12.", 1_200),
        (cells.read_cents, "0.290", 29),
        (cells.read_millimetres, "16", 160),
        (cells.read_millimetres, "11.5", 115),
        (cells.read_count, "3.0", 3),
        (cells.read_count, "0", 0),
        (cells.read_parts, "1:2;3:1", (("1", 2), ("3", 1))),
        (cells.read_parts, " a:b:2 ", (("a:b", 2),)),
        (cells.read_switch, "on", True),
        (cells.read_switch, "off", False),
        (cells.read_day, "2018-02-28", date(2018, 2, 28)),
        (cells.read_moment, "2018-03-01 17:00:00", datetime(2018, 3, 1, 17, tzinfo=UTC)),
        (cells.read_moment, "2018-03-01T17:00Z", datetime(2018, 3, 1, 17, tzinfo=UTC)),
        (
            cells.read_moment,
            "2018-03-01T17:00:00-03:00",
            datetime(2018, 3, 1, 20, tzinfo=UTC),
        ),
    ],
)
def test_a_cell_means_what_it_says(
    read: Callable[[str], object], cell: str, meaning: object
) -> None:
    assert read(cell) == meaning


@pytest.mark.parametrize(
    ("read", "cell"),
    [
        (cells.read_cents, "1e3"),
        (cells.read_cents, "NaN"),
        (cells.read_cents, "1 000"),
        (cells.read_cents, "1.001"),
        (cells.read_cents, "-0.01"),
        (cells.read_cents, "99999999999999999"),
        (cells.read_cents, "\u0663"),
        (cells.read_count, "1.5"),
        (cells.read_count, "-1"),
        (cells.read_count, "2147483648"),
        (cells.read_units, "0"),
        (cells.read_units, "-3"),
        (cells.read_units, "2.5"),
        (cells.read_millimetres, "1.25"),
        (cells.read_day, "2018-02-30"),
        (cells.read_day, "2018-2-3"),
        (cells.read_day, "2018-02-03 00:00:00"),
        (cells.read_moment, "2018-03-01"),
        (cells.read_moment, "01/03/2018 17:00"),
        (cells.read_moment, "2018-03-01 25:00:00"),
        (cells.read_moment, "1519923600"),
        (cells.read_moment, "0001-01-01T00:00:00+23:00"),
        (cells.read_id, "x" * 201),
        (cells.read_parts, "1"),
        (cells.read_parts, "1:0"),
        (cells.read_parts, ":2"),
        (cells.read_parts, "1:2;"),
        (cells.read_parts, None),
        (cells.read_switch, "ON"),
        (cells.read_switch, None),
        (cells.read_text, None),
    ],
)
def test_a_cell_that_says_something_else_is_refused(
    read: Callable[[str | None], object], cell: str | None
) -> None:
    with pytest.raises(ValueError, match=r"is|has"):
        read(cell)
