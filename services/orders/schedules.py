"""By the clock: orders that nobody decided expire."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from kit.eventstore.streams import Streams
from kit.schedule import Schedule
from services.orders import queries
from services.orders.commands import ExpireOrder
from services.orders.handlers import to_request

BATCH: Final = 500


def expire_orders(at: datetime, streams: Streams, engine: Engine) -> int:
    """Expire what is over by `at`, and return how many orders that are.

    Orders of the past, told long after they were placed, are left alone: what became of
    them may be told yet.

    Safe to repeat: Yes, and late. One that is decided meanwhile stays so: its stream
    refuses to expire.
    """
    expired, place = 0, None
    while True:
        with engine.connect() as db:
            over = queries.undecided_by(at, place, BATCH, db)
        if not over:
            return expired
        commands = [ExpireOrder(order_id=order_id, at=at) for _, order_id in over]
        answers = streams.submit([to_request(command) for command in commands])
        expired += sum(answer.recorded for answer in answers)
        place = over[-1]


EXPIRY: Final = Schedule("expiry of orders", timedelta(minutes=1), expire_orders)
