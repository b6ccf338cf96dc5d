"""Why a command on an order is refused: each names the field and the remedy."""

from collections.abc import Mapping, Sequence, Set as AbstractSet
from datetime import datetime
from typing import Any, Final

from contracts.fact import MAX_CENTS
from kit.addresses import REMEDY
from kit.domain import Refused, Taken, Unknown


class OrderUnknown(Unknown):
    code = "order-unknown"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"order_id: there is no order {order_id!r}; place it first")


class OrderExists(Taken):
    code = "order-exists"

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"order_id: {order_id!r} was placed with other content; "
            "place this one under an id of its own"
        )


class OrderIsOpen(Refused):
    code = "order-open"

    def __init__(self, order_id: str, remedy: str) -> None:
        super().__init__(f"order_id: {order_id!r} is not accepted; {remedy}")


class OrderIsAccepted(Refused):
    code = "order-accepted"

    def __init__(
        self, order_id: str, customer_id: str, customer_link: str, remedy: str
    ) -> None:
        super().__init__(
            f"order_id: {order_id!r} is accepted, for customer {customer_id!r} "
            f"({customer_link}); {remedy}"
        )


class OrderIsRejected(Refused):
    code = "order-rejected"

    def __init__(self, order_id: str, reason: str, note: str | None) -> None:
        why = reason if note is None else f"{reason}, {note!r}"
        super().__init__(f"order_id: {order_id!r} is rejected ({why}); have it placed anew")


class OrderIsExpired(Refused):
    code = "order-expired"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"order_id: {order_id!r} is expired; have it placed anew")


class OrderIsCancelled(Refused):
    code = "order-cancelled"

    def __init__(self, order_id: str, by: str, reason: str) -> None:
        super().__init__(
            f"order_id: {order_id!r} is cancelled by the {by} ({reason}); "
            "have it placed anew"
        )


class OrderIsShipped(Refused):
    code = "order-shipped"

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"order_id: all of {order_id!r} has left; have the goods returned instead"
        )


class OrderIsInvoiced(Refused):
    code = "order-invoiced"

    def __init__(self, order_id: str, invoice_id: str) -> None:
        super().__init__(
            f"order_id: the invoice {invoice_id!r} of {order_id!r} is confirmed; "
            "have it refunded instead"
        )


class TooLittleStock(Refused):
    """Who keeps the stock said so, in these words."""

    code = "insufficient-stock"

    def __init__(self, why: str, short: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(why)
        self.short = short

    @property
    def more(self) -> Mapping[str, Any]:
        """Of which products there is too little: what more is needed, what is there."""
        return {"short": list(self.short)}


class NothingShipped(Refused):
    code = "nothing-shipped"

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"order_id: nothing of {order_id!r} has left; save a shipment first"
        )


class OrderNotDue(Refused):
    code = "order-not-due"

    def __init__(self, order_id: str, expires_at: datetime | None) -> None:
        if expires_at is None:
            remedy = "may be decided for ever; accept, reject or cancel it"
        else:
            remedy = f"may be decided until {expires_at.isoformat()}; expire it then"
        super().__init__(f"at: {order_id!r} {remedy}")


class CurrencyNotTraded(Refused):
    code = "currency-not-traded"

    def __init__(self, currency: str, traded: AbstractSet[str]) -> None:
        super().__init__(
            f"currency: {currency!r} is not traded here; use {' or '.join(sorted(traded))}"
        )


class SellerSuspended(Refused):
    code = "seller-suspended"

    def __init__(self, seller_id: str) -> None:
        super().__init__(
            f"seller_id: {seller_id!r} is suspended, and takes no orders until reinstated; "
            "order of another seller"
        )


class NewBuyersLimited(Refused):
    code = "new-buyers-limited"

    def __init__(self, buyer_id: str, seller_id: str) -> None:
        super().__init__(
            f"buyer_id: {seller_id!r} takes orders of known customers only, for now, and "
            f"{buyer_id!r} is none; order of another seller"
        )


class AccessNeeded(Refused):
    code = "access-needed"

    def __init__(self, buyer_id: str, seller_id: str, access: str | None) -> None:
        super().__init__(
            f"buyer_id: seller {seller_id!r} takes orders of approved buyers only; "
            f"{buyer_id!r} {_STANDS[access]}"
        )
        self.access = access

    @property
    def more(self) -> Mapping[str, Any]:
        """How the buyer's newest request stands; null if they made none."""
        return {"access": self.access}


_ASK: Final = "; request access and order once it is approved"
_STANDS: Final[Mapping[str | None, str]] = {
    None: f"has not requested access{_ASK}",
    "requested": "waits for an answer; order once access is approved",
    "declined": "was declined; ask the seller",
    "withdrawn": f"withdrew the request{_ASK}",
    "expired": f"had no answer in time{_ASK}",
}


class CustomerNeeded(Refused):
    code = "customer-needed"

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"customer_link: the buyer of {order_id!r} is no customer we have heard of; "
            "create a customer, or associate the buyer with one; if that was done just "
            "now, ask again, or associate: it changes nothing"
        )

    @property
    def more(self) -> Mapping[str, Any]:
        """The two ways to go on: what to say in the same request."""
        ways = {"create": "created", "associate": "associated"}
        return {
            "choices": [
                {
                    "choice": choice,
                    "customer_link": link,
                    "needs": ["customer_id"],
                    "takes": ["customer_name"] if link == "created" else [],
                }
                for choice, link in ways.items()
            ]
        }


