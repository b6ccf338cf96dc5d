"""By the clock: orders that nobody decided expire."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from kit.eventstore.streams import Streams
from kit.schedule import Due, Schedule
from services.orders import queries
from services.orders.commands import ExpireOrder
from services.orders.handlers import to_request

BATCH: Final = 500


def expire_orders(at: datetime, streams: Streams, engine: Engine) -> int:
    """Expire what is over by `at`, and return how many orders that are.

    Orders of the past, told long after they were placed, are left alone: what became of
    them may be told yet. One that can't be expired stops no other.

    Raises:
        SomeFailed: Some could not be.
    Safe to repeat: Yes, and late. One that is decided meanwhile stays so: its stream
    refuses to expire.
    """
    due, place = Due(streams), None
    while True:
        with engine.connect() as db:
            over = queries.undecided_by(at, place, BATCH, db)
        if not over:
            return due.count()
        commands = [ExpireOrder(order_id=order_id, at=at) for _, order_id in over]
        due.submit([to_request(command) for command in commands])
        place = over[-1]


EXPIRY: Final = Schedule("expiry of orders", timedelta(minutes=1), expire_orders)
