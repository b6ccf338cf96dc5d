"""The states of an order. Plain values, so that a snapshot may hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from contracts.orders import (
    Canceller,
    CustomerLink,
    EditReason,
    OrderLine,
    OrderPlaced,
    RejectReason,
)


@dataclass(frozen=True, slots=True)
class Missing:
    """No order was placed under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A part of the order that left.

    Shape: `content` is a digest of what was saved, to know the same words again.
    """

    content: str
    carrier: str
    tracking_number: str | None = None
    delivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What is known of every order that was placed.

    Units: `to_ship` are the units still to ship, by line id; 0 once a line has left.
        `ordered` are those of a line that it, or its root, was placed with; the others
        were added later: the first to be cut or split off, and the last to leave.
    Shape: `placed` is how it began, `lines` how they stand, by line id; `shipments` by
        shipment id, and `last_left_at` when the last of them left; `removed` says why lines
        went, `splits` how many units of which went to other orders, by their id. Once
        `invoice_id` is known, nothing may change.
    """

    placed: OrderPlaced
    lines: Mapping[str, OrderLine]
    to_ship: Mapping[str, int]
    ordered: Mapping[str, int]
    shipments: Mapping[str, Shipment] = field(default_factory=dict)
    last_left_at: datetime | None = None
    removed: Mapping[str, EditReason] = field(default_factory=dict)
    splits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    invoice_id: str | None = None

    @property
    def seller_id(self) -> str:
        """Whose order it is."""
        return self.placed.seller_id

    @property
    def buyer_id(self) -> str:
        """Who ordered."""
        return self.placed.buyer_id

    @property
    def clock_started_at(self) -> datetime:
        """When the time to decide it began."""
        return self.placed.clock_started_at

    @property
    def subtotal_cents(self) -> int:
        """What its goods are worth."""
        return sum(line.quantity * line.unit_price_cents for line in self.lines.values())

    @property
    def has_left(self) -> bool:
        """Whether nothing of it is left to ship."""
        return not any(self.to_ship.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Placed):
    """Waiting for its seller's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Placed):
    """The seller ships it, in one part or several."""

    customer_id: str
    customer_link: CustomerLink
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected(Placed):
    """The seller will not ship it; nothing may change it."""

    reason: RejectReason
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(Placed):
    """Nobody decided it in time; nothing may change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(Placed):
    """Called off. What had left before is still tracked and delivered."""

    by: Canceller
    reason: RejectReason


Order: TypeAlias = Missing | Open | Accepted | Rejected | Expired | Cancelled

STATES: Final = (Missing, Open, Accepted, Rejected, Expired, Cancelled)
