from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from contracts.billing import StoreFeeAdjusted, StoreFeeCharged, StoreFeeLine
from contracts.registry import encode
from contracts.topics import MAX_EVENT_BYTES
from services.billing.commands import ChargeStoreFee, ReRatedLine
from services.billing.model.charging import STORE_FEES, MonthNotOver
from services.billing.model.months import MonthUnreadable
from services.billing.model.run import MOST_REASONS
from tests.spec import Given

FEBRUARY, MARCH = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


def line(cents: int, product_id: str = "p-1", days: int = 31) -> StoreFeeLine:
    return StoreFeeLine(
        product_id=product_id, unit_days=cents, days_in_month=days, cents=cents
    )


def re_rated(cents: int, month: str = "2026-01", product_id: str = "p-1") -> ReRatedLine:
    return ReRatedLine(month=month, product_id=product_id, cents=cents, because=("f-9",))


CHARGE = ChargeStoreFee(
    seller_id="s-1", month="2026-01", lines=(line(40), line(2, "p-2")), at=FEBRUARY
)
CHARGED = StoreFeeCharged(
    seller_id="s-1",
    month="2026-01",
    lines=(line(40), line(2, "p-2")),
    total_cents=42,
    charged_at=FEBRUARY,
)
in_march = partial(
    ChargeStoreFee, seller_id="s-1", month="2026-02", lines=(line(7, days=28),), at=MARCH
)
CHARGED_IN_MARCH = StoreFeeCharged(
    seller_id="s-1",
    month="2026-02",
    lines=(line(7, days=28),),
    total_cents=7,
    charged_at=MARCH,
)


def adjusted(cents: int, product_id: str = "p-1") -> StoreFeeAdjusted:
    return StoreFeeAdjusted(
        seller_id="s-1",
        month="2026-01",
        product_id=product_id,
        cents=cents,
        because=("f-9",),
        adjusted_at=MARCH,
    )


def given(*facts: object) -> Given:
    return Given(STORE_FEES, facts)


def test_a_month_that_is_over_is_charged_with_a_line_per_product() -> None:
    given().when(CHARGE).then(CHARGED)


def test_the_same_month_again_is_not_charged_again() -> None:
    given(CHARGED).when(CHARGE).then_nothing()


def test_no_inventory_is_no_charge() -> None:
    given().when(in_march(lines=())).then_nothing()


def test_a_line_that_rounds_to_nothing_is_not_charged() -> None:
    given().when(in_march(lines=(line(0),))).then_nothing()


def test_a_month_with_days_to_come_is_not_charged() -> None:
    given().when(in_march(at=FEBRUARY)).then_refused(MonthNotOver)


def test_a_month_can_be_charged_from_its_end_on() -> None:
    given().when(in_march()).then(CHARGED_IN_MARCH)


def test_a_month_to_come_cannot_be_put_right() -> None:
    early = in_march(re_rated=(re_rated(1, "2026-03"),))

    given().when(early).then_refused(MonthNotOver)


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "soon"])
def test_what_is_no_month_is_not_charged(month: str) -> None:
    given().when(in_march(month=month)).then_refused(MonthUnreadable)


def test_a_closed_month_that_comes_out_higher_is_adjusted_in_the_next_run() -> None:
    given(CHARGED).when(in_march(re_rated=(re_rated(45),))).then(
        CHARGED_IN_MARCH, adjusted(5)
    )


def test_a_closed_month_that_comes_out_lower_gives_back_the_difference() -> None:
    given(CHARGED).when(in_march(re_rated=(re_rated(0),))).then(
        CHARGED_IN_MARCH, adjusted(-40)
    )


def test_a_closed_month_without_any_charge_is_adjusted_too() -> None:
    given().when(in_march(lines=(), re_rated=(re_rated(3),))).then(adjusted(3))


def test_a_closed_month_that_comes_out_the_same_is_left_alone() -> None:
    given(CHARGED).when(in_march(re_rated=(re_rated(40),))).then(CHARGED_IN_MARCH)


