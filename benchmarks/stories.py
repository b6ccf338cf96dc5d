"""A whole market's history, as published: orders, what is listed, and what buyers ask.

Story after story: an order from its placing on, as most go or as some go wrong, with the
stock that it takes, and now and then a listing, a question, or a request for access. The
facts are made once for each kind of story; its many stories differ in ids and moments.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from benchmarks.facts import TITLE, TRACE, mugs
from contracts.buyers import BuyerAccessApproved, BuyerAccessRequested, MessageSent
from contracts.catalog import (
    InventoryCounted,
    InventoryDeducted,
    InventoryReceived,
    ProductChanged,
    ProductListed,
)
from contracts.fact import Fact
from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderLine,
    OrderLineQuantityChanged,
    OrderPlaced,
    OrderRejected,
    ShipmentDelivered,
    ShipmentSaved,
    ShippedLine,
    TrackingAdded,
)
from contracts.registry import NAMES, encode
from kit.relay.outbox import Outgoing

SELLERS: Final = 2_000
SOURCES: Final = ("orders", "catalog", "buyers")
FIRST: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
KINDS: Final = 40
"""How many kinds of story there are: after so many, they begin anew."""

_NO, _NEVER, _OFF, _LATE, _BARE, _CUT = range(6)
"""What becomes of an order, of one in twenty each: rejected, expired, cancelled, accepted
late, sent without a number, short of stock. All others go well."""
_FATES: Final = 20
_LISTS, _COUNTS, _ASKS, _CALLS = (10, 0), (5, 1), (4, 2), (8, 7)
"""Of how many stories one has it, and which: a listing, a count, a question, a request."""

_HOUR: Final = timedelta(hours=1)
_UNKNOWN: Final = UUID(int=0)
_BETWEEN: Final = timedelta(seconds=20)
_SELLER, _ORDER, _PRODUCT, _BUYER = "A-SELLER", "AN-ORDER", "A-PRODUCT", "A-BUYER"
_MOMENT: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z")
_LISTING: Final[Mapping[str, Any]] = {
    "seller_id": _SELLER,
    "product_id": _PRODUCT,
    "title": TITLE,
    "description_chars": 240,
    "weight_g": 410,
    "length_mm": 120,
    "width_mm": 90,
}


class Part(NamedTuple):
    """A fact of a kind of story, with names where its ids and moments go."""

    source: str
    type: str
    stream: str
    version: int
    after: timedelta
    data: bytes
    moments: Mapping[bytes, timedelta]


def published(count: int) -> Iterator[tuple[str, Outgoing]]:
    """Yield `count` facts and whose each is, in the order in which they are published."""
    places = dict.fromkeys(SOURCES, 0)
    event_id = uuid7().int
    for number in range(count):
        for part, fact in _told(number):
            if not count:
                return
            count, event_id = count - 1, event_id + 1
            places[part.source] += 1
            id_ = UUID(int=event_id)
            yield part.source, fact._replace(pos=places[part.source], event_id=id_)


def _told(number: int) -> Iterator[tuple[Part, Outgoing]]:
    """Yield the facts of one story, without their places and ids."""
    began = FIRST + number * _BETWEEN
    names = {
        _SELLER: f"seller-{number % SELLERS:06}",
        _ORDER: f"0198c2d4-7e11-7a40-9c55-{number:012x}",
        _PRODUCT: f"product-{number % (SELLERS * KINDS):06}",
        _BUYER: f"buyer-{number % 7_919}",
    }
    told = {name.encode(): value.encode() for name, value in names.items()}
    for part in _story(number % KINDS):
        moments = {name: _iso(began + after) for name, after in part.moments.items()}
        at = began + part.after
        yield (
            part,
            Outgoing(
                pos=0,
                event_id=_UNKNOWN,
                type=part.type,
                stream_id=part.stream % names,
                version=part.version,
                partition_key=names[_SELLER],
                data=part.data % {**told, **moments},
                occurred_at=at,
                recorded_at=at + timedelta(seconds=1),
                meta=TRACE,
            ),
        )


def _iso(at: datetime) -> bytes:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()


@cache
def _story(kind: int) -> Sequence[Part]:
    facts = sorted(_facts(kind), key=lambda fact: fact.happened_at)
    versions = dict[str, int]()
    parts = []
    for fact in facts:
        source, _, _ = NAMES[type(fact)].partition(".")
        about = {"orders": _ORDER, "catalog": _PRODUCT, "buyers": _BUYER}[source]
        versions[source] = versions.get(source, 0) + 1
        name, data = encode(fact)
        moments = dict[bytes, timedelta]()
        for text in {*_MOMENT.findall(data)}:
            place = b"moment-%d" % len(moments)
            moments[place] = datetime.fromisoformat(text.decode()) - FIRST
            data = data.replace(text, b"%%(%s)b" % place)
        for each in (_SELLER, _ORDER, _PRODUCT, _BUYER):
            data = data.replace(each.encode(), f"%({each})b".encode())
        stream = f"{source}-%({about})s"
        after = fact.happened_at - FIRST
        parts.append(Part(source, name, stream, versions[source], after, data, moments))
    return parts


def _facts(kind: int) -> Iterator[Fact]:
    lines = tuple(mugs(f"{_ORDER}-{n}", _PRODUCT) for n in range(1 + kind % 2))
    yield OrderPlaced(
        seller_id=_SELLER,
        order_id=_ORDER,
        buyer_id=_BUYER,
        lines=lines,
        shipping_cents=990,
        currency="USD",
        payment_method="card",
        ship_to_country="US",
        placed_at=FIRST,
        ship_by=FIRST + 96 * _HOUR,
        clock_started_at=FIRST,
    )
    yield from _decided(kind, lines)
    yield from _beside(kind)


def _decided(kind: int, lines: Sequence[OrderLine]) -> Iterator[Fact]:
    whose: Mapping[str, Any] = {"seller_id": _SELLER, "order_id": _ORDER}
    fate = kind % _FATES
    late = (72 if fate == _LATE else 0) * _HOUR
    no, gone = FIRST + 5 * _HOUR, FIRST + 120 * _HOUR
    yes = {"buyer_id": _BUYER, "customer_id": _BUYER, "customer_link": "existing"}
    cut = {"line_id": lines[0].line_id, "old_quantity": 2, "quantity": 1}
    if fate == _NO:
        yield OrderRejected(**whose, reason="out_of_stock", rejected_at=no)
        return
    if fate == _NEVER:
        yield OrderExpired(**whose, expired_at=gone)
        return
    yield OrderAccepted(**{**whose, **yes}, accepted_at=FIRST + 3 * _HOUR + late)
    if fate == _OFF:
        yield OrderCancelled(**whose, by="buyer", reason="buyer_request", cancelled_at=gone)
        return
    if fate == _CUT:
        short = {**whose, **cut, "reason": "out_of_stock"}
        yield OrderLineQuantityChanged(**short, changed_at=no)
    yield from _shipped(lines, late, numbered=fate != _BARE)


def _shipped(
    lines: Sequence[OrderLine], late: timedelta, *, numbered: bool
) -> Iterator[Fact]:
    whose: Mapping[str, Any] = {"seller_id": _SELLER, "order_id": _ORDER}
    parcel = f"{_ORDER}-1"
    left = FIRST + 50 * _HOUR + late
    yield InventoryDeducted(
        seller_id=_SELLER,
        product_id=_PRODUCT,
        units=2 * len(lines),
        reason="sold",
        ref=_ORDER,
        deducted_at=left,
    )
    yield ShipmentSaved(
        **whose,
        shipment_id=parcel,
        lines=tuple(ShippedLine(line_id=line.line_id, quantity=2) for line in lines),
        carrier="UPS",
        tracking_number="1Z9999999999999999" if numbered else None,
        shipped_by="seller",
        shipped_at=left,
        saved_at=left + _HOUR,
        completes_order=True,
    )
    if not numbered:
        yield TrackingAdded(
            **whose,
            shipment_id=parcel,
            tracking_number="1Z9999999999999999",
            added_at=left + 9 * _HOUR,
        )
    yield ShipmentDelivered(**whose, shipment_id=parcel, delivered_at=left + 70 * _HOUR)


def _beside(kind: int) -> Iterator[Fact]:
    product: dict[str, Any] = {"seller_id": _SELLER, "product_id": _PRODUCT}
    buyer: dict[str, Any] = {"seller_id": _SELLER, "buyer_id": _BUYER}
    if _has(kind, _LISTS):
        yield ProductListed(**_LISTING, image_count=1, listed_at=FIRST - 48 * _HOUR)
        yield ProductChanged(**_LISTING, image_count=3, changed_at=FIRST - 24 * _HOUR)
        yield InventoryReceived(
            **product,
            lot_id=f"{_PRODUCT}-1",
            units=500,
            manufactured_on=date(2025, 12, 1),
            received_at=FIRST - 30 * _HOUR,
        )
    if _has(kind, _COUNTS):
        yield InventoryCounted(**product, units=480, counted_at=FIRST + 60 * _HOUR)
    if _has(kind, _ASKS):
        message: dict[str, Any] = {**buyer, "conversation_id": _ORDER, "order_id": _ORDER}
        asked = f"{_ORDER}-asked"
        yield MessageSent(**message, message_id=asked, sender="buyer", sent_at=FIRST)
        yield MessageSent(
            **message,
            message_id=f"{_ORDER}-answered",
            sender="seller",
            answers=asked,
            sent_at=FIRST + 6 * _HOUR,
        )
    if _has(kind, _CALLS):
        request: dict[str, Any] = {**buyer, "request_id": f"{_ORDER}-access"}
        yield BuyerAccessRequested(**request, requested_at=FIRST - 20 * _HOUR)
        yield BuyerAccessApproved(**request, approved_at=FIRST - 2 * _HOUR)


def _has(kind: int, share: tuple[int, int]) -> bool:
    return kind % share[0] == share[1]
