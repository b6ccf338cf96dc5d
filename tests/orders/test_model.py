from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.orders import OrderEvent
from kit.domain import Refused
from kit.weekdays import weekday_deadline
from services.orders.commands import (
    AcceptOrder,
    CancelOrder,
    ExpireOrder,
    LineToPlace,
    OrderCommand,
    PlaceOrder,
    RejectOrder,
)
from services.orders.model import ORDER, refusals
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    EXPIRED,
    FRIDAY,
    LINE,
    LINE_REMOVED,
    MONDAY,
    NEXT_FRIDAY,
    OTHER_LINE,
    PLACED,
    QUANTITY_CHANGED,
    REJECTED,
    SATURDAY,
    SHIPPED_IN_PART,
    SHIPPED_THE_REST,
    SPLIT,
)
from tests.spec import Given

TICK = timedelta(microseconds=1)
FIVE_DAYS = timedelta(days=5)
LINES = tuple(
    LineToPlace(
        line_id=line.line_id,
        product_id=line.product_id,
        title=line.title,
        quantity=line.quantity,
        unit_price_cents=line.unit_price_cents,
    )
    for line in (LINE, OTHER_LINE)
)
PLACE = PlaceOrder(
    order_id="o-1",
    seller_id="s-1",
    buyer_id="b-1",
    lines=LINES,
    shipping_cents=990,
    currency="USD",
    payment_method="card",
    ship_to_country="US",
    ship_by=PLACED.ship_by,
    at=FRIDAY,
)
ACCEPT = AcceptOrder(
    order_id="o-1", customer_id="c-1", customer_link="created", at=SATURDAY
)
REJECT = RejectOrder(order_id="o-1", reason="out_of_stock", at=SATURDAY)
EXPIRE = ExpireOrder(order_id="o-1", at=NEXT_FRIDAY)
CANCEL = CancelOrder(order_id="o-1", by="buyer", reason="buyer_request", at=SATURDAY)


def given(*facts: OrderEvent) -> Given:
    return Given(ORDER, facts)


def test_placing_an_order_starts_its_clock() -> None:
    given().when(PLACE).then(PLACED)


@pytest.mark.parametrize("decided", [(), (ACCEPTED,), (REJECTED,), (EXPIRED,)])
def test_placing_the_same_order_again_changes_nothing(
    decided: tuple[OrderEvent, ...],
) -> None:
    given(PLACED, *decided).when(replace(PLACE, at=MONDAY)).then_nothing()


@pytest.mark.parametrize(
    "other",
    [
        replace(PLACE, seller_id="s-2"),
        replace(PLACE, buyer_id="b-2"),
        replace(PLACE, lines=LINES[:1]),
        replace(PLACE, lines=(replace(LINES[0], quantity=1), LINES[1])),
        replace(PLACE, ship_by=MONDAY),
        replace(PLACE, currency="BRL"),
    ],
)
def test_another_order_under_a_known_id_is_refused(other: PlaceOrder) -> None:
    given(PLACED).when(other).then_refused(refusals.OrderExists, "order_id")


def test_an_order_has_at_least_one_line() -> None:
    given().when(replace(PLACE, lines=())).then_refused(refusals.NoLines, "lines")


def test_an_order_names_each_line_once() -> None:
    twice = replace(PLACE, lines=(LINES[0], LINES[0]))

    given().when(twice).then_refused(refusals.LineRepeated, "l-1")


def test_an_order_in_a_foreign_currency_is_refused_and_told_which_are_not() -> None:
    foreign = replace(PLACE, currency="EUR")

    given().when(foreign).then_refused(refusals.CurrencyNotTraded, "BRL or USD")


def test_an_order_that_no_reader_could_add_up_is_refused() -> None:
    dear = replace(LINES[0], quantity=2**31 - 1, unit_price_cents=2**53 - 1)

    given().when(replace(PLACE, lines=(dear,))).then_refused(refusals.TotalTooLarge)


