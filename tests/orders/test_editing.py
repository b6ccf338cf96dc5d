from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.orders import LinePart, OrderEvent, OrderPlaced, ShippedLine
from kit.domain import Elsewhere, Refused
from services.orders.commands import (
    AddTracking,
    ChangeQuantity,
    CorrectShipment,
    Edit,
    LineToSplit,
    MarkDelivered,
    OpenPart,
    OrderCommand,
    RemoveLine,
    SplitOrder,
)
from services.orders.model import ORDER, refusals
from tests.orders.test_model import ACCEPT, CANCEL, REJECT
from tests.orders.test_shipping import SHIP_PART
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    DELIVERED,
    EXPIRED,
    FRIDAY,
    INVOICED,
    LINE,
    LINE_REMOVED,
    MONDAY,
    OTHER_LINE,
    PLACED,
    QUANTITY_CHANGED,
    REJECTED,
    SATURDAY,
    SHIPPED_IN_PART,
    SHIPPED_THE_REST,
    SPLIT,
    TRACKED,
    TUESDAY,
)
from tests.spec import Given

TICK = timedelta(microseconds=1)
CHANGE = ChangeQuantity(
    order_id="o-1", line_id="l-1", quantity=1, reason="out_of_stock", at=SATURDAY
)
REMOVE = RemoveLine(order_id="o-1", line_id="l-2", reason="buyer_request", at=SATURDAY)
SPLIT_OFF = SplitOrder(
    order_id="o-1",
    new_order_id="o-2",
    lines=(LineToSplit(line_id="l-2"),),
    at=SATURDAY,
)
SPLIT_PART = replace(SPLIT_OFF, lines=(LineToSplit(line_id="l-1", quantity=1),))
PART = OrderPlaced(
    seller_id="s-1",
    order_id="o-2",
    buyer_id="b-1",
    lines=(OTHER_LINE,),
    shipping_cents=0,
    currency="USD",
    payment_method="card",
    ship_to_country="US",
    placed_at=SATURDAY,
    ship_by=PLACED.ship_by,
    clock_started_at=FRIDAY,
    split_from="o-1",
)
PART_ACCEPTED = ACCEPTED.model_copy(
    update={"order_id": "o-2", "customer_link": "existing", "accepted_at": SATURDAY}
)
LEFT_IN_PART = SHIPPED_IN_PART.model_copy(
    update={"lines": (ShippedLine(line_id="l-1", quantity=1),)}
)


def given(*facts: OrderEvent) -> Given:
    return Given(ORDER, facts)


def begins(part: OrderPlaced, *, accepted: bool = False) -> Elsewhere:
    """The stream of a new order begins like this."""
    command = OpenPart(
        order_id=part.order_id, placed=part, accepted=PART_ACCEPTED if accepted else None
    )
    return Elsewhere(f"order-{part.order_id}", ORDER, command)


@pytest.mark.parametrize("accepted", [(), (ACCEPTED,)], ids=["open", "accepted"])
def test_the_units_of_a_line_may_change_before_and_after_acceptance(
    accepted: tuple[OrderEvent, ...],
) -> None:
    given(PLACED, *accepted).when(CHANGE).then(QUANTITY_CHANGED)


def test_the_units_of_a_line_may_rise() -> None:
    given(PLACED).when(replace(CHANGE, quantity=9)).then(
        QUANTITY_CHANGED.model_copy(update={"quantity": 9})
    )


def test_the_units_that_a_line_has_already_change_nothing() -> None:
    given(PLACED).when(replace(CHANGE, quantity=2)).then_nothing()
    given(PLACED, QUANTITY_CHANGED).when(CHANGE).then_nothing()


def test_no_units_at_all_remove_the_line() -> None:
    none = ChangeQuantity(
        order_id="o-1", line_id="l-2", quantity=0, reason="buyer_request", at=SATURDAY
    )

    given(PLACED).when(none).then(LINE_REMOVED)


def test_an_order_that_no_reader_could_add_up_is_not_made_by_an_edit() -> None:
    dear = LINE.model_copy(update={"unit_price_cents": 2**50})
    placed = PLACED.model_copy(update={"lines": (dear, OTHER_LINE)})

    given(placed).when(replace(CHANGE, quantity=9)).then_refused(
        refusals.TotalTooLarge, "quantity: the total"
    )


@pytest.mark.parametrize("accepted", [(), (ACCEPTED,)], ids=["open", "accepted"])
def test_a_line_may_go_before_and_after_acceptance(
    accepted: tuple[OrderEvent, ...],
) -> None:
    given(PLACED, *accepted).when(REMOVE).then(LINE_REMOVED)


def test_a_line_goes_once() -> None:
    given(PLACED, LINE_REMOVED).when(replace(REMOVE, at=MONDAY)).then_nothing()
    given(PLACED, LINE_REMOVED).when(replace(REMOVE, reason="other")).then_refused(
        refusals.LineUnknown, "l-2"
    )


