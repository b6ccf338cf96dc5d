"""What may be asked of an order: imperative, validated, with the moment passed in.

Whoever reads one from outside validates it by these types: unknown fields, naive times
and numbers that had to be converted are refused there, by name.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field

from contracts.fact import (
    Cents,
    Country,
    Currency,
    GivenMoment,
    Id,
    Quantity,
    SellerId,
    Text,
)
from contracts.orders import (
    Canceller,
    CustomerLink,
    EditReason,
    OrderAccepted,
    OrderPlaced,
    PaymentMethod,
    RejectReason,
    Shipper,
)

CLOSED: Final = ConfigDict(extra="forbid")

QuantityOrNone: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToPlace:
    """What is ordered of one product."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    line_id: Id
    product_id: Id
    title: Text
    quantity: Quantity
    unit_price_cents: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToShip:
    """Units of one line that leave."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    line_id: Id
    quantity: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToSplit:
    """A line that goes to another order: all of it that has not left, or `quantity`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    line_id: Id
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """A buyer orders. `at` starts the seller's clock."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    seller_id: SellerId
    buyer_id: Id
    lines: Annotated[tuple[LineToPlace, ...], Field(min_length=1)]
    shipping_cents: Cents = 0
    currency: Currency
    payment_method: PaymentMethod
    ship_to_country: Country
    ship_by: GivenMoment
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOrder:
    """Lines, or some of their units, become a new order. At least one unit stays."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    new_order_id: Id
    lines: Annotated[tuple[LineToSplit, ...], Field(min_length=1)]
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPart:
    """What a split moved begins an order of its own. Asked by the split alone."""

    order_id: Id
    placed: OrderPlaced
    accepted: OrderAccepted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeQuantity:
    """A line gets another number of units. None at all removes it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    line_id: Id
    quantity: QuantityOrNone
    reason: EditReason
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveLine:
    """A line goes. The last one cannot: reject or cancel the order instead."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    line_id: Id
    reason: EditReason
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOrder:
    """The seller will ship. `customer_link` says how the buyer became this customer.

    Of a buyer who is known to be a customer nothing need be said; of another one must be
    `created`, by `customer_name` if that is given, or the buyer `associated` with one that
    there is.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    customer_id: Id | None = None
    customer_link: CustomerLink | None = None
    customer_name: Text | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerStanding:
    """What has been heard of a buyer with a seller.

    Shape: `access` is how their newest request stands, or None if there was none;
        `customer_id` the customer that they are, or None if they are none yet; `named` is
        whose the customer is that the command names: theirs alone, others' too (or nobody's
        yet), or None if there is none that was heard of; `step` is where the seller stands,
        or None if no step was ever told.
    """

    approval_required: bool = False
    access: str | None = None
    customer_id: str | None = None
    named: Literal["theirs", "others"] | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfBuyer:
    """A command that depends on its buyer, with what has been heard of them.

    Without it, as in an import, what is said is taken as it is: it has happened.
    """

    command: PlaceOrder | AcceptOrder
    buyer: BuyerStanding

    @property
    def order_id(self) -> str:
        """The order that it is about."""
        return self.command.order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectOrder:
    """The seller will not ship; the buyer is told why."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    reason: RejectReason
    note: Text | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireOrder:
    """Nobody decided the order within the weekdays that there were for it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Somebody calls the order off. Before it is accepted, its seller rejects instead."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    by: Canceller
    reason: RejectReason
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveShipment:
    """Part of an order left at `shipped_at`; its seller says so at `at`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    shipment_id: Id
    lines: Annotated[tuple[LineToShip, ...], Field(min_length=1)]
    carrier: Text
    tracking_number: Id | None = None
    shipped_by: Shipper
    shipped_at: GivenMoment
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTracking:
    """A shipment that was saved without a tracking number gets one."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    shipment_id: Id
    tracking_number: Id
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectShipment:
    """What was saved of a shipment's carrier or number was wrong: what is left out stays.

    What left, and when, stands: it is what the seller is measured by.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    shipment_id: Id
    carrier: Text | None = None
    tracking_number: Id | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkDelivered:
    """A shipment reached the buyer, at `at`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    shipment_id: Id
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmInvoice:
    """What an accepted order comes to is invoiced; nothing of that may change any more.

    Some of it must have left. Who confirms says `If-Match` of what they invoice.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    order_id: Id
    invoice_id: Id
    at: GivenMoment


Edit: TypeAlias = SplitOrder | ChangeQuantity | RemoveLine
Settling: TypeAlias = AcceptOrder | RejectOrder | ExpireOrder | CancelOrder
OnTheWay: TypeAlias = AddTracking | CorrectShipment | MarkDelivered
OrderCommand: TypeAlias = (
    PlaceOrder
    | OfBuyer
    | OpenPart
    | Edit
    | Settling
    | SaveShipment
    | OnTheWay
    | ConfirmInvoice
)
