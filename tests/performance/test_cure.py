"""The way out is exact: so many are enough, and one less is not."""

from datetime import timedelta

from hypothesis import given, strategies as st

from services.performance.model.standing.cure import (
    Counted,
    way_out,
    way_out_of_listings,
)
from tests.performance.world import AS_OF, DAY, POLICY

METRIC = "shipping.on_time"
WARN = POLICY.standards[METRIC].warn
OBLIGATIONS = st.lists(
    st.builds(
        lambda age, kept: Counted(AS_OF - timedelta(hours=age), 1, kept),
        st.integers(0, 90 * 24 - 1),
        st.integers(0, 1),
    ),
    min_size=10,
    max_size=60,
)


def is_out(counted: list[Counted], *, day: int = 0) -> bool:
    """Whether the scorecard, told naively, is not under warn on a day from now."""
    at = AS_OF + day * DAY
    for window in (30, 90):
        due = [one for one in counted if at - one.due_at < window * DAY]
        if len(due) >= 10:
            return sum(one.kept for one in due) / len(due) >= WARN
    return True


def more(count: int) -> list[Counted]:
    return [Counted(AS_OF, 1, 1)] * count


@given(OBLIGATIONS)
def test_so_many_good_ones_in_a_row_are_enough_and_no_fewer(counted: list[Counted]) -> None:
    needed = way_out(counted, METRIC, POLICY, AS_OF).good_in_a_row

    assert needed is not None
    assert is_out(counted + more(needed))
    assert not any(is_out(counted + more(fewer)) for fewer in range(needed))


@given(OBLIGATIONS)
def test_so_many_days_are_enough_and_no_fewer(counted: list[Counted]) -> None:
    days = way_out(counted, METRIC, POLICY, AS_OF).days

    assert days is not None
    assert is_out(counted, day=days)
    assert not any(is_out(counted, day=fewer) for fewer in range(1, days))


def test_fourteen_of_twenty_need_55_more_in_a_row() -> None:
    kept = [Counted(AS_OF - DAY, 1, 1)] * 14
    broken = [Counted(AS_OF - 6 * DAY, 1, 0)] * 6

    out = way_out(kept + broken, METRIC, POLICY, AS_OF)

    assert (out.rate, out.good_in_a_row, out.days) == (0.92, 55, 24)


def test_of_listings_those_with_most_to_gain_are_put_right_first() -> None:
    out = way_out_of_listings([0.2, 0.5, 0.9, 0.9], "listings.complete", POLICY)

    assert (out.rate, out.good_in_a_row, out.days) == (0.7, 1, None)
