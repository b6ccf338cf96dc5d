"""Sellers who keep one thing that they owe, or miss it; all else is well. By metric."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from contracts.buyers import BuyerAccessApproved
from contracts.fact import Fact
from tests.performance.facts import (
    accepted,
    cancelled,
    placed,
    rejected,
    requested,
    sent,
    shipped,
)
from tests.performance.world import DAY, HOUR

Story: TypeAlias = Callable[[str, datetime, bool], Sequence[Fact]]

LATE: Final = 6 * DAY
"""Too late for all, whatever weekend lies between."""


def parcel(order: str, at: datetime, **told: str | None) -> Fact:
    return shipped(at).model_copy(update={"order_id": order, **told})


def answered(order: str, at: datetime, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    then = at + (HOUR if well else LATE)
    shipment = parcel(order, then, shipped_by="marketplace")
    return placed(order, at, ship_by=at + 9 * DAY), accepted(then, order), shipment


def decided(order: str, at: datetime, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    if not well:
        return placed(order, at), rejected("other", at, order)
    shipment = parcel(order, at, shipped_by="marketplace")
    return placed(order, at), accepted(at, order), shipment


def left(order: str, at: datetime, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    then = at + (DAY if well else LATE)
    shipment = parcel(order, then, shipped_by="marketplace")
    return placed(order, at), accepted(at, order), shipment


def numbered(order: str, at: datetime, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    number = "1Z9" if well else None
    return placed(order, at), accepted(at, order), parcel(order, at, tracking_number=number)


def approved(request: str, at: datetime, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    answer = BuyerAccessApproved(
        seller_id="s-1",
        request_id=request,
        buyer_id="b-1",
        approved_at=at + (HOUR if well else LATE),
    )
    return requested(at, request), answer


def responded(message: str, at: datetime, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    then = at + (HOUR if well else LATE)
    return sent("buyer", at, message), sent("seller", then, f"to-{message}", message)


def filled(order: str, at: datetime, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    if not well:
        gone = cancelled("seller", at, "out_of_stock", order)
        return placed(order, at), accepted(at, order), gone
    shipment = parcel(order, at, shipped_by="marketplace")
    return placed(order, at), accepted(at, order), shipment


STORIES: Final[Mapping[str, Story]] = {
    "acceptance.timely": answered,
    "acceptance.accepted": decided,
    "shipping.on_time": left,
    "shipping.tracked": numbered,
    "approvals.timely": approved,
    "responses.timely": responded,
    "inventory.units_filled": filled,
}
"""All metrics of a window. One order, request or message, opened at a moment: kept or not.

Shape: of one seller, `s-1`; one unit each. What is missed is missed of that metric alone.
"""
