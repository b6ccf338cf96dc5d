"""The stock of a product: lots that came in, units that left and came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, assert_never

from contracts.catalog import (
    InventoryDeducted,
    InventoryEvent,
    InventoryReceived,
    InventoryRestored,
)
from kit.domain import Decider, Refused
from services.catalog.commands import (
    DeductInventory,
    InventoryCommand,
    ReceiveInventory,
    RestoreInventory,
)


@dataclass(frozen=True, slots=True)
class Stock:
    """The units on hand, and when each lot was made.

    Shape: `lots` are the days of manufacture by lot id; none if nothing ever came in.
    """

    on_hand: int = 0
    lots: Mapping[str, date] = field(default_factory=dict)


class InsufficientStock(Refused):
    code = "insufficient-stock"

    def __init__(self, units: int, on_hand: int) -> None:
        super().__init__(
            f"units: {units} are more than the {on_hand} on hand; "
            "deduct at most those, or receive a lot first"
        )


class LotConflict(Refused):
    code = "lot-conflict"

    def __init__(self, lot_id: str, made_on: date) -> None:
        super().__init__(
            f"manufactured_on: lot {lot_id!r} was made on {made_on.isoformat()}; "
            "say the same, or receive this one as a lot of its own"
        )


class NeverStocked(Refused):
    code = "never-stocked"

    def __init__(self, product_id: str) -> None:
        super().__init__(
            f"product_id: no lot of {product_id!r} ever came in; receive one instead"
        )


def decide(command: InventoryCommand, stock: Stock) -> Sequence[InventoryEvent]:
    """Return the facts that `command` makes true.

    Raises:
        LotConflict: The lot is known with another day of manufacture.
        InsufficientStock: More would leave than there is.
        NeverStocked: Units can't be back that never were in.
    """
    match command:
        case ReceiveInventory():
            return receive(command, stock)
        case DeductInventory():
            return deduct(command, stock)
        case RestoreInventory():
            return restore(command, stock)
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


def evolve(stock: Stock, event: InventoryEvent) -> Stock:
    """Return the stock after `event`. Never refuses: the fact already happened."""
    match event:
        case InventoryReceived():
            lots = stock.lots
            if event.lot_id not in lots:
                lots = {**lots, event.lot_id: event.manufactured_on}
            return Stock(stock.on_hand + event.units, lots)
        case InventoryDeducted():
            return replace(stock, on_hand=stock.on_hand - event.units)
        case InventoryRestored():
            return replace(stock, on_hand=stock.on_hand + event.units)
        case _:
            assert_never(event)


INVENTORY: Final[Decider[Stock, InventoryCommand, InventoryEvent]] = Decider(
    Stock(), decide, evolve, (Stock,)
)
