"""The stock of a product: lots that came in, units that left and came back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, assert_never

from contracts.catalog import (
    InventoryCounted,
    InventoryDeducted,
    InventoryDispatched,
    InventoryEvent,
    InventoryReassigned,
    InventoryReceived,
    InventoryRestored,
)
from kit.domain import Decider
from services.catalog.commands import (
    CountStock,
    DeductInventory,
    DispatchUnits,
    InventoryCommand,
    ReassignUnits,
    ReceiveInventory,
    ReserveUnits,
    RestoreInventory,
    SettleOrder,
)
from services.catalog.model.allocation import allocate
from services.catalog.model.stock import (
    InsufficientStock,
    LotConflict,
    NeverStocked,
    Stock,
    portions,
)


def decide(command: InventoryCommand, stock: Stock) -> Sequence[InventoryEvent]:
    """Return the facts that `command` makes true.

    Raises:
        LotConflict: The lot is known with another day of manufacture.
        InsufficientStock: More would leave than there is.
        NeverStocked: Units can't be back, or be counted, that never were in.
    """
    match command:
        case ReceiveInventory():
            return receive(command, stock)
        case DeductInventory():
            return deduct(command, stock)
        case RestoreInventory():
            return restore(command, stock)
        case CountStock():
            return count(command, stock)
        case ReserveUnits() | SettleOrder() | ReassignUnits() | DispatchUnits():
            return allocate(command, stock)
        case _:
            assert_never(command)


def receive(command: ReceiveInventory, stock: Stock) -> Sequence[InventoryEvent]:
    made_on = stock.lots.get(command.lot_id, command.manufactured_on)
    if made_on != command.manufactured_on:
        raise LotConflict(command.lot_id, made_on)
    return [
        InventoryReceived(
            seller_id=command.seller_id,
            product_id=command.product_id,
            lot_id=command.lot_id,
            units=command.units,
            manufactured_on=command.manufactured_on,
            received_at=command.at,
        )
    ]


def deduct(command: DeductInventory, stock: Stock) -> Sequence[InventoryEvent]:
    if command.units > stock.on_hand:
        raise InsufficientStock(command.units, stock.on_hand)
    return [
        InventoryDeducted(
            seller_id=command.seller_id,
            product_id=command.product_id,
            units=command.units,
            reason=command.reason,
            ref=command.ref,
            deducted_at=command.at,
        )
    ]


def restore(command: RestoreInventory, stock: Stock) -> Sequence[InventoryEvent]:
    if not stock.lots:
        raise NeverStocked(command.product_id)
    return [
        InventoryRestored(
            seller_id=command.seller_id,
            product_id=command.product_id,
            units=command.units,
            reason=command.reason,
            ref=command.ref,
            restored_at=command.at,
        )
    ]


def count(command: CountStock, stock: Stock) -> Sequence[InventoryEvent]:
    if not stock.lots:
        raise NeverStocked(command.product_id)
    counted = InventoryCounted(
        seller_id=command.seller_id,
        product_id=command.product_id,
        units=command.units,
        ref=command.ref,
        counted_at=command.at,
    )
    difference = command.units - stock.on_hand
    if difference == 0:
        return [counted]
    if difference < 0:
        missing = [_missing(command, units) for units in portions(-difference)]
        return [counted, *missing]
    return [counted, _found(command, difference)]


def _missing(command: CountStock, units: int) -> InventoryDeducted:
    return InventoryDeducted(
        seller_id=command.seller_id,
        product_id=command.product_id,
        units=units,
        reason="counted",
        ref=command.ref,
        deducted_at=command.at,
    )


def _found(command: CountStock, units: int) -> InventoryRestored:
    return InventoryRestored(
        seller_id=command.seller_id,
        product_id=command.product_id,
        units=units,
        reason="counted",
        ref=command.ref,
        restored_at=command.at,
    )


def evolve(stock: Stock, event: InventoryEvent) -> Stock:
    """Return the stock after `event`. Never refuses: the fact already happened."""
    match event:
        case InventoryReceived():
            return _with_lot(stock, event)
        case InventoryDeducted():
            left = replace(stock, on_hand=stock.on_hand - event.units)
            return left.with_aside(event.order_id, event.units)
        case InventoryRestored():
            back = replace(stock, on_hand=stock.on_hand + event.units)
            return back.with_aside(event.order_id, -event.units)
        case InventoryDispatched():
            return stock.with_aside(event.order_id, -event.units)
        case InventoryReassigned():
            taken = stock.with_aside(event.from_ref, -event.units)
            return taken.with_aside(event.ref, event.units)
        case InventoryCounted():
            return stock
        case _:
            assert_never(event)


def _with_lot(stock: Stock, event: InventoryReceived) -> Stock:
    lots = stock.lots
    if event.lot_id not in lots:
        lots = {**lots, event.lot_id: event.manufactured_on}
    since: datetime = min(stock.since or event.received_at, event.received_at)
    return replace(stock, on_hand=stock.on_hand + event.units, lots=lots, since=since)


INVENTORY: Final[Decider[Stock, InventoryCommand, InventoryEvent]] = Decider(
    Stock(), decide, evolve, (Stock,), version=2
)
