from datetime import date

import polars as pl
import pytest

from services.billing.model.allocation import allocate
from services.billing.model.fee import explain, store_fees
from services.billing.model.months import CalendarMonth
from services.billing.model.stock import compile_ahead, stock_history
from services.billing.model.terms import StoreFeeTerms
from tests.billing.naive import Movement
from tests.billing.stock import at, deducted, frame, history, received, restored

TERMS = StoreFeeTerms(effective_from=date(2000, 1, 1), rate_cents=20, free_days=60)
LONG_AGO = "2024-01-01"


def month_of(text: str) -> CalendarMonth:
    return CalendarMonth.parse(text)


def owed(month: str, *movements: Movement) -> list[tuple[int, int]]:
    """The unit-days and cents of each line."""
    fees = store_fees(frame(history(*movements)), TERMS, month_of(month))
    return fees.select("unit_days", "cents").rows()


def days_of(month: str, *movements: Movement) -> pl.DataFrame:
    stock = stock_history(frame(history(*movements)), month_of(month).over_at)
    return explain(stock, TERMS, month_of(month))


def units_by_lot(month: str, *movements: Movement) -> dict[str, int]:
    """What is left in each lot at the end of `month`."""
    days = days_of(month, *movements)
    last = days.filter(pl.col("day") == month_of(month).end - pl.duration(days=1))
    return dict(last.select("lot_id", "units").rows())


STOCK = received(1_000, "l-1", LONG_AGO, LONG_AGO)


def test_a_thousand_units_for_a_month_of_thirty_days_cost_two_hundred() -> None:
    assert owed("2026-04", STOCK) == [(30_000, 200_00)]


def test_stock_sold_out_halfway_costs_half() -> None:
    assert owed("2026-04", STOCK, deducted(1_000, "2026-04-16")) == [(15_000, 100_00)]


def test_a_day_of_a_month_of_thirty_one_days_costs_less() -> None:
    assert owed("2026-01", STOCK, deducted(1_000, "2026-01-16")) == [(15_000, 96_77)]


def test_a_lot_is_free_through_its_sixtieth_day() -> None:
    made = received(500, "l-1", "2025-12-13", "2025-12-20")

    assert owed("2026-02", made) == [(9_000, 64_29)]


def test_the_fee_of_whole_months_has_no_rounding() -> None:
    assert owed("2026-01", received(333, "l-1", LONG_AGO, LONG_AGO)) == [(10_323, 66_60)]


def test_half_a_cent_is_rounded_up() -> None:
    sold = deducted(2, "2026-04-01 12:00")

    assert owed("2026-04", received(3, "l-1", LONG_AGO, LONG_AGO), sold) == [(30, 20)]
    assert owed(
        "2024-02",
        received(1, "l-1", "2023-01-01", LONG_AGO),
        deducted(1, "2024-02-01"),
        received(1, "l-2", "2023-01-01", "2024-02-29"),
    ) == [(1, 1)]


def test_no_inventory_costs_nothing() -> None:
    assert owed("2026-04", STOCK, deducted(1_000, "2026-03-31 23:59:59.999999")) == []
    assert owed("2026-04") == []


def test_what_leaves_in_the_last_moment_of_a_day_is_not_on_hand_at_its_end() -> None:
    assert owed("2026-04", STOCK, deducted(1_000, "2026-04-01 23:59:59.999999")) == []


def test_what_leaves_at_midnight_was_on_hand_the_day_before() -> None:
    ((unit_days, _),) = owed("2026-04", STOCK, deducted(1_000, "2026-04-02"))

    assert unit_days == 1_000


def test_a_new_order_of_a_product_has_sixty_free_days_of_its_own() -> None:
    again = received(1_000, "l-2", "2026-04-01", "2026-04-01")

    assert owed("2026-04", STOCK, again) == owed("2026-04", STOCK)


def test_the_lot_made_first_goes_first_though_it_came_later() -> None:
    newer = received(5, "new", "2025-02-01", "2025-03-01")
    older = received(5, "old", "2025-01-01", "2025-03-02")

    assert units_by_lot("2026-04", newer, older, deducted(6, "2025-04-01")) == {"new": 4}


def test_lots_made_on_the_same_day_go_by_their_ids() -> None:
    lots = [received(5, lot, "2025-01-01", "2025-03-01") for lot in ("b", "a")]

    assert units_by_lot("2026-04", *lots, deducted(6, "2025-04-01")) == {"b": 4}


def test_a_deduction_draws_from_what_is_there_at_its_own_moment() -> None:
    newer = received(5, "new", "2025-02-01", "2025-03-01")
    older = received(5, "old", "2025-01-01", "2025-03-03")
    sold = deducted(2, "2025-03-02")

    assert units_by_lot("2026-04", newer, sold, older) == {"new": 3, "old": 5}


def test_movements_of_one_moment_count_in_the_order_of_their_stream() -> None:
    newer = received(5, "new", "2025-02-01", "2025-03-01")
    sold = deducted(2, "2025-03-01")
    older = received(5, "old", "2025-01-01", "2025-03-01")

    assert units_by_lot("2026-04", newer, sold, older) == {"new": 3, "old": 5}
    assert units_by_lot("2026-04", newer, older, sold) == {"new": 5, "old": 3}