def test_an_order_to_ship_before_it_was_placed_is_taken_as_it_is() -> None:
    before = FRIDAY - timedelta(days=9)

    given().when(replace(PLACE, ship_by=before)).then(
        PLACED.model_copy(update={"ship_by": before})
    )


def test_accepting_an_open_order_names_its_customer() -> None:
    given(PLACED).when(ACCEPT).then(ACCEPTED)


def test_an_order_accepted_before_it_was_placed_is_taken_as_it_is() -> None:
    before = FRIDAY - timedelta(hours=1)

    given(PLACED).when(replace(ACCEPT, at=before)).then(
        ACCEPTED.model_copy(update={"accepted_at": before})
    )


def test_rejecting_an_open_order_says_why() -> None:
    given(PLACED).when(REJECT).then(REJECTED)


def test_an_order_that_nobody_decides_expires() -> None:
    given(PLACED).when(EXPIRE).then(EXPIRED)


def test_an_order_does_not_expire_a_moment_too_soon() -> None:
    early = replace(EXPIRE, at=NEXT_FRIDAY - TICK)

    given(PLACED).when(early).then_refused(refusals.OrderNotDue, "2026-03-13T18:00")


@pytest.mark.parametrize(
    ("clock_started_at", "expected"),
    [
        (FRIDAY, NEXT_FRIDAY),
        (SATURDAY, datetime.fromisoformat("2026-03-14T00:00:00Z")),
        (MONDAY, MONDAY + timedelta(days=7)),
    ],
)
def test_an_order_expires_five_weekdays_after_its_clock_started(
    clock_started_at: datetime, expected: datetime
) -> None:
    assert weekday_deadline(clock_started_at, FIVE_DAYS, frozenset()) == expected


def test_a_holiday_gives_an_order_a_day_more() -> None:
    late = weekday_deadline(FRIDAY, FIVE_DAYS, {MONDAY.date()})

    assert late == NEXT_FRIDAY + timedelta(days=3)


