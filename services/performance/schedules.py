"""By the clock: every day all sellers are reviewed, and steps are looked at again."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from time import monotonic
from typing import Final

from sqlalchemy import Engine

from kit.eventstore.streams import Streams
from kit.schedule import Due, Schedule
from services.performance.model.policy import Policy
from services.performance.runs import (
    DAILY_REVIEWS,
    Platform,
    restate,
    review_again,
    review_until,
)

ARRIVES: Final = timedelta(minutes=5)
"""How long after midnight what was recorded before it is surely here, on a good day."""

TRY_AGAIN: Final = timedelta(minutes=10)
"""How long a seller is let be who could not be reviewed again."""

MOST_DAYS: Final = 100
MOST_SELLERS: Final = 100_000
MOST_S: Final = 300.0
"""A turn takes so many days, or as many as have so many sellers together, and begins no
day after so many seconds: so that none lasts longer than a process may be at it."""


def review_sellers(
    policies: Sequence[Policy],
    at: datetime,
    streams: Streams,
    engine: Engine,
    clock: Callable[[], float] = monotonic,
) -> int:
    """Review all sellers of the days that are due by `at`; return how many facts came.

    Sellers who could not be reviewed are noted, and tried again every `TRY_AGAIN`: that is
    no trouble of this process, so it stays ready.

    Units: `clock` tells seconds.

    Safe to repeat: Yes, and late: each day that was missed is reviewed, in order; what is
        more than a turn takes goes on in the next.
    """
    done, sellers, begun = 0, 0, clock()
    platform = Platform(engine, streams, policies)
    again = review_again(platform, at, at - TRY_AGAIN)
    done += sum(one.recorded for one in again)
    days = review_until((at - ARRIVES).date(), at, platform)
    for one in islice(days, MOST_DAYS):
        done += one.recorded
        sellers += one.sellers
        if sellers >= MOST_SELLERS or clock() - begun >= MOST_S:
            break
    return done


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
        Schedule(DAILY_REVIEWS, timedelta(minutes=1), reviews),
        Schedule("restatement of steps", timedelta(minutes=10), restatement),
    ]
