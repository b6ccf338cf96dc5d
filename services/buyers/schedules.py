"""By the clock: requests for access that nobody answered expire."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from kit.eventstore.streams import Streams
from kit.schedule import Due, Schedule
from services.buyers import queries
from services.buyers.commands import ExpireAccess
from services.buyers.handlers import to_request

BATCH: Final = 500


def expire_requests(at: datetime, streams: Streams, engine: Engine) -> int:
    """Expire what is over by `at`, and return how many that are.

    Requests of the past, told long after they were made, are left alone: what became of
    them may be told yet. One that can't be expired stops no other.

    Raises:
        SomeFailed: Some could not be.
    Safe to repeat: Yes, and late. One that is answered meanwhile stays answered: its
    stream refuses to expire.
    """
    due, place = Due(streams), None
    while True:
        with engine.connect() as db:
            over = queries.requests_over_by(at, place, BATCH, db)
        if not over:
            return due.count()
        due.submit(
            [
                to_request(
                    ExpireAccess(
                        request_id=row["request_id"], seller_id=row["seller_id"], at=at
                    )
                )
                for row in over
            ]
        )
        place = over[-1]["expires_at"], over[-1]["request_id"]


EXPIRY: Final = Schedule("expiry of access requests", timedelta(minutes=1), expire_requests)
