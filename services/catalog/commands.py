"""What may be asked of a listing and of its stock: imperative, with the moment passed in.

Whoever reads one from outside validates it by these types: unknown fields, naive times
and numbers that had to be converted are refused there, by name.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import ConfigDict, Field

from contracts.catalog import Count, DeductReason, RestoreReason
from contracts.fact import GivenDate, GivenMoment, Id, Quantity, SellerId, Text

CLOSED: Final = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProduct:
    """The product goes on sale, or back on sale."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    title: Text
    image_count: Count = 0
    description_chars: Count = 0
    weight_g: Count | None = None
    length_mm: Count | None = None
    width_mm: Count | None = None
    height_mm: Count | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProduct:
    """All that is said of a listed product, anew: what is left out is no longer said."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    title: Text
    image_count: Count = 0
    description_chars: Count = 0
    weight_g: Count | None = None
    length_mm: Count | None = None
    width_mm: Count | None = None
    height_mm: Count | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class DelistProduct:
    """The product goes off sale; it may be listed again."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveInventory:
    """A lot came in, or more units of it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    lot_id: Id
    units: Quantity
    manufactured_on: GivenDate
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductInventory:
    """Units left the stock. `ref` names what took them: an order, a count."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    units: Quantity
    reason: DeductReason
    ref: Text | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreInventory:
    """Units that had left the stock are back in it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    units: Quantity
    reason: RestoreReason
    ref: Text | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class CountStock:
    """Somebody counted what is there for sale; units set aside for orders are not."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    units: Count
    ref: Text | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveUnits:
    """At least so many units are to be set aside for an order, before it is accepted."""

    seller_id: SellerId
    product_id: Id
    order_id: Id
    units: Quantity
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleOrder:
    """What facts say of an order: the units set aside for it lie within these bounds.

    Shape: `accepted_at` is None unless it is accepted; nothing more is set aside then.
    """

    seller_id: SellerId
    product_id: Id
    order_id: Id
    at_least: int
    at_most: int
    accepted_at: GivenMoment | None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignUnits:
    """Units of an order went to one that was split from it."""

    seller_id: SellerId
    product_id: Id
    order_id: Id
    new_order_id: Id
    units: Quantity
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToReserve:
    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    product_id: Id
    units: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What an order needs set aside to be accepted: all of it, or nothing."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    order_id: Id
    lines: Annotated[tuple[LineToReserve, ...], Field(min_length=1)]
    at: GivenMoment


ListingCommand: TypeAlias = ListProduct | ChangeProduct | DelistProduct
Movement: TypeAlias = ReceiveInventory | DeductInventory | RestoreInventory | CountStock
Allocation: TypeAlias = ReserveUnits | SettleOrder | ReassignUnits
"""What is asked of a stock on behalf of orders, never by its seller."""
InventoryCommand: TypeAlias = Movement | Allocation
