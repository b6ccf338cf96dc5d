"""Stored facts of orders, as many of a stream as a test of the store wants."""

from dataclasses import replace
from datetime import datetime, timedelta

from eventsourcing.persistence import JSONTranscoder
from uuid_utils.compat import uuid7

from kit.eventstore.records import FactMapper, Recorded, StoredFact
from tests.samples import ACCEPTED, FRIDAY

_MAPPER = FactMapper(JSONTranscoder())
_META = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


def a_fact(
    stream: str = "order-1",
    version: int = 1,
    *,
    seller: str = "s-1",
    at: datetime = FRIDAY,
) -> StoredFact:
    """One fact of `stream`; what it says does not matter, but differs from the others'."""
    fact = ACCEPTED.model_copy(
        update={"seller_id": seller, "order_id": f"{stream}/{version}", "accepted_at": at}
    )
    recorded_at = at + timedelta(minutes=3, microseconds=version)
    event_id = uuid7()
    recorded = Recorded(stream, version, event_id, fact, recorded_at, _META)
    return _MAPPER.to_stored_event(recorded)


def facts_of(stream: str, count: int, *, after: int = 0) -> list[StoredFact]:
    """The next `count` facts of `stream`."""
    seller = f"s-{stream.rpartition('-')[2]}"
    first = after + 1
    return [a_fact(stream, v, seller=seller) for v in range(first, first + count)]


def of_size(fact: StoredFact, size: int) -> StoredFact:
    """`fact`, but its data is JSON of `size` bytes."""
    return replace(fact, state=b'{"note":"' + b"x" * (size - 11) + b'"}')
