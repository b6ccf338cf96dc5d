"""What happened to an order, read from its facts."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from contracts.orders import OrderEvent
from kit.eventstore.recorder import select_streams
from kit.eventstore.records import FactMapper
from services.orders.model import ORDER
from services.orders.model.telling import what, who

_MAPPER: Final = FactMapper(None)  # type: ignore[arg-type]  # facts encode themselves


def timeline(order_id: str, db: Connection) -> Sequence[dict[str, Any]]:
    """Return what happened to an order, oldest first; nothing, if it was never placed.

    Shape: per fact its event's id, version and type; `at`, when it happened, and
        `recorded_at`; `who`, as far as is known; `what`, and `from` and `to` if it shows.
    """
    entries, order = [], ORDER.initial
    for stored in select_streams({f"order-{order_id}": 0}, db):
        recorded = _MAPPER.to_domain_event(stored)
        fact: OrderEvent = recorded.fact  # type: ignore[assignment]  # the stream's own
        after = ORDER.evolve(order, fact)
        told = what(order, fact, after)
        entries.append(
            {
                "event_id": str(recorded.event_id),
                "version": recorded.version,
                "type": stored.topic,
                "at": fact.happened_at,
                "recorded_at": recorded.recorded_at,
                "who": recorded.meta.get("actor") or who(fact),
                "what": told.text,
                "from": told.before,
                "to": told.after,
            }
        )
        order = after
    return entries
