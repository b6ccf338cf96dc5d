"""What benchmarks say: whether a goal is reached, and all that was found, on one line."""

import json
from dataclasses import replace

import pytest

from benchmarks.measure import Outcome, end, side_by_side

FAST = Outcome("a bench", ours=300, other=100, ratio=3.0, goal=2.0)
SMALL = Outcome.of_memory("a bench", 1.5, ours=120, other=100, told={"obligations": 7})


def test_a_goal_is_the_least_that_a_rate_should_be() -> None:
    assert FAST.reached
    assert replace(FAST, ratio=2.0).reached
    assert not replace(FAST, ratio=1.99).reached


def test_a_goal_is_the_most_that_memory_should_be() -> None:
    assert (SMALL.ratio, SMALL.unit) == (1.2, "bytes")
    assert SMALL.reached
    assert replace(SMALL, ratio=1.5).reached
    assert not replace(SMALL, ratio=1.51).reached


def test_what_is_told_alone_misses_no_goal() -> None:
    assert replace(FAST, ratio=0.01, goal=None).reached


@pytest.mark.parametrize(
    ("ratio", "strict", "code"), [(1.0, True, 1), (1.0, False, 0), (2.5, True, 0)]
)
def test_a_missed_goal_fails_if_it_was_asked_to(
    *, ratio: float, strict: bool, code: int
) -> None:
    with pytest.raises(SystemExit) as ended:
        end([replace(FAST, ratio=ratio), SMALL], strict=strict)

    assert ended.value.code == code


def test_all_that_was_found_is_printed_a_line_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        end([FAST, SMALL], strict=False)

    fast, small = map(json.loads, capsys.readouterr().out.splitlines())
    assert (fast["bench"], fast["unit"], fast["told"]) == ("a bench", "per second", {})
    assert (small["at_most"], small["goal"], small["told"]) == (
        True,
        1.5,
        {"obligations": 7},
    )


def test_medians_of_both_sides_are_compared_and_what_is_slow_keeps_a_digit() -> None:
    ours, other = iter([99.0, 7.24, 7.0, 900.0]), iter([1.0, 1204.4, 3.0, 5000.0])

    found = side_by_side("a bench", None, ours.__next__, other.__next__, runs=3)

    assert (found.ours, found.other) == (7.2, 1204)
    assert found.ratio == round(7.24 / 1204.4, 2)
    assert found.goal is None
