"""What goes over all sellers in one go: reviews of days, and looking at them again.

Asked by the clock or by an operator. Each may be done again, late, or twice at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

import polars as pl
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from kit.eventstore.streams import Streams
from kit.schedule import Due
from kit.turns import InTurn, Turn, TurnLost, alone
from services.performance.commands import ReviewSeller, StandingCommand
from services.performance.handlers import STREAM, to_request
from services.performance.model.policy import Policy, policy_at
from services.performance.model.scorecard import sellers
from services.performance.model.standing.findings import first_sight, found_of, terms_of
from services.performance.model.standing.heard import heard_of
from services.performance.model.standing.ladder import FirstSight, is_quiet
from services.performance.model.standing.refusals import DayNotBegun, ReviewGoesOn
from services.performance.model.standing.restating import fallen
from services.performance.model.standing.state import Standing
from services.performance.queries import Question, Told, read_in_parts
from services.performance.queries.standing import (
    in_batches,
    is_reviewed,
    known_to_later_reviews,
    last_day,
    looked_at,
    rows_of_sellers,
    sellers_with_late_facts,
    sellers_with_steps,
    states_of,
)
from services.performance.tables import review_days

BATCH: Final = 1_000
"""Sellers whose evidence is looked up, and whose facts are appended, together."""
DAILY_REVIEWS: Final = "daily reviews"
"""Whose turn it is to review: the clock's, or that of who asks for it."""
PATIENCE_S: Final = 10.0
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


class Asked(NamedTuple):
    """What a review asks of all sellers."""

    policy: Policy
    as_of: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class DayReviewed:
    """What a review of a day found: how many sellers, how many facts that was.

    Shape: `passed_over` are sellers of whom the review of a later day knew: they are not
        judged of a day before it. `failed` are the streams of sellers who could not be
        reviewed, and why.
    """

    day: date
    policy: str
    sellers: int
    passed_over: int
    recorded: int
    failed: Mapping[str, str]


def midnight(day: date) -> datetime:
    """Return the moment of a day's review: its beginning."""
    return datetime.combine(day, time(), UTC)


@contextmanager
def its_turn(engine: Engine, streams: Streams) -> Iterator[Streams]:
    """Let reviews be done here and nowhere else; wait a moment if the clock is at it.

    Shape: what is submitted to the streams that it gives is recorded as long as it lasts.

    Raises:
        ReviewGoesOn: Another run goes on and on, or took over.
    """
    patiently = Retrying(
        retry=retry_if_exception_type(ReviewGoesOn),
        wait=wait_fixed(0.2),
        stop=stop_after_delay(PATIENCE_S),
        reraise=True,
    )
    with ExitStack() as held:

        def take() -> Turn:
            turn = held.enter_context(alone(engine, DAILY_REVIEWS))
            if turn is None:
                held.close()
                raise ReviewGoesOn
            return turn

        turn = patiently(take)
        try:
            yield InTurn(streams, turn)
        except TurnLost as lost:
            raise ReviewGoesOn from lost


def days_due(engine: Engine, until: date) -> Sequence[date]:
    """Return the days to review, in order: all since the last one, or one that is missing.

    Before the first of all reviews, and of a past told later than it was, such as an
    imported one, that is the day itself.
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
    Safe to repeat: Yes; a seller's stream judges a day once. `its_turn` keeps others off.
    """
    if midnight(day) > now:
        raise DayNotBegun(day.isoformat())
    for due in days_due(platform.engine, day):
        yield review_day(due, platform, known_at or midnight(due))


