"""What goes over all sellers in one go: reviews of days, and looking at them again.

Asked by the clock or by an operator. Each may be done again, late, or twice at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert

from kit.eventstore.streams import Streams
from kit.schedule import Due
from services.performance.commands import StandingCommand
from services.performance.handlers import to_request
from services.performance.model.policy import Policy, policy_at
from services.performance.model.standing.findings import first_sight, found_of
from services.performance.model.standing.ladder import is_quiet
from services.performance.model.standing.refusals import DayNotBegun
from services.performance.model.standing.restating import fallen
from services.performance.model.standing.state import Standing
from services.performance.queries import Question, read_rows
from services.performance.queries.standing import (
    in_batches,
    is_reviewed,
    last_day,
    rows_of_sellers,
    sellers_with_late_facts,
    sellers_with_steps,
    states_of,
)
from services.performance.tables import review_days

BATCH: Final = 1_000
"""Sellers whose evidence is looked up, and whose facts are appended, together."""
ONE_DAY: Final = timedelta(days=1)
_NEW: Final = Standing()


@dataclass(frozen=True, slots=True)
class Platform:
    """What a run goes over: the sellers of a database, their streams, who asks, by what."""

    engine: Engine
    streams: Streams
    policies: Sequence[Policy]
    actor: str | None = None

    def submit(self, due: Due, commands: Sequence[StandingCommand]) -> None:
        """Ask `commands` of their sellers' streams."""
        due.submit([replace(to_request(one), actor=self.actor) for one in commands])


@dataclass(frozen=True, slots=True)
class DayReviewed:
    """What a review of a day found: how many sellers, how many facts that was."""

    day: date
    policy: str
    sellers: int
    recorded: int


def midnight(day: date) -> datetime:
    """Return the moment of a day's review: its beginning."""
    return datetime.combine(day, time(), UTC)


def days_due(engine: Engine, until: date) -> Sequence[date]:
    """Return the days to review, in order: all since the last one, or one that is missing.

    Before the first of all reviews, that is the day itself.
    """
    last = last_day(engine)
    if last is None or until <= last:
        return [] if is_reviewed(engine, until) else [until]
    return [last + n * ONE_DAY for n in range(1, (until - last).days + 1)]


def review_until(
    day: date, now: datetime, platform: Platform, known_at: datetime | None = None
) -> Iterator[DayReviewed]:
    """Review all sellers of each day that is due until `day`, and tell of each.

    Without `known_at`, each day is judged on what was known when it began: so a review
    that is late says what one in time had said.

    Raises:
        DayNotBegun: `day` has not begun.
        SomeFailed: Some sellers could not be reviewed; their day stays due.
    Safe to repeat: Yes; a seller's stream judges a day once.
    """
    if midnight(day) > now:
        raise DayNotBegun(day.isoformat())
    for due in days_due(platform.engine, day):
        yield review_day(due, platform, known_at or midnight(due))


def review_day(day: date, platform: Platform, known_at: datetime) -> DayReviewed:
    """Review all sellers of one day.

    First all are looked at in columns, which tells who has something to hear; of these
    the evidence is looked up, a batch at a time.
    """
    as_of, due = midnight(day), Due(platform.streams)
    policy = policy_at(as_of, platform.policies)
    restate(platform, known_at, due, sellers_with_steps(platform.engine))
    rows = read_rows(platform.engine, Question(policy, as_of, known_at), past=False)
    found = first_sight(*rows, policy, as_of, known_at)
    del rows
    stand, to_cure = states_of(platform.engine), policy.standing.time_to_cure
    loud = [
        seller_id
        for seller_id, seen in found.items()
        if not is_quiet(seen, stand.get(seller_id, _NEW), as_of, to_cure)
    ]
    for some in in_batches(loud, BATCH):
        theirs = rows_of_sellers(platform.engine, some, known_at)
        platform.submit(due, [*found_of(*theirs, policy, as_of, known_at)])
    recorded = due.count()
    _note(day, known_at, policy, len(found), platform.engine)
    return DayReviewed(day, policy.version, len(found), recorded)


def restate(
    platform: Platform, at: datetime, due: Due, of: Sequence[str] | None = None
) -> None:
    """Lift the steps that stand on nothing any more, by what is known at `at`.

    Shape: of the sellers `of`, or of those of whom facts were recorded since. The first
        finds more: a fact may have been recorded before a review, and have come after it.
    """
    policies = {policy.version: policy for policy in platform.policies}
    asked = sellers_with_late_facts(platform.engine, at) if of is None else of
    for some in in_batches(asked, BATCH):
        stand = states_of(platform.engine, some)
        rows = rows_of_sellers(platform.engine, some, at)
        lifts = [*fallen(stand, *rows, policies, at)]
        if lifts:
            platform.submit(due, lifts)


def _note(
    day: date, known_at: datetime, policy: Policy, sellers: int, engine: Engine
) -> None:
    row = {
        "day": day,
        "known_at": known_at,
        "policy": policy.version,
        "sellers": sellers,
    }
    with engine.begin() as db:
        db.execute(insert(review_days).values(row).on_conflict_do_nothing())
