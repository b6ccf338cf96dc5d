"""Units of a stock that are set aside for orders: asked for, settled, passed on."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeAlias, assert_never

from contracts.catalog import (
    InventoryDeducted,
    InventoryDispatched,
    InventoryReassigned,
    InventoryRestored,
)
from services.catalog.commands import (
    Allocation,
    DispatchUnits,
    ReassignUnits,
    ReserveUnits,
    SettleOrder,
)
from services.catalog.model.stock import InsufficientStock, Stock, portions

Allocated: TypeAlias = (
    InventoryDeducted | InventoryRestored | InventoryReassigned | InventoryDispatched
)


def allocate(command: Allocation, stock: Stock) -> Sequence[Allocated]:
    """Return the facts by which units are set aside, are back, passed on or gone.

    Raises:
        InsufficientStock: As `reserve`.
    """
    match command:
        case ReserveUnits():
            return reserve(command, stock)
        case SettleOrder():
            return settle(command, stock)
        case ReassignUnits():
            return reassign(command, stock)
        case DispatchUnits():
            return dispatch(command, stock)
        case _:
            assert_never(command)


def reserve(command: ReserveUnits, stock: Stock) -> Sequence[InventoryDeducted]:
    """Return what sets at least so many units aside: nothing, if they are already.

    Raises:
        InsufficientStock: There are not as many; none is set aside.
    """
    missing = command.units - stock.aside.get(command.order_id, 0)
    if missing <= 0 or not stock.lots:
        return []
    if missing > stock.on_hand:
        raise InsufficientStock(missing, stock.on_hand)
    return [*_sold(command, missing, command.at)]


def settle(
    command: SettleOrder, stock: Stock
) -> Sequence[InventoryDeducted | InventoryRestored]:
    """Return what brings the units aside within the bounds, as far as there is stock.

    Nothing more is set aside for an order that was accepted before stock was kept.
    """
    aside = stock.aside.get(command.order_id, 0)
    if aside > command.at_most:
        return [*_cancelled(command, aside - command.at_most)]
    missing = min(command.at_least - aside, stock.on_hand)
    since, accepted_at = stock.since, command.accepted_at
    if missing <= 0 or since is None or accepted_at is None or accepted_at < since:
        return []
    return [*_sold(command, missing, max(command.at, accepted_at))]


def reassign(command: ReassignUnits, stock: Stock) -> Sequence[InventoryReassigned]:
    """Return what passes units on to the new order: no more than were set aside."""
    return [
        InventoryReassigned(
            seller_id=command.seller_id,
            product_id=command.product_id,
            units=units,
            from_ref=command.order_id,
            ref=command.new_order_id,
            reassigned_at=command.at,
        )
        for units in portions(min(command.units, stock.aside.get(command.order_id, 0)))
    ]


def dispatch(command: DispatchUnits, stock: Stock) -> Sequence[InventoryDispatched]:
    """Return what lets units go in a parcel: no more than were set aside."""
    return [
        InventoryDispatched(
            seller_id=command.seller_id,
            product_id=command.product_id,
            units=units,
            order_id=command.order_id,
            dispatched_at=command.at,
        )
        for units in portions(min(command.units, stock.aside.get(command.order_id, 0)))
    ]


def _sold(
    command: ReserveUnits | SettleOrder, units: int, at: datetime
) -> Iterator[InventoryDeducted]:
    for some in portions(units):
        yield InventoryDeducted(
            seller_id=command.seller_id,
            product_id=command.product_id,
            units=some,
            reason="sold",
            ref=command.order_id,
            deducted_at=at,
            order_id=command.order_id,
        )


def _cancelled(command: SettleOrder, units: int) -> Iterator[InventoryRestored]:
    for some in portions(units):
        yield InventoryRestored(
            seller_id=command.seller_id,
            product_id=command.product_id,
            units=some,
            reason="cancelled",
            ref=command.order_id,
            restored_at=command.at,
            order_id=command.order_id,
        )
