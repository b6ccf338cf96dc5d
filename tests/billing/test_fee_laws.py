"""Laws of the store fee, on generated histories."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings, strategies as st

from services.billing.model.fee import explain, fees_of, store_fees
from services.billing.model.months import CalendarMonth
from services.billing.model.stock import NEVER, StockHistory, stock_history
from services.billing.model.terms import StoreFeeTerms
from tests.billing import naive
from tests.billing.naive import Movement
from tests.billing.stock import frame, history

MONTH = CalendarMonth(2024, 2)
TERMS = StoreFeeTerms(effective_from=date(2000, 1, 1), rate_cents=20, free_days=60)
NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MADE_ON = date(2023, 12, 1)

compiled_first = settings(deadline=None)

moments = st.builds(
    lambda day, after: NEW_YEAR + timedelta(days=day) + after,
    st.integers(-3, 64),
    st.sampled_from([-TICK, timedelta(), TICK, timedelta(hours=9)]),
)
receipts = st.builds(
    lambda made: {"kind": "received", "lot_id": made[0], "manufactured_on": made[1]},
    st.tuples(
        st.sampled_from("abcd"),
        st.integers(-20, 60).map(lambda days: MADE_ON + timedelta(days=days)),
    ),
)
others = st.sampled_from(["deducted", "deducted", "restored"]).map(
    lambda kind: {"kind": kind, "lot_id": None, "manufactured_on": None}
)
movements_of_stock = st.builds(
    lambda product, at, units, moved: Movement(
        event_id="",
        seller_id="s-1",
        product_id=product,
        at=at,
        units=units,
        version=0,
        recorded_at=at,
        **moved,
    ),
    st.sampled_from(["p-1", "p-1", "p-2"]),
    moments,
    st.integers(1, 6),
    receipts | others,
)
histories = st.lists(movements_of_stock, max_size=25).map(lambda moved: history(*moved))


def history_of(movements: Sequence[Movement]) -> StockHistory:
    return stock_history(frame(movements), MONTH.over_at)


@compiled_first
@given(histories, st.integers(0, 90))
def test_columns_say_what_the_rule_says(movements: list[Movement], free: int) -> None:
    terms = TERMS.model_copy(update={"free_days": free})

    fees = store_fees(frame(movements), terms, MONTH)

    assert fees.rows() == naive.store_fees(movements, 20, free, "2024-02")


@compiled_first
@given(histories)
def test_units_on_hand_are_those_that_came_less_those_that_went(
    movements: list[Movement],
) -> None:
    balances = history_of(movements).balances

    left = balances.filter(pl.col("until_day") == NEVER)["units"].sum()

    signs = {"received": 1, "deducted": -1, "restored": 1}
    known = [m for m in movements if m.at < MONTH.over_at]
    assert left == sum(signs[m.kind] * m.units for m in known)


@compiled_first
@given(histories)
def test_no_lot_ever_holds_less_than_nothing(movements: list[Movement]) -> None:
    history = history_of(movements)

    in_lots = history.balances.filter(pl.col("lot") < history.lots.height)

    assert (in_lots["units"] >= 0).all()


@compiled_first
@given(histories.flatmap(lambda moved: st.tuples(st.just(moved), st.permutations(moved))))
def test_the_order_in_which_facts_are_read_changes_nothing(
    read: tuple[list[Movement], list[Movement]],
) -> None:
    movements, shuffled = read

    assert store_fees(frame(shuffled), TERMS, MONTH).equals(
        store_fees(frame(movements), TERMS, MONTH)
    )


@compiled_first
@given(histories)
def test_what_happens_after_a_month_changes_neither_its_fee_nor_its_days(
    movements: list[Movement],
) -> None:
    then = history_of(movements)
    later = stock_history(frame(movements), CalendarMonth(2030, 1).over_at)

    assert fees_of(later, TERMS, MONTH).equals(fees_of(then, TERMS, MONTH))
    assert explain(later, TERMS, MONTH).equals(explain(then, TERMS, MONTH))


@compiled_first
@given(histories)
def test_the_days_of_a_line_add_up_to_it(movements: list[Movement]) -> None:
    history = history_of(movements)

    days = (
        explain(history, TERMS, MONTH)
        .filter("chargeable")
        .group_by("seller_id", "product_id")
        .agg(pl.col("units").sum())
        .sort("seller_id", "product_id")
    )

    lines = fees_of(history, TERMS, MONTH)
    assert days["units"].to_list() == lines["unit_days"].to_list()