@pytest.mark.parametrize(
    ("accepted", "remedy"), [((), "reject the order"), ((ACCEPTED,), "cancel the order")]
)
def test_the_last_line_of_an_order_cannot_go(
    accepted: tuple[OrderEvent, ...], remedy: str
) -> None:
    last = given(PLACED, LINE_REMOVED, *accepted)

    for command in (replace(REMOVE, line_id="l-1"), replace(CHANGE, quantity=0)):
        last.when(command).then_refused(refusals.LastLine, remedy)


def test_a_split_line_begins_an_order_with_the_same_clock() -> None:
    given(PLACED).when(SPLIT_OFF).then(SPLIT)
    given(PLACED).when(SPLIT_OFF).then_elsewhere(begins(PART))


def test_some_units_of_a_line_may_be_split_off() -> None:
    parts = (LinePart(line_id="l-1", quantity=1),)
    less = PART.model_copy(update={"lines": (LINE.model_copy(update={"quantity": 1}),)})

    given(PLACED).when(SPLIT_PART).then(
        SPLIT.model_copy(update={"line_ids": (), "parts": parts})
    )
    given(PLACED).when(SPLIT_PART).then_elsewhere(begins(less))


def test_all_units_of_a_line_are_the_line() -> None:
    named = replace(SPLIT_OFF, lines=(LineToSplit(line_id="l-2", quantity=1),))

    given(PLACED).when(named).then(SPLIT)
    given(PLACED).when(named).then_elsewhere(begins(PART))


def test_what_is_split_off_an_accepted_order_is_accepted_for_the_same_customer() -> None:
    accepted = given(PLACED, ACCEPTED).when(SPLIT_OFF)

    accepted.then(SPLIT)
    accepted.then_elsewhere(begins(PART, accepted=True))


def test_what_begins_by_a_split_begins_where_its_parent_stood() -> None:
    opened = begins(PART, accepted=True).command

    given().when(opened).then(PART, PART_ACCEPTED)
    given().when(replace(opened, accepted=None)).then(PART)


def test_a_split_cannot_begin_an_order_that_exists() -> None:
    given(PLACED).when(begins(PART).command).then_refused(refusals.OrderExists, "o-2")


def test_the_part_of_a_split_order_keeps_the_clock_of_the_first() -> None:
    child = PART.model_copy(update={"lines": (LINE, OTHER_LINE)})
    again = replace(SPLIT_OFF, order_id="o-2", new_order_id="o-3", at=MONDAY)
    grandchild = PART.model_copy(
        update={"order_id": "o-3", "split_from": "o-2", "placed_at": MONDAY}
    )
    split = SPLIT.model_copy(
        update={"order_id": "o-2", "new_order_id": "o-3", "split_at": MONDAY}
    )

    given(child).when(again).then(split)
    given(child).when(again).then_elsewhere(begins(grandchild))


@pytest.mark.parametrize(
    "again",
    [
        replace(SPLIT_OFF, at=MONDAY),
        replace(SPLIT_OFF, lines=(LineToSplit(line_id="l-2", quantity=1),)),
    ],
)
def test_the_same_split_again_changes_nothing(again: SplitOrder) -> None:
    for facts in ((PLACED, SPLIT), (PLACED, SPLIT, ACCEPTED)):
        given(*facts).when(again).then_nothing()
        given(*facts).when(again).then_elsewhere()


@pytest.mark.parametrize(
    "other",
    [
        SPLIT_PART,
        replace(SPLIT_OFF, lines=(LineToSplit(line_id="l-2", quantity=2),)),
        replace(SPLIT_PART, new_order_id="o-1"),
    ],
)
def test_a_split_to_an_order_that_exists_is_refused(other: SplitOrder) -> None:
    given(PLACED, SPLIT).when(other).then_refused(refusals.OrderExists, "order_id")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), refusals.NoLines),
        ((LineToSplit(line_id="l-9"),), refusals.LineUnknown),
        ((LineToSplit(line_id="l-1"), LineToSplit(line_id="l-2")), refusals.NothingStays),
        ((LineToSplit(line_id="l-1"), LineToSplit(line_id="l-1")), refusals.LineRepeated),
        ((LineToSplit(line_id="l-1", quantity=3),), refusals.TooManyUnits),
    ],
)
def test_what_cannot_be_split_is_refused(
    lines: tuple[LineToSplit, ...], why: type[Refused]
) -> None:
    given(PLACED).when(replace(SPLIT_OFF, lines=lines)).then_refused(why, "lines")


def test_units_that_have_left_stay_where_they_were() -> None:
    left = given(PLACED, ACCEPTED, LEFT_IN_PART)
    rest = replace(SPLIT_PART, lines=(LineToSplit(line_id="l-1"),))

    left.when(replace(REMOVE, line_id="l-1")).then_refused(
        refusals.UnitsHaveLeft, "line_id: 1 of line 'l-1' have left; keep 1"
    )
    left.when(replace(CHANGE, line_id="l-1", quantity=0)).then_refused(
        refusals.UnitsHaveLeft, "quantity: 1 of line 'l-1' have left; keep 1"
    )
    left.when(
        replace(SPLIT_PART, lines=(LineToSplit(line_id="l-1", quantity=2),))
    ).then_refused(refusals.TooManyUnits, "1 are left")
    parts = (LinePart(line_id="l-1", quantity=1),)
    less = PART.model_copy(update={"lines": (LINE.model_copy(update={"quantity": 1}),)})
    left.when(rest).then(SPLIT.model_copy(update={"line_ids": (), "parts": parts}))
    left.when(rest).then_elsewhere(begins(less, accepted=True))