class NameOfNobodyNew(Refused):
    code = "customer-name-unused"

    def __init__(self) -> None:
        super().__init__(
            "customer_name: only a customer who is created gets a name; leave it out, or "
            "say customer_link created"
        )


class BuyerIsCustomer(Refused):
    code = "buyer-is-customer"

    def __init__(self, known: str, said: str) -> None:
        super().__init__(
            f"customer_id: the buyer is customer {known!r}; leave {said!r} out, or "
            "associate the buyer with it"
        )


class CustomerUnknown(Refused):
    """Perhaps there is one, and nobody told us yet."""

    code = "customer-unknown"

    def __init__(self, customer_id: str) -> None:
        super().__init__(
            f"customer_id: no customer {customer_id!r} is heard of; create them, here by "
            "customer_link created, or check the id; if they were created a moment ago, "
            "ask again"
        )

    @property
    def more(self) -> Mapping[str, Any]:
        """After how many seconds to ask again, if they were created a moment ago."""
        return {"retry_after": 1}


class CustomerExists(Refused):
    code = "customer-exists"

    def __init__(self, customer_id: str) -> None:
        super().__init__(
            f"customer_id: there is a customer {customer_id!r}, who is not this buyer; "
            "associate the buyer with them, or create a customer under an id of its own"
        )


class ShipByOver(Refused):
    code = "ship-by-over"

    def __init__(self, ship_by: datetime, placed_at: datetime) -> None:
        super().__init__(
            f"ship_by: {ship_by.isoformat()} is over, it is {placed_at.isoformat()}; give "
            "a later moment"
        )


class ShippedAtImpossible(Refused):
    code = "shipped-at-impossible"

    def __init__(self, since: datetime, until: datetime) -> None:
        super().__init__(
            f"shipped_at: give a moment from {since.isoformat()}, when it was ordered, to "
            f"{until.isoformat()}"
        )


class IdNotForPaths(Refused):
    code = "id-not-for-paths"

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{field}: {value!r} {REMEDY}")


class ReasonNotTheirs(Refused):
    code = "reason-not-theirs"

    def __init__(self, reason: str, theirs: AbstractSet[str]) -> None:
        super().__init__(
            f"reason: {reason!r} is no buyer's to say; use {' or '.join(sorted(theirs))}"
        )


class NoLines(Refused):
    code = "no-lines"

    def __init__(self) -> None:
        super().__init__("lines: there is none; name at least one")


class LineRepeated(Refused):
    code = "line-repeated"

    def __init__(self, line_id: str) -> None:
        super().__init__(
            f"lines: line_id {line_id!r} comes more than once; name each line once"
        )


class LastLine(Refused):
    code = "last-line"

    def __init__(self, remedy: str) -> None:
        super().__init__(
            f"line_id: the last line of an order cannot go; {remedy} the order instead"
        )


class NothingStays(Refused):
    code = "nothing-stays"

    def __init__(self) -> None:
        super().__init__("lines: all of the order would go; leave at least one unit")


class UnitsHaveLeft(Refused):
    code = "units-have-left"

    def __init__(self, line_id: str, left: int, field: str = "quantity") -> None:
        super().__init__(
            f"{field}: {left} of line {line_id!r} have left; keep {left} at least"
        )


class TotalTooLarge(Refused):
    code = "total-too-large"

    def __init__(self, total_cents: int, field: str = "lines") -> None:
        super().__init__(
            f"{field}: the total of {total_cents} cents would be above {MAX_CENTS}; have "
            "the rest ordered by itself"
        )


class LineUnknown(Refused):
    code = "line-unknown"

    def __init__(self, line_id: str, field: str = "lines") -> None:
        super().__init__(
            f"{field}: the order has no line {line_id!r}; use a line_id of the order"
        )


class TooManyUnits(Refused):
    code = "too-many-units"

    def __init__(self, line_id: str, quantity: int, left: int) -> None:
        super().__init__(
            f"lines: quantity {quantity} of line {line_id!r} is too much; "
            f"{left} are left to ship"
        )


class ShipmentExists(Refused):
    code = "shipment-exists"

    def __init__(self, shipment_id: str) -> None:
        super().__init__(
            f"shipment_id: {shipment_id!r} was saved with other content; "
            "save this one under an id of its own"
        )


class ShipmentUnknown(Refused):
    code = "shipment-unknown"

    def __init__(self, shipment_id: str) -> None:
        super().__init__(
            f"shipment_id: the order has no shipment {shipment_id!r}; save it first"
        )


class TrackingExists(Refused):
    code = "tracking-exists"

    def __init__(self, shipment_id: str, tracking_number: str) -> None:
        super().__init__(
            f"tracking_number: shipment {shipment_id!r} has {tracking_number!r} already; "
            "correct the shipment instead"
        )


class TrackingMalformed(Refused):
    code = "tracking-malformed"

    def __init__(self, carrier: str, tracking_number: str, example: str) -> None:
        super().__init__(
            f"tracking_number: {tracking_number!r} is none of {carrier}'s, which are like "
            f"{example!r}; look at its digits, or name another carrier"
        )
