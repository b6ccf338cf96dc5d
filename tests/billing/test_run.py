"""Month-end runs, one after the other: commands decided, and their facts posted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, strategies as st

from contracts.billing import StoreFeeAdjusted, StoreFeeCharged, StoreFeeEvent
from services.billing.model.charging import STORE_FEES
from services.billing.model.fee import store_fees
from services.billing.model.months import CalendarMonth
from services.billing.model.run import POSTINGS, charges_of_run
from services.billing.model.terms import DatedTerms, StoreFeeTerms
from tests.billing.naive import Movement
from tests.billing.stock import at, deducted, frame, history, received, restored
from tests.billing.test_fee_laws import compiled_first, histories

TERMS = DatedTerms(
    terms=[
        StoreFeeTerms(effective_from=date(2024, 1, 1), rate_cents=20, free_days=60),
        StoreFeeTerms(effective_from=date(2026, 3, 1), rate_cents=30, free_days=60),
    ]
)


@dataclass
class Books:
    """All sellers' fees: what runs charged and adjusted, as streams and as postings."""

    facts: dict[str, list[StoreFeeEvent]] = field(default_factory=dict)

    def run(self, month: str, day: str, moved: Sequence[Movement]) -> list[StoreFeeEvent]:
        return self.run_at(CalendarMonth.parse(month), at(day), moved)

    def run_at(
        self, month: CalendarMonth, moment: datetime, moved: Sequence[Movement]
    ) -> list[StoreFeeEvent]:
        decided: list[StoreFeeEvent] = []
        commands = charges_of_run(frame(moved), self.postings(), TERMS, month, moment)
        for command in commands:
            mine = self.facts.setdefault(command.seller_id, [])
            new = STORE_FEES.decide(command, STORE_FEES.fold(mine))
            mine.extend(new)
            decided.extend(new)
        return decided

    def postings(self) -> pl.DataFrame:
        rows: list[tuple[Any, ...]] = []
        for facts in self.facts.values():
            for fact in facts:
                rows.extend(posted(fact))
        return pl.DataFrame(rows, POSTINGS, orient="row")

    def charged(self, month: CalendarMonth) -> dict[tuple[str, str], int]:
        """What each product was charged for `month`, adjustments included."""
        sums = (
            self.postings()
            .filter(pl.col("month") == str(month))
            .group_by("seller_id", "product_id")
            .agg(pl.col("cents").sum())
        )
        return {(s, p): cents for s, p, cents in sums.rows() if cents}


def posted(fact: StoreFeeEvent) -> list[tuple[Any, ...]]:
    match fact:
        case StoreFeeCharged():
            return [
                (
                    fact.seller_id,
                    fact.month,
                    line.product_id,
                    "charged",
                    line.cents,
                    fact.charged_at,
                )
                for line in fact.lines
            ]
        case StoreFeeAdjusted():
            return [
                (
                    fact.seller_id,
                    fact.month,
                    fact.product_id,
                    "adjusted",
                    fact.cents,
                    fact.adjusted_at,
                )
            ]


def late(movement: Movement, day: str) -> Movement:
    return movement._replace(recorded_at=at(day))


def told(facts: Sequence[StoreFeeEvent]) -> list[tuple[object, ...]]:
    """The facts, short: month, product and cents; for adjustments their reasons too."""
    short: list[tuple[object, ...]] = []
    for fact in facts:
        match fact:
            case StoreFeeCharged():
                short.extend((fact.month, one.product_id, one.cents) for one in fact.lines)
            case StoreFeeAdjusted():
                short.append((fact.month, fact.product_id, fact.cents, fact.because))
    return short


STOCK = received(310, "l-1", "2024-01-01", "2026-01-01")
SOLD_LATE = late(deducted(310, "2026-01-16"), "2026-02-10")


def test_a_run_charges_every_seller_who_keeps_stock() -> None:
    theirs = received(31, "l-1", "2024-01-01", "2026-01-01", "s-2:p-9")

    facts = Books().run("2026-01", "2026-02-01", history(theirs, STOCK))

    assert [(fact.seller_id, *told([fact])) for fact in facts] == [
        ("s-1", ("2026-01", "p-1", 62_00)),
        ("s-2", ("2026-01", "p-9", 6_20)),
    ]


def test_the_same_run_again_charges_nothing() -> None:
    books = Books()
    books.run("2026-01", "2026-02-01", history(STOCK))

    assert books.run("2026-01", "2026-02-02", history(STOCK)) == []


def test_a_late_fact_is_named_by_the_adjustment_that_it_causes() -> None:
    books = Books()
    books.run("2026-01", "2026-02-01", history(STOCK))

    facts = books.run("2026-02", "2026-03-01", history(STOCK, SOLD_LATE))

    assert told(facts) == [("2026-01", "p-1", -32_00, ("f-2",))]


def test_an_adjustment_does_not_name_what_happened_after_its_month() -> None:
    books = Books()
    books.run("2026-01", "2026-02-01", history(STOCK))
    in_february = deducted(1, "2026-02-02")

    facts = books.run("2026-02", "2026-03-01", history(STOCK, SOLD_LATE, in_february))

    assert told(facts) == [("2026-01", "p-1", -32_00, ("f-2",))]