def test_several_receipts_of_a_lot_are_one_lot_made_when_the_first_says() -> None:
    first = received(5, "l-1", "2025-01-01", "2025-03-01")
    more = received(4, "l-1", "2025-06-01", "2025-03-02")
    other = received(3, "l-2", "2025-02-01", "2025-03-02")

    lots = units_by_lot("2026-04", first, more, other, deducted(7, "2025-03-03"))

    assert lots == {"l-1": 2, "l-2": 3}


TWO_LOTS = (
    received(5, "old", "2025-01-01", "2025-03-01"),
    received(5, "new", "2025-02-01", "2025-03-01"),
)


def test_restored_units_return_to_the_newest_lot_that_gave() -> None:
    sold, back = deducted(7, "2025-03-02"), restored(1, "2025-03-03")

    assert units_by_lot("2026-04", *TWO_LOTS, sold, back) == {"new": 4}


def test_a_lot_takes_back_what_it_gave_and_the_next_newest_the_rest() -> None:
    sold, back = deducted(7, "2025-03-02"), restored(4, "2025-03-03")

    assert units_by_lot("2026-04", *TWO_LOTS, sold, back) == {"old": 2, "new": 5}


def test_what_a_lot_has_taken_back_it_takes_back_once() -> None:
    sold = deducted(7, "2025-03-02")
    back = [restored(2, "2025-03-03"), restored(2, "2025-03-04")]

    assert units_by_lot("2026-04", *TWO_LOTS, sold, *back) == {"old": 2, "new": 5}


def test_a_recount_beyond_all_that_was_given_goes_to_the_newest_lot() -> None:
    sold, counted = deducted(1, "2025-03-02"), restored(4, "2025-03-03")

    assert units_by_lot("2026-04", *TWO_LOTS, sold, counted) == {"old": 5, "new": 8}


def test_what_a_late_fact_leaves_missing_is_drawn_from_the_next_units() -> None:
    sold = deducted(7, "2025-02-28")

    assert units_by_lot("2026-04", sold, *TWO_LOTS) == {"new": 3}


def test_restored_units_fill_what_is_missing_first() -> None:
    sold, back = deducted(7, "2025-02-27"), restored(6, "2025-02-28")

    assert units_by_lot("2026-04", sold, back, *TWO_LOTS) == {"old": 4, "new": 5}


def test_units_restored_before_any_lot_came_wait_for_the_first() -> None:
    found = restored(2, "2025-02-28")

    assert units_by_lot("2026-04", found, *TWO_LOTS) == {"old": 7, "new": 5}
    assert owed("2026-04", found) == []


def test_a_product_of_two_sellers_is_two_products() -> None:
    mine, theirs = (
        received(30, "l-1", LONG_AGO, LONG_AGO, product) for product in ("a:p", "b:p")
    )
    sold = deducted(30, "2026-03-01", "a:p")

    fees = store_fees(frame(history(mine, theirs, sold)), TERMS, month_of("2026-04"))

    assert fees.rows() == [("b", "p", 900, 30, 600)]


def test_fees_as_they_were_known_leave_out_what_was_recorded_later() -> None:
    sold = deducted(1_000, "2026-04-16")._replace(recorded_at=at("2026-05-10"))
    moved = frame(history(STOCK, sold))

    then = store_fees(moved, TERMS, month_of("2026-04"), known_at=at("2026-05-01"))

    assert then["cents"].to_list() == [200_00]


def test_a_line_opens_into_days_and_lots_and_facts() -> None:
    second = received(1, "l-2", "2026-03-03", "2026-04-30")
    days = days_of("2026-04", STOCK, deducted(1, "2026-04-30 10:00"), second)

    assert days.height == 31
    assert days.tail(2).drop("seller_id", "product_id").rows() == [
        (date(2026, 4, 30), "l-1", date(2024, 1, 1), 999, True, ["f-1", "f-2"]),
        (date(2026, 4, 30), "l-2", date(2026, 3, 3), 1, False, ["f-3"]),
    ]


def test_a_shortage_and_what_filled_it_explain_every_lot_after_it() -> None:
    days = days_of("2025-06", deducted(2, "2025-02-28"), *TWO_LOTS)

    assert days["because"].unique().sort().to_list() == [
        ["f-1", "f-2"],
        ["f-1", "f-2", "f-3"],
    ]


def test_the_rules_are_compiled_once_for_all_histories() -> None:
    compile_ahead()
    compiled = signatures()

    owed("2026-04", STOCK, deducted(1, "2026-04-16"))
    owed("2026-04")

    assert signatures() == compiled


def signatures() -> list[object]:
    found: list[object] = list(getattr(allocate, "signatures", []))
    return found


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-1", "26-01", "2026-01-01", "", "9999-12"]
)
def test_a_month_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(Exception, match=f"'{text}' is not a month"):
        month_of(text)