def test_a_run_that_knew_less_takes_back_nothing_of_what_a_later_one_put_right() -> None:
    earlier = in_march(re_rated=(re_rated(41),), at=MARCH - timedelta(microseconds=1))
    of_february = replace(earlier, month="2026-01", lines=())

    given(CHARGED, adjusted(5)).when(of_february).then_nothing()


def test_what_was_adjusted_is_not_adjusted_again() -> None:
    once = in_march(re_rated=(re_rated(45), re_rated(1, product_id="p-3")))
    facts = (CHARGED, CHARGED_IN_MARCH, adjusted(5), adjusted(1, "p-3"))

    given(*facts).when(once).then_nothing()


def test_an_adjustment_can_be_adjusted() -> None:
    given(CHARGED, CHARGED_IN_MARCH, adjusted(5)).when(
        in_march(re_rated=(re_rated(42),))
    ).then(adjusted(-3))


def test_a_month_run_again_with_late_facts_is_adjusted_not_charged() -> None:
    again = in_march(month="2026-01", re_rated=(re_rated(41),))

    given(CHARGED).when(again).then(adjusted(1))


def test_a_month_settled_by_a_later_run_is_not_charged_over_again() -> None:
    given(adjusted(40)).when(CHARGE).then_nothing()


def test_a_month_run_after_a_later_one_is_charged_all_the_same() -> None:
    given(CHARGED_IN_MARCH).when(CHARGE).then(CHARGED)


def test_the_month_being_charged_is_not_put_right_as_well() -> None:
    both = in_march(re_rated=(re_rated(7, "2026-02"),))

    given().when(both).then(CHARGED_IN_MARCH)


def test_a_difference_that_no_fact_explains_is_not_recorded() -> None:
    unexplained = ReRatedLine(month="2026-01", product_id="p-1", cents=1, because=())

    given(CHARGED).when(in_march(re_rated=(unexplained,))).then(CHARGED_IN_MARCH)


def many_lines(longest: str) -> tuple[StoreFeeLine, ...]:
    ids = [f"p-{n:05}" + longest * 193 for n in range(10_000)]
    return tuple(
        StoreFeeLine(product_id=one, unit_days=2**62, days_in_month=31, cents=10**11 + n)
        for n, one in enumerate(ids, 1)
    )


@pytest.mark.parametrize("longest", ["x", "\u20ac", "\x01"])
def test_a_seller_of_many_products_is_charged_in_parts_that_fit_their_topic(
    longest: str,
) -> None:
    lines = many_lines(longest)
    charge = in_march(month="2026-01", seller_id="\x01" * 200, lines=lines)

    parts = STORE_FEES.decide(charge, STORE_FEES.initial)

    charged = [part for part in parts if isinstance(part, StoreFeeCharged)]
    assert [one for part in charged for one in part.lines] == [*lines]
    for part in charged:
        assert part.total_cents == sum(one.cents for one in part.lines)
        assert len(encode(part)[1]) <= MAX_EVENT_BYTES
    given(*parts).when(charge).then_nothing()


def test_a_charge_in_parts_is_put_right_like_any_other() -> None:
    charge = in_march(month="2026-01", lines=many_lines("x"))
    last = charge.lines[-1]
    lower = ReRatedLine(
        month="2026-01", product_id=last.product_id, cents=last.cents - 1, because=("f-9",)
    )
    parts = STORE_FEES.decide(charge, STORE_FEES.initial)

    given(*parts).when(in_march(lines=(), re_rated=(lower,))).then(
        adjusted(-1, last.product_id)
    )


def test_an_adjustment_that_names_all_it_may_fits_its_topic() -> None:
    reasons = tuple(str(UUID(int=n)) for n in range(MOST_REASONS))
    full = adjusted(1).model_copy(
        update={"because": reasons, "seller_id": "\x01" * 200, "product_id": "\x01" * 200}
    )

    assert len(encode(full)[1]) <= MAX_EVENT_BYTES
