from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from services.orders.model.promotions import (
    Progress,
    Promotion,
    Promotions,
    qualification,
    shipped_promotions,
)
from tests.samples import FRIDAY, MONDAY, NEXT_FRIDAY, SATURDAY, TUESDAY

PROMOTION = Promotion(
    name="spring",
    holds_from=date(2026, 3, 1),
    holds_until=date(2026, 3, 6),
    currency="USD",
    min_subtotal_cents=5_000,
    weekdays_to_accept=1,
    weekdays_to_leave=3,
)
WEDNESDAY = TUESDAY + timedelta(days=1)
TICK = timedelta(microseconds=1)
OPEN = Progress(
    clock_started_at=FRIDAY,
    subtotal_cents=5_000,
    accepted_at=None,
    left_at=None,
    is_over=False,
)
ACCEPTED = replace(OPEN, accepted_at=MONDAY)


def told(order: Progress, at: datetime = SATURDAY) -> tuple[bool, datetime | None]:
    found = qualification(PROMOTION, order, at, frozenset())
    return found.qualifies, found.until


def test_an_order_qualifies_until_the_next_step_is_due() -> None:
    assert told(OPEN) == (True, MONDAY)
    assert told(ACCEPTED) == (True, WEDNESDAY)
    assert told(replace(ACCEPTED, left_at=WEDNESDAY)) == (True, None)


@pytest.mark.parametrize(
    ("order", "at"),
    [
        (replace(OPEN, subtotal_cents=4_999), SATURDAY),
        (OPEN, MONDAY + TICK),
        (replace(OPEN, accepted_at=MONDAY + TICK), TUESDAY),
        (ACCEPTED, WEDNESDAY + TICK),
        (replace(ACCEPTED, left_at=WEDNESDAY + TICK), NEXT_FRIDAY),
        (replace(OPEN, is_over=True), SATURDAY),
        (replace(ACCEPTED, is_over=True), TUESDAY),
    ],
)
def test_an_order_does_not_qualify_that_is_worth_less_or_late_or_over(
    order: Progress, at: datetime
) -> None:
    assert told(order, at) == (False, None)


def test_what_was_done_in_time_is_not_undone_later() -> None:
    done = replace(ACCEPTED, left_at=TUESDAY)

    assert told(done, NEXT_FRIDAY) == (True, None)


def test_a_holiday_gives_a_day_more() -> None:
    found = qualification(PROMOTION, OPEN, SATURDAY, {MONDAY.date()})

    assert found.until == TUESDAY


@pytest.mark.parametrize(
    ("clock", "currency", "known"),
    [
        (FRIDAY, "USD", 1),
        (FRIDAY, "BRL", 0),
        (SATURDAY, "USD", 0),
        (FRIDAY - timedelta(days=6), "USD", 0),
    ],
)
def test_a_promotion_holds_on_its_days_and_in_its_currency(
    clock: datetime, currency: str, known: int
) -> None:
    assert len(Promotions(promotions=[PROMOTION]).of(clock, currency)) == known


def test_the_promotions_that_ship_can_be_read() -> None:
    assert shipped_promotions().of(FRIDAY, "USD")