@pytest.mark.parametrize(
    ("edit", "fact"), [(SPLIT_OFF, SPLIT), (REMOVE, LINE_REMOVED)], ids=["split", "removal"]
)
def test_an_edit_that_leaves_nothing_to_ship_says_since_when(
    edit: Edit, fact: OrderEvent
) -> None:
    asked_at = fact.happened_at

    for left_at in (asked_at - TICK, asked_at, asked_at + TICK):
        left = SHIPPED_IN_PART.model_copy(update={"shipped_at": left_at})
        complete = fact.model_copy(update={"completed_at": max(left_at, asked_at)})
        given(PLACED, ACCEPTED, left).when(edit).then(complete)


def test_a_cut_that_leaves_nothing_to_ship_says_so_too() -> None:
    given(PLACED, ACCEPTED, LINE_REMOVED, LEFT_IN_PART).when(CHANGE).then(
        QUANTITY_CHANGED.model_copy(update={"completed_at": LEFT_IN_PART.shipped_at})
    )


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ((), refusals.OrderUnknown),
        ((PLACED, REJECTED), refusals.OrderIsRejected),
        ((PLACED, EXPIRED), refusals.OrderIsExpired),
        ((PLACED, ACCEPTED, CANCELLED), refusals.OrderIsCancelled),
        (
            (PLACED, ACCEPTED, SHIPPED_IN_PART, SHIPPED_THE_REST),
            refusals.OrderIsShipped,
        ),
    ],
)
@pytest.mark.parametrize(
    "edit", [SPLIT_OFF, CHANGE, REMOVE], ids=lambda e: type(e).__name__
)
def test_an_order_that_is_over_is_not_edited(
    edit: Edit, facts: tuple[OrderEvent, ...], why: type[Refused]
) -> None:
    given(*facts).when(edit).then_refused(why, "o-1")


@pytest.mark.parametrize(
    "edit", [SPLIT_OFF, CHANGE, REMOVE], ids=lambda e: type(e).__name__
)
def test_nothing_of_an_order_changes_after_its_invoice_is_confirmed(edit: Edit) -> None:
    invoiced = (PLACED, ACCEPTED, SHIPPED_IN_PART, INVOICED)

    given(*invoiced).when(edit).then_refused(refusals.OrderIsInvoiced, "i-1")


SPLIT_OTHER = replace(SPLIT_OFF, new_order_id="o-3")
TRACK = AddTracking(order_id="o-1", shipment_id="h-1", tracking_number="T", at=TUESDAY)
CORRECT = CorrectShipment(order_id="o-1", shipment_id="h-1", carrier="DHL", at=TUESDAY)
DELIVER = MarkDelivered(order_id="o-1", shipment_id="h-1", at=TUESDAY)


@pytest.mark.parametrize(
    ("command", "since"),
    [
        (CHANGE, LINE_REMOVED),
        (REMOVE, QUANTITY_CHANGED),
        (SPLIT_OFF, QUANTITY_CHANGED),
        (CHANGE, SPLIT),
        (REMOVE, SHIPPED_IN_PART),
        (SHIP_PART, LINE_REMOVED),
        (CHANGE, TRACKED),
        (CANCEL, DELIVERED),
        (TRACK, SHIPPED_THE_REST),
        (DELIVER, SHIPPED_THE_REST),
        (TRACK, QUANTITY_CHANGED),
        (CORRECT, LINE_REMOVED),
        (DELIVER, SPLIT),
    ],
)
def test_what_happened_to_other_lines_or_on_the_way_does_not_matter(
    command: OrderCommand, since: OrderEvent
) -> None:
    assert not ORDER.overlaps(command, [since])


@pytest.mark.parametrize(
    ("command", "since"),
    [
        (CHANGE, QUANTITY_CHANGED),
        (REMOVE, LINE_REMOVED),
        (SPLIT_OTHER, SPLIT),
        (SPLIT_PART, QUANTITY_CHANGED),
        (CHANGE, SHIPPED_IN_PART),
        (CHANGE, ACCEPTED),
        (REMOVE, CANCELLED),
        (SHIP_PART, QUANTITY_CHANGED),
        (ACCEPT, QUANTITY_CHANGED),
        (REJECT, SPLIT),
        (CANCEL, SHIPPED_IN_PART),
        (TRACK, TRACKED),
        (TRACK, CANCELLED),
    ],
)
def test_what_happened_to_the_same_line_parcel_or_order_matters(
    command: OrderCommand, since: OrderEvent
) -> None:
    assert ORDER.overlaps(command, [DELIVERED, since])
