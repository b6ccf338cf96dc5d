"""The states of an order. Plain values, so that a snapshot may hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from contracts.orders import Canceller, CustomerLink, RejectReason


@dataclass(frozen=True, slots=True)
class Missing:
    """No order was placed under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A part of the order that left.

    Shape: `content` is a digest of what was saved, to know the same words again.
    """

    content: str
    tracking_number: str | None = None
    delivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What is known of every order that was placed.

    Units: `to_ship` are the units still to ship, by line id; 0 once a line has left.
    Shape: `content` as in `Shipment`; `shipments` by shipment id.
    """

    seller_id: str
    buyer_id: str
    content: str
    clock_started_at: datetime
    to_ship: Mapping[str, int]
    shipments: Mapping[str, Shipment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Placed):
    """Waiting for its seller's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Placed):
    """The seller ships it, in one part or several."""

    customer_id: str
    customer_link: CustomerLink


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