@pytest.mark.parametrize(
    "clock_started_at",
    [
        datetime.fromisoformat("9999-12-26T00:00:00Z"),
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_an_order_of_the_last_days_of_all_time_never_expires(
    clock_started_at: datetime,
) -> None:
    last = PLACED.model_copy(update={"clock_started_at": clock_started_at})
    at_the_end = replace(EXPIRE, at=datetime.max.replace(tzinfo=UTC))

    given(last).when(at_the_end).then_refused(refusals.OrderNotDue, "for ever")


def test_an_order_can_expire_on_the_last_day_but_one() -> None:
    clock = datetime.fromisoformat("9999-12-23T12:00:00Z")

    assert weekday_deadline(clock, FIVE_DAYS, frozenset()) == clock + timedelta(days=7)


def test_a_buyer_may_cancel_before_the_decision() -> None:
    given(PLACED).when(CANCEL).then(CANCELLED)


def test_a_seller_rejects_an_open_order_instead_of_cancelling_it() -> None:
    by_seller = replace(CANCEL, by="seller")

    given(PLACED).when(by_seller).then_refused(refusals.OrderIsOpen, "reject it")


def test_a_seller_may_cancel_an_accepted_order() -> None:
    given(PLACED, ACCEPTED).when(replace(CANCEL, by="seller")).then(
        CANCELLED.model_copy(update={"by": "seller"})
    )


def test_what_is_left_of_an_order_may_be_cancelled() -> None:
    given(PLACED, ACCEPTED, SHIPPED_IN_PART).when(CANCEL).then(CANCELLED)


def test_an_order_that_has_left_cannot_be_cancelled() -> None:
    gone = given(PLACED, ACCEPTED, SHIPPED_IN_PART, SHIPPED_THE_REST)

    gone.when(CANCEL).then_refused(refusals.OrderIsShipped)


@pytest.mark.parametrize("edit", [SPLIT, LINE_REMOVED], ids=["split away", "removed"])
def test_a_line_that_is_gone_keeps_no_order_from_being_complete(edit: OrderEvent) -> None:
    gone = given(PLACED, edit, ACCEPTED, SHIPPED_IN_PART)

    gone.when(CANCEL).then_refused(refusals.OrderIsShipped)


def test_a_cut_line_needs_fewer_units_to_be_complete() -> None:
    left = SHIPPED_IN_PART.lines[0].model_copy(update={"quantity": 1})
    one = SHIPPED_IN_PART.model_copy(update={"lines": (left,)})

    gone = given(PLACED, ACCEPTED, QUANTITY_CHANGED, LINE_REMOVED, one)

    gone.when(CANCEL).then_refused(refusals.OrderIsShipped)


@pytest.mark.parametrize(
    ("fact", "command"),
    [(ACCEPTED, ACCEPT), (REJECTED, REJECT), (EXPIRED, EXPIRE), (CANCELLED, CANCEL)],
)
def test_what_is_decided_is_not_decided_again(
    fact: OrderEvent, command: OrderCommand
) -> None:
    given(PLACED, fact).when(command).then_nothing()


@pytest.mark.parametrize(
    ("fact", "again"),
    [(ACCEPTED, ACCEPT), (REJECTED, REJECT), (EXPIRED, EXPIRE), (CANCELLED, CANCEL)],
)
def test_the_same_decision_at_another_moment_is_the_same(
    fact: OrderEvent, again: AcceptOrder | RejectOrder | ExpireOrder | CancelOrder
) -> None:
    given(PLACED, fact).when(replace(again, at=again.at + TICK)).then_nothing()


@pytest.mark.parametrize(
    ("fact", "other", "why", "stands"),
    [
        (
            ACCEPTED,
            replace(ACCEPT, customer_id="c-2"),
            refusals.OrderIsAccepted,
            "customer 'c-1' (created)",
        ),
        (
            ACCEPTED,
            replace(ACCEPT, customer_link="existing"),
            refusals.OrderIsAccepted,
            "customer 'c-1' (created)",
        ),
        (
            REJECTED,
            replace(REJECT, reason="buyer_request"),
            refusals.OrderIsRejected,
            "(out_of_stock)",
        ),
        (
            REJECTED.model_copy(update={"note": "Sold."}),
            REJECT,
            refusals.OrderIsRejected,
            "(out_of_stock, 'Sold.')",
        ),
        (
            CANCELLED,
            replace(CANCEL, by="marketplace"),
            refusals.OrderIsCancelled,
            "by the buyer (buyer_request)",
        ),
        (
            CANCELLED,
            replace(CANCEL, reason="other"),
            refusals.OrderIsCancelled,
            "by the buyer (buyer_request)",
        ),
    ],
)
def test_a_decision_that_contradicts_the_one_that_stands_is_refused_and_told_which(
    fact: OrderEvent, other: OrderCommand, why: type[Refused], stands: str
) -> None:
    given(PLACED, fact).when(other).then_refused(why, stands)


@pytest.mark.parametrize("command", [ACCEPT, REJECT, EXPIRE, CANCEL])
def test_an_order_that_was_never_placed_cannot_be_decided(command: OrderCommand) -> None:
    given().when(command).then_refused(refusals.OrderUnknown, "o-1")


@pytest.mark.parametrize(
    ("fact", "commands", "why"),
    [
        (ACCEPTED, [REJECT, EXPIRE], refusals.OrderIsAccepted),
        (REJECTED, [ACCEPT, EXPIRE, CANCEL], refusals.OrderIsRejected),
        (EXPIRED, [ACCEPT, REJECT, CANCEL], refusals.OrderIsExpired),
        (CANCELLED, [ACCEPT, REJECT, EXPIRE], refusals.OrderIsCancelled),
    ],
)
def test_an_order_decided_one_way_is_not_decided_another(
    fact: OrderEvent, commands: list[OrderCommand], why: type[Refused]
) -> None:
    for command in commands:
        given(PLACED, fact).when(command).then_refused(why, "o-1")
