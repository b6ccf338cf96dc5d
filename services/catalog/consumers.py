"""Kafka in: what orders hold and what follows for stock; who sees what of whom."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from contracts import topics
from contracts.catalog import InventoryReceived, InventoryRestored
from kit.consumers.reactions import BatchReaction
from kit.consumers.records import Received
from kit.eventstore.streams import Streams
from kit.readmodels.models import ForeignReadModel
from services.catalog.adapters import (
    carry_out,
    forget_reserved,
    lock,
    products_of,
    reserved_for,
    sayings_of,
    waiting,
)
from services.catalog.policies import allocations, said_of_orders, stock_rules
from services.catalog.projections import access, demand, visibility


def allocate(batch: Sequence[Received], db: Connection, streams: Streams) -> None:
    """Set aside, pass on and take back what the facts of orders in `batch` ask for.

    Safe to repeat: Yes. What is set aside already is not set aside again.
    """
    orders = dict.fromkeys(
        said.order_id for received in batch for said in said_of_orders(received.fact)
    )
    if orders:
        products = frozenset(products_of(orders, db))
        stocked = lock(products, db)
        fresh = {received.envelope.id for received in batch}
        said, reserved = sayings_of(orders, db), reserved_for(orders, db)
        asked = [
            one
            for one in allocations(said, fresh, reserved, stock_rules())
            if (one.seller_id, one.product_id) in products
        ]
        carry_out(asked, stocked, db, streams)
        forget_reserved(orders, db)


def serve_who_waits(batch: Sequence[Received], db: Connection, streams: Streams) -> None:
    """Give what came in to orders that were accepted when there was too little."""
    came_in = {
        (fact.seller_id, fact.product_id): fact.happened_at
        for received in batch
        if isinstance(fact := received.fact, InventoryReceived | InventoryRestored)
    }
    if came_in:
        stocked = lock(came_in, db)
        carry_out(waiting(came_in, db), stocked, db, streams)


ORDERS: Final = ForeignReadModel(
    name="demand",
    tables=demand.metadata,
    handler=demand.project_order_sayings,
    topics=(topics.ORDERS,),
)
ACCESS: Final = ForeignReadModel(
    name="access",
    tables=access.metadata,
    handler=access.project_access,
    topics=(topics.BUYERS,),
)
VISIBILITY: Final = ForeignReadModel(
    name="visibility",
    tables=visibility.metadata,
    handler=visibility.project_visibility,
    topics=(topics.PERFORMANCE,),
)
REACTIONS: Final = (
    BatchReaction(name="allocate", topics=(topics.ORDERS,), react=allocate),
    BatchReaction(name="serve-who-waits", topics=(topics.CATALOG,), react=serve_who_waits),
)