def review_day(day: date, platform: Platform, known_at: datetime) -> DayReviewed:
    """Review all sellers of one day.

    They are looked at in columns, some at a time, which tells who may have something to
    hear; of these alone the evidence is looked up. A seller who can't be reviewed is told
    of, holds up nobody, and is reviewed the next day. One who was looked at by the review
    of a later day is passed over: days are judged in order, but for a past told since.
    """
    as_of, due = midnight(day), Due(platform.streams)
    policy = policy_at(as_of, platform.policies)
    restate(platform, known_at, due, sellers_with_steps(platform.engine))
    asked, count, passed_over = Asked(policy, as_of, known_at), 0, 0
    later = known_to_later_reviews(platform.engine, day)
    for rows in read_in_parts(platform.engine, Question(*asked)):
        found = first_sight(rows[0], rows[1], *asked)
        judged = _not_passed(found, rows, as_of, later)
        del rows  # or they would stay while the next ones are read
        count += len(judged)
        passed_over += len(found) - len(judged)
        for some in in_batches(_loud(judged, platform.engine, policy, as_of), BATCH):
            platform.submit(due, _judged(some, platform.engine, asked, due))
    failed = dict(due.failed)
    done = DayReviewed(day, policy.version, count, passed_over, due.done, failed)
    _note(done, known_at, platform.engine)
    return done


def _not_passed(
    found: Mapping[str, FirstSight], rows: Told, as_of: datetime, later: datetime | None
) -> Mapping[str, FirstSight]:
    """Return what was found of sellers whom no review of a later day knew, by `later`."""
    if later is None:
        return found
    passed = {*sellers(*rows, as_of, later)["seller_id"]}
    return {name: each for name, each in found.items() if name not in passed}


def _judged(
    some: Sequence[str], engine: Engine, asked: Asked, due: Due
) -> Sequence[ReviewSeller]:
    """Return what is found of sellers, and what had come of their facts."""
    rows = rows_of_sellers(engine, some, asked.known_at)
    heard = heard_of(*rows)
    return [
        replace(one, heard=heard.get(one.seller_id, ()))
        for one in _found(some, rows.said, asked, due)
    ]


def _found(
    some: Sequence[str],
    rows: tuple[pl.DataFrame, pl.DataFrame],
    asked: Asked,
    due: Due,
) -> Sequence[ReviewSeller]:
    """Return what is found of sellers; where that fails, of each by itself."""
    try:
        return [*found_of(rows[0], rows[1], *asked)]
    except Exception as why:  # noqa: BLE001 - it is told of, and the others go on
        if len(some) == 1:
            due.fail(f"{STREAM}{some[0]}", why)
            return []
    found = list[ReviewSeller]()
    for one in some:
        sayings, listings = (rows[n].filter(pl.col("seller_id") == one) for n in (0, 1))
        found += _found([one], (sayings, listings), asked, due)
    return found


def _loud(
    found: Mapping[str, FirstSight], engine: Engine, policy: Policy, as_of: datetime
) -> Sequence[str]:
    """Return the sellers who may have something to hear."""
    stand, terms = states_of(engine, found), terms_of(policy)
    return [
        seller_id
        for seller_id, sight in found.items()
        if not is_quiet(sight, stand.get(seller_id, _NEW), as_of, terms)
    ]


def restate(
    platform: Platform, at: datetime, due: Due, of: Sequence[str] | None = None
) -> None:
    """Lift the steps that stand on nothing any more, by what is known at `at`.

    Shape: of the sellers `of`, or of those of whom facts came late since it was last done.
    Safe to repeat: Yes. What was looked at is noted once all that follows is recorded.
    """
    policies = {policy.version: policy for policy in platform.policies}
    late = sellers_with_late_facts(platform.engine, at) if of is None else {}
    for some in in_batches([*late] if of is None else of, BATCH):
        stand = states_of(platform.engine, some)
        sayings, listings, _ = rows_of_sellers(platform.engine, some, at)
        lifts = [*fallen(stand, sayings, listings, policies, at)]
        if lifts:
            platform.submit(due, lifts)
        done = {one for one in some if f"{STREAM}{one}" not in due.failed}
        looked_at({one: late[one] for one in done & late.keys()}, platform.engine)


def _note(done: DayReviewed, known_at: datetime, engine: Engine) -> None:
    row = {
        "day": done.day,
        "known_at": known_at,
        "policy": done.policy,
        "sellers": done.sellers,
    }
    with engine.begin() as db:
        db.execute(insert(review_days).values(row).on_conflict_do_nothing())
