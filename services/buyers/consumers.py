"""Kafka in: accepted orders say who became which customer."""

from collections.abc import Sequence
from typing import Final

from contracts import topics
from contracts.fact import Fact
from contracts.orders import OrderAccepted
from kit.consumers.reactions import Reaction
from kit.eventstore.requests import AnyRequest
from services.buyers.commands import FollowAcceptance
from services.buyers.handlers import to_request


def asks(fact: Fact) -> Sequence[AnyRequest]:
    """Return what follows from `fact`: whom an accepted order made which customer."""
    if not isinstance(fact, OrderAccepted) or fact.customer_link == "existing":
        return []
    return [
        to_request(
            FollowAcceptance(
                seller_id=fact.seller_id,
                customer_id=fact.customer_id,
                buyer_id=fact.buyer_id,
                customer_link=fact.customer_link,
                customer_name=fact.customer_name,
                at=fact.accepted_at,
            )
        )
    ]


ACCEPTED_ORDERS: Final = Reaction(
    name="accepted-orders", topics=(topics.ORDERS,), asks=asks
)
