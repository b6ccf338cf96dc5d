from dataclasses import replace

import pytest

from contracts.orders import OrderEvent
from kit.domain import Refused
from services.orders.commands import (
    AddTracking,
    CorrectShipment,
    LineToShip,
    MarkDelivered,
    OrderCommand,
    SaveShipment,
)
from services.orders.model import ORDER, refusals
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    CORRECTED,
    DELIVERED,
    EXPIRED,
    FRIDAY,
    MONDAY,
    NEXT_FRIDAY,
    PLACED,
    REJECTED,
    SHIPPED_IN_PART,
    SHIPPED_THE_REST,
    TRACKED,
    TUESDAY,
)
from tests.spec import Given

SHIP_PART = SaveShipment(
    order_id="o-1",
    shipment_id="h-1",
    lines=(LineToShip(line_id="l-1", quantity=2),),
    carrier="UPS",
    shipped_by="seller",
    shipped_at=MONDAY,
    at=MONDAY,
)
SHIP_THE_REST = SaveShipment(
    order_id="o-1",
    shipment_id="h-2",
    lines=(LineToShip(line_id="l-2", quantity=1),),
    carrier="UPS",
    tracking_number="1Z999AA10123456784",
    shipped_by="seller",
    shipped_at=TUESDAY,
    at=TUESDAY,
)
TRACK = AddTracking(
    order_id="o-1", shipment_id="h-1", tracking_number="1Z12345E6605272234", at=TUESDAY
)
DELIVER = MarkDelivered(order_id="o-1", shipment_id="h-1", at=NEXT_FRIDAY)
CORRECT = CorrectShipment(
    order_id="o-1",
    shipment_id="h-1",
    carrier="FedEx",
    tracking_number="986578788855",
    at=TUESDAY,
)


def given(*facts: OrderEvent) -> Given:
    return Given(ORDER, facts)


def accepted(*facts: OrderEvent) -> Given:
    return given(PLACED, ACCEPTED, *facts)


def test_a_part_of_an_order_may_leave_before_the_rest() -> None:
    accepted().when(SHIP_PART).then(SHIPPED_IN_PART)


def test_the_last_part_completes_the_order() -> None:
    accepted(SHIPPED_IN_PART).when(SHIP_THE_REST).then(SHIPPED_THE_REST)


def test_all_that_leaves_at_once_completes_the_order() -> None:
    lines = SHIP_PART.lines + SHIP_THE_REST.lines
    whole = SHIPPED_IN_PART.lines + SHIPPED_THE_REST.lines

    accepted().when(replace(SHIP_PART, lines=lines)).then(
        SHIPPED_IN_PART.model_copy(update={"lines": whole, "completes_order": True})
    )


def test_a_shipment_that_left_before_the_order_was_accepted_is_taken_as_it_is() -> None:
    accepted().when(replace(SHIP_PART, shipped_at=FRIDAY)).then(
        SHIPPED_IN_PART.model_copy(update={"shipped_at": FRIDAY})
    )


def test_saving_the_same_shipment_again_changes_nothing() -> None:
    again = replace(SHIP_PART, at=TUESDAY)

    accepted(SHIPPED_IN_PART).when(again).then_nothing()
    accepted(SHIPPED_IN_PART, TRACKED, DELIVERED).when(again).then_nothing()


def test_another_shipment_under_a_known_id_is_refused() -> None:
    other = replace(SHIP_PART, carrier="FedEx")

    accepted(SHIPPED_IN_PART).when(other).then_refused(
        refusals.ShipmentExists, "shipment_id"
    )


@pytest.mark.parametrize(
    ("facts", "quantity", "left"), [((), 3, 2), ((SHIPPED_IN_PART,), 1, 0)]
)
def test_no_more_may_leave_than_was_ordered(
    facts: tuple[OrderEvent, ...], quantity: int, left: int
) -> None:
    lines = (LineToShip(line_id="l-1", quantity=quantity),)
    too_much = replace(SHIP_PART, shipment_id="h-9", lines=lines)

    accepted(*facts).when(too_much).then_refused(
        refusals.TooManyUnits, f"{left} are left to ship"
    )


def test_a_line_of_another_order_cannot_leave() -> None:
    unknown = replace(SHIP_PART, lines=(LineToShip(line_id="l-9", quantity=1),))

    accepted().when(unknown).then_refused(refusals.LineUnknown, "l-9")


def test_a_shipment_names_each_line_once() -> None:
    one = LineToShip(line_id="l-1", quantity=1)

    accepted().when(replace(SHIP_PART, lines=(one, one))).then_refused(
        refusals.LineRepeated, "l-1"
    )


