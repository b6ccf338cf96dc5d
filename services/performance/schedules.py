"""By the clock: every day all sellers are reviewed, and steps are looked at again."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from kit.eventstore.streams import Streams
from kit.schedule import Due, Schedule
from services.performance.runs import Platform, restate, review_until

ARRIVES: Final = timedelta(minutes=5)
"""How long after midnight what was recorded before it is surely here, on a good day."""


def review_sellers(at: datetime, streams: Streams, engine: Engine) -> int:
    """Review all sellers of each day that has begun by `at`; return how many facts came.

    Raises:
        SomeFailed: Some sellers could not be.
    Safe to repeat: Yes, and late: each day that was missed is reviewed, in order.
    """
    day = (at - ARRIVES).date()
    done = review_until(day, at, Platform(engine, streams))
    return sum(one.recorded for one in done)


def restate_steps(at: datetime, streams: Streams, engine: Engine) -> int:
    """Lift the steps that stand on nothing any more; return how many.

    Raises:
        SomeFailed: Some could not be.
    Safe to repeat: Yes. What is lifted is not lifted again.
    """
    due = Due(streams)
    restate(Platform(engine, streams), at, due)
    return due.count()


REVIEWS: Final = Schedule("daily reviews", timedelta(minutes=1), review_sellers)
RESTATEMENT: Final = Schedule("restatement of steps", timedelta(minutes=10), restate_steps)