def test_a_product_that_cost_nothing_is_put_right_by_what_came_after_the_charge() -> None:
    books = Books()
    sold_out = received(1, "l-1", "2024-01-01", "2025-12-01", "s-1:p-2")
    gone = deducted(1, "2025-12-01", "s-1:p-2")
    found = late(restored(1, "2026-01-01", "s-1:p-2"), "2026-02-10")
    moved = history(STOCK, sold_out, gone, found)
    books.run("2026-01", "2026-02-01", moved)

    facts = books.run("2026-02", "2026-03-01", moved)

    assert told(facts)[2:] == [("2026-01", "p-2", 20, ("f-4",))]


def test_each_adjustment_names_what_came_after_the_one_before() -> None:
    books = Books()
    moved = history(STOCK, SOLD_LATE, late(restored(310, "2026-01-30"), "2026-03-10"))
    books.run("2026-01", "2026-02-01", moved)
    books.run("2026-02", "2026-03-01", moved)

    facts = books.run("2026-03", "2026-04-01", moved)

    assert told(facts) == [
        ("2026-03", "p-1", 93_00),
        ("2026-01", "p-1", 4_00, ("f-3",)),
        ("2026-02", "p-1", 62_00, ("f-1", "f-2", "f-3")),
    ]


def test_a_late_fact_of_a_month_that_cost_nothing_is_charged_by_adjustment() -> None:
    books = Books()
    assert books.run("2026-01", "2026-02-01", []) == []

    facts = books.run("2026-02", "2026-03-01", history(late(STOCK, "2026-02-10")))

    assert told(facts) == [("2026-02", "p-1", 62_00), ("2026-01", "p-1", 62_00, ("f-1",))]


def test_late_facts_that_undo_each_other_are_no_adjustment() -> None:
    books = Books()
    books.run("2026-01", "2026-02-01", history(STOCK))
    undone = late(restored(310, "2026-01-16 12:00"), "2026-02-11")

    facts = books.run("2026-02", "2026-03-01", history(STOCK, SOLD_LATE, undone))

    assert told(facts) == [("2026-02", "p-1", 62_00)]


def test_what_is_recorded_after_the_run_waits_for_the_next() -> None:
    facts = Books().run("2026-01", "2026-02-01", history(STOCK, SOLD_LATE))

    assert told(facts) == [("2026-01", "p-1", 62_00)]


def test_a_fact_that_reached_us_after_a_run_it_precedes_is_put_right_with_all_reasons() -> (
    None
):
    books = Books()
    books.run("2026-01", "2026-02-01", history(STOCK))
    unseen = history(STOCK, late(deducted(310, "2026-01-16"), "2026-01-17"))

    facts = books.run("2026-02", "2026-03-01", unseen)

    assert told(facts) == [("2026-01", "p-1", -32_00, ("f-1", "f-2"))]


def test_a_product_of_which_no_fact_is_here_is_left_as_it_was_charged() -> None:
    books = Books()
    books.run("2026-01", "2026-02-01", history(STOCK))

    assert books.run("2026-02", "2026-03-01", []) == []


def test_months_may_be_run_out_of_order() -> None:
    books = Books()
    books.run("2026-02", "2026-03-01", history(STOCK))

    assert books.run("2026-01", "2026-03-02", history(STOCK)) == []
    assert books.charged(CalendarMonth(2026, 1)) == {("s-1", "p-1"): 62_00}


def test_a_month_before_the_first_terms_costs_nothing() -> None:
    long_here = received(29, "l-1", "2023-01-01", "2023-06-01")

    facts = Books().run("2024-02", "2024-03-01", history(long_here))

    assert told(facts) == [
        ("2024-02", "p-1", 5_80),
        ("2024-01", "p-1", 6_22 - 42, ("f-1",)),
    ]


runs = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 40)), min_size=1, max_size=5
).map(lambda drawn: sorted(drawn, key=lambda run: run[1]))


@compiled_first
@given(histories, st.lists(st.integers(0, 120), min_size=25, max_size=25), runs)
def test_after_a_run_every_month_up_to_it_is_charged_as_its_facts_make_it(
    moved: list[Movement], delays: list[int], schedule: list[tuple[int, int]]
) -> None:
    books = Books()
    known = [
        movement._replace(recorded_at=movement.at + timedelta(days=delay))
        for movement, delay in zip(moved, delays, strict=False)
    ]
    for number, day in schedule:
        month = CalendarMonth(2024, number)
        moment = datetime(2024, 4, 1, tzinfo=UTC) + timedelta(days=day)

        books.run_at(month, moment, known)

        assert books.run_at(month, moment, known) == []
        for one in CalendarMonth(2024, 1).until(month.next):
            terms = TERMS.at(one)
            assert terms is not None
            fees = store_fees(frame(known), terms, one, known_at=moment)
            owed = {(s, p): cents for s, p, _, _, cents in fees.rows() if cents}
            assert books.charged(one) == owed