def test_a_shipment_has_at_least_one_line() -> None:
    accepted().when(replace(SHIP_PART, lines=())).then_refused(refusals.NoLines)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ((), refusals.OrderUnknown),
        ((PLACED,), refusals.OrderIsOpen),
        ((PLACED, REJECTED), refusals.OrderIsRejected),
        ((PLACED, EXPIRED), refusals.OrderIsExpired),
        ((PLACED, ACCEPTED, CANCELLED), refusals.OrderIsCancelled),
    ],
)
def test_only_an_accepted_order_may_leave(
    facts: tuple[OrderEvent, ...], why: type[Refused]
) -> None:
    given(*facts).when(SHIP_PART).then_refused(why, "o-1")


def test_a_tracking_number_may_come_later() -> None:
    accepted(SHIPPED_IN_PART).when(TRACK).then(TRACKED)


def test_the_same_tracking_number_again_changes_nothing() -> None:
    accepted(SHIPPED_IN_PART, TRACKED).when(TRACK).then_nothing()


def test_the_tracking_number_that_was_saved_at_once_is_known() -> None:
    known = replace(TRACK, shipment_id="h-2", tracking_number="1Z999AA10123456784")

    accepted(SHIPPED_THE_REST).when(known).then_nothing()


def test_a_shipment_has_one_tracking_number() -> None:
    other = replace(TRACK, tracking_number="9400100000000000000000")

    accepted(SHIPPED_IN_PART, TRACKED).when(other).then_refused(
        refusals.TrackingExists, "tracking_number"
    )


def test_a_shipment_arrives_once() -> None:
    accepted(SHIPPED_IN_PART).when(DELIVER).then(DELIVERED)
    accepted(SHIPPED_IN_PART, DELIVERED).when(DELIVER).then_nothing()


def test_what_left_before_the_order_was_cancelled_is_tracked_and_arrives() -> None:
    cancelled = accepted(SHIPPED_IN_PART, CANCELLED)

    cancelled.when(TRACK).then(TRACKED)
    cancelled.when(DELIVER).then(DELIVERED)


@pytest.mark.parametrize("command", [TRACK, CORRECT, DELIVER])
def test_a_shipment_that_never_left_is_unknown(command: OrderCommand) -> None:
    accepted().when(command).then_refused(refusals.ShipmentUnknown, "h-1")
    given().when(command).then_refused(refusals.OrderUnknown, "o-1")


@pytest.mark.parametrize("carrier", ["UPS", "ups"])
def test_a_number_that_a_known_carrier_does_not_give_is_refused(carrier: str) -> None:
    wrong = replace(SHIP_THE_REST, carrier=carrier, tracking_number="1Z999AA10123456785")

    accepted().when(wrong).then_refused(refusals.TrackingMalformed, "tracking_number")
    accepted(SHIPPED_IN_PART).when(
        replace(TRACK, tracking_number="1Z999AA10123456785")
    ).then_refused(refusals.TrackingMalformed, "1Z999AA10123456784")


def test_a_carrier_that_is_not_known_may_use_any_number() -> None:
    ravens = replace(SHIP_THE_REST, carrier="Ravens", tracking_number="7")

    accepted().when(ravens).then(
        SHIPPED_THE_REST.model_copy(
            update={"carrier": "Ravens", "tracking_number": "7", "completes_order": False}
        )
    )


def test_a_shipment_may_be_corrected_whatever_was_saved_of_it() -> None:
    for saved in ((SHIPPED_IN_PART,), (SHIPPED_IN_PART, TRACKED)):
        accepted(*saved).when(CORRECT).then(CORRECTED)


def test_what_a_correction_leaves_out_stays() -> None:
    carrier = replace(CORRECT, carrier="Ravens", tracking_number=None)
    number = replace(CORRECT, carrier=None, tracking_number="1Z999AA10123456784")
    tracked = accepted(SHIPPED_IN_PART, TRACKED)

    tracked.when(carrier).then(
        CORRECTED.model_copy(
            update={"carrier": "Ravens", "tracking_number": TRACKED.tracking_number}
        )
    )
    tracked.when(number).then(
        CORRECTED.model_copy(
            update={"carrier": "UPS", "tracking_number": "1Z999AA10123456784"}
        )
    )


def test_the_same_correction_again_changes_nothing() -> None:
    accepted(SHIPPED_IN_PART, CORRECTED).when(CORRECT).then_nothing()
    accepted(SHIPPED_IN_PART).when(
        replace(CORRECT, carrier="UPS", tracking_number=None)
    ).then_nothing()


def test_a_correction_is_held_to_the_carrier_that_it_names() -> None:
    other = replace(CORRECT, carrier="DHL", tracking_number=None)

    accepted(SHIPPED_IN_PART, TRACKED).when(other).then_refused(
        refusals.TrackingMalformed, "DHL"
    )


def test_a_corrected_shipment_is_saved_once_all_the_same() -> None:
    corrected = accepted(SHIPPED_IN_PART, CORRECTED)

    corrected.when(SHIP_PART).then_nothing()
    corrected.when(TRACK).then_refused(refusals.TrackingExists, "correct the shipment")
