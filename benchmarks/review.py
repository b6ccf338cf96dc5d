"""The daily review of 100,000 sellers: its time, and how much of it the database works.

One in twenty sellers is sloppy. The first day finds all of them, and writes what they have
to hear with its evidence. Ours is the second day, on which few have something new to hear;
beside it is the first. No ratio is asked for: the time of each day, the share of it in
which the database worked, and the facts that were recorded are told.
"""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Final

from sqlalchemy import Engine, text
from uuid_utils.compat import uuid7

from benchmarks.measure import Outcome, conclude, megabytes, peak_memory, say, shown
from benchmarks.sayings import AS_OF
from benchmarks.standing_rows import rows_of
from kit.eventstore.history import History
from kit.eventstore.streams import PostgresStreams
from services.performance.app import BLUEPRINT
from services.performance.model.policy import load_policies
from services.performance.runs import Platform, midnight, review_day

SELLERS: Final = 100_000
SLOPPY_EVERY: Final = 20

_ACTIVE: Final = """
SELECT active_time / 1000 FROM pg_stat_database WHERE datname = current_database()
"""


def review(sellers: int) -> Outcome:
    """Return how many sellers a second are reviewed on the second day, and on the first."""
    with rows_of(sellers, SLOPPY_EVERY) as engine:
        first, then = (_reviewed(engine, day) for day in range(2))
    ours, other = (sellers / each["s"] for each in (then, first))
    days = {"first_day": first, "second_day": then}
    told = {
        f"{day}_{name}": round(figure, 2)
        for day, found in days.items()
        for name, figure in found.items()
    }
    ratio = round(ours / other, 2)
    return Outcome("review", shown(ours), shown(other), ratio, None, told=told)


def _reviewed(engine: Engine, after: int) -> Mapping[str, float]:
    """Return what a review took: seconds, the database's share of them, facts recorded.

    Raises:
        SystemExit: Not all sellers could be reviewed.
    """
    streams = PostgresStreams(
        History(engine),
        BLUEPRINT.projections,
        uuid7,
        lambda: AS_OF + timedelta(days=after, minutes=5),
    )
    day = AS_OF.date() + timedelta(days=after)
    before, started = _active_s(engine), perf_counter()
    found = review_day(day, Platform(engine, streams, load_policies()), midnight(day))
    taken = perf_counter() - started
    share = (_active_s(engine) - before) / taken
    say(
        f"review: {found.sellers:,} sellers, {found.recorded:,} facts in {taken:.1f} s; "
        f"the database worked {share:.0%} of it; peak memory {megabytes(peak_memory())}"
    )
    if found.failed:
        raise SystemExit(f"review: {len(found.failed):,} sellers could not be reviewed")
    return {"s": taken, "in_database": share, "recorded": found.recorded}


def _active_s(engine: Engine) -> float:
    """Return how long statements ran so far, of sessions that have ended by now."""
    engine.dispose()
    with engine.connect() as db:
        return float(db.scalar(text(_ACTIVE)) or 0)


def main() -> None:
    """Review as many sellers as `--size` says."""
    parser = ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--size", type=int, default=SELLERS)
    asked, others = parser.parse_known_args()
    conclude(partial(review, asked.size), others)


if __name__ == "__main__":
    main()
