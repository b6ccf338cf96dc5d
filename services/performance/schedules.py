"""By the clock: every day all sellers are reviewed, and steps are looked at again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Engine

from kit.eventstore.streams import Streams
from kit.schedule import Due, Schedule
from services.performance.model.policy import Policy
from services.performance.runs import Platform, restate, review_until

ARRIVES: Final = timedelta(minutes=5)
"""How long after midnight what was recorded before it is surely here, on a good day."""


def review_sellers(
    policies: Sequence[Policy], at: datetime, streams: Streams, engine: Engine
) -> int:
    """Review all sellers of each day that has begun by `at`; return how many facts came.

    Raises:
        SomeFailed: Some sellers could not be.
    Safe to repeat: Yes, and late: each day that was missed is reviewed, in order.
    """
    day = (at - ARRIVES).date()
    done = review_until(day, at, Platform(engine, streams, policies))
    return sum(one.recorded for one in done)


def restate_steps(
    policies: Sequence[Policy], at: datetime, streams: Streams, engine: Engine
) -> int:
    """Lift the steps that stand on nothing any more; return how many.

    Raises:
        SomeFailed: Some could not be.
    Safe to repeat: Yes. What is lifted is not lifted again.
    """
    due = Due(streams)
    restate(Platform(engine, streams, policies), at, due)
    return due.count()


def schedules_by(policies: Sequence[Policy]) -> Sequence[Schedule]:
    """Return what is done by the clock, judging by `policies`."""
    reviews, restatement = (
        partial(review_sellers, policies),
        partial(restate_steps, policies),
    )
    return [
        Schedule("daily reviews", timedelta(minutes=1), reviews),
        Schedule("restatement of steps", timedelta(minutes=10), restatement),
    ]
