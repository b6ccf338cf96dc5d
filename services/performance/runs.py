"""What goes over all sellers in one go: reviews of days, and looking at them again.

Asked by the clock or by an operator. Each may be done again, late, or twice at once.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final, NamedTuple, TypeVar

import polars as pl
from sqlalchemy import Engine
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from kit.eventstore.streams import Streams
from kit.schedule import Due
from kit.turns import InTurn, Turn, TurnLost, alone
from services.performance.adapters.reviews import Day, note_again, note_day
from services.performance.commands import LiftStep, ReviewSeller, StandingCommand
from services.performance.handlers import STREAM, to_request
from services.performance.model.policy import Policy, policy_at
from services.performance.model.scorecard import by_policies, sellers
from services.performance.model.shadows import Move, moves_of, shadows_at
from services.performance.model.standing.findings import first_sight, found_of, terms_of
from services.performance.model.standing.heard import heard_of
from services.performance.model.standing.ladder import is_quiet
from services.performance.model.standing.refusals import DayNotBegun, ReviewGoesOn
from services.performance.model.standing.restating import fallen
from services.performance.model.standing.state import Standing
from services.performance.queries import Question, Told, read_in_parts
from services.performance.queries.reviews import (
    is_reviewed,
    known_to_later_reviews,
    last_day,
    to_try_again,
)
from services.performance.queries.standing import (
    RowsOfSellers,
    in_batches,
    looked_at,
    rows_of_sellers,
    sellers_with_late_facts,
    sellers_with_steps,
    states_of,
)

BATCH: Final = 1_000
"""Sellers whose evidence is looked up, and whose facts are appended, together."""
DAILY_REVIEWS: Final = "daily reviews"
"""Whose turn it is to review: the clock's, or that of who asks for it."""
PATIENCE_S: Final = 10.0
ONE_DAY: Final = timedelta(days=1)
_NEW: Final = Standing()

Found = TypeVar("Found")


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
        reviewed, and why: they are tried again.
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


def require_begun(day: date, now: datetime) -> None:
    """Let pass a day that can be reviewed.

    Raises:
        DayNotBegun: It has not begun.
    """
    if midnight(day) > now:
        raise DayNotBegun(day.isoformat())


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
    require_begun(day, now)
    for due in days_due(platform.engine, day):
        yield review_day(due, platform, known_at or midnight(due))


def review_day(day: date, platform: Platform, known_at: datetime) -> DayReviewed:
    """Review all sellers of one day.

    They are looked at in columns, some at a time, which tells who may have something to
    hear; of these alone the evidence is looked up. A seller who can't be reviewed is told
    of, holds up nobody, and is tried again (`review_again`). One who was looked at by the
    review of a later day is passed over: days are judged in order, but for a past told
    since. Shadows judge the same rows, beside; nobody hears of what they find.
    """
    as_of, due = midnight(day), Due(platform.streams)
    policy = policy_at(as_of, platform.policies)
    by = [policy, *shadows_at(as_of, platform.policies)]
    restate(platform, known_at, due, sellers_with_steps(platform.engine))
    asked, count, passed_over = Asked(policy, as_of, known_at), 0, 0
    later, moves = known_to_later_reviews(platform.engine, day), Counter[Move]()
    for rows in read_in_parts(platform.engine, _question(by, asked)):
        cards = by_policies(*rows, by, as_of, known_at)
        who, passed = _not_passed(rows, asked, later)
        del rows  # or they would stay while the next ones are read
        if len(by) > 1:
            moves += moves_of(cards, who, by)
        count += who.height
        passed_over += len(passed)
        for some in in_batches(_loud(cards[0], who, asked, platform.engine), BATCH):
            platform.submit(due, _judged(some, platform.engine, asked, due))
    failed = _by_seller(due.failed)
    noted = Day(day, known_at, policy.version)
    note_day(noted, count, moves, failed, platform.engine)
    found = dict(due.failed)
    return DayReviewed(day, policy.version, count, passed_over, due.done, found)


def review_again(
    platform: Platform, now: datetime, not_since: datetime
) -> Iterator[DayReviewed]:
    """Try again, day by day, those who could not be reviewed and were not tried since then.

    Each is judged as in the run that failed: by the policy of its day, on what was known
    to it. One whom the review of a later day knew by now is passed over.

    Safe to repeat: Yes; a seller's stream judges a day once. `its_turn` keeps others off.
    """
    for one in to_try_again(platform.engine, not_since):
        as_of, due = midnight(one.day), Due(platform.streams)
        policy = policy_at(as_of, platform.policies)
        asked, passed = Asked(policy, as_of, one.known_at), set[str]()
        later = known_to_later_reviews(platform.engine, one.day)
        for some in in_batches(one.sellers, BATCH):
            rows = rows_of_sellers(platform.engine, some, one.known_at).said
            passed |= {*_not_passed(rows, asked, later)[1]}
            rest = [name for name in some if name not in passed]
            restate(platform, one.known_at, due, rest)
            if rest:
                platform.submit(due, _judged(rest, platform.engine, asked, due))
        failed = _by_seller(due.failed)
        done = {*one.sellers} - passed - failed.keys()
        note_again(one.day, done, passed, failed, now, platform.engine)
        seen, found = len(done) + len(failed), dict(due.failed)
        yield DayReviewed(one.day, policy.version, seen, len(passed), due.done, found)


def _question(by: Sequence[Policy], asked: Asked) -> Question:
    """Return what reads all rows that any of the policies `by` needs."""
    widest = max(by, key=lambda policy: policy.confirmed_within)
    return Question(widest, asked.as_of, asked.known_at)


def _by_seller(failed: Mapping[str, str]) -> Mapping[str, str]:
    return {stream.removeprefix(STREAM): why for stream, why in failed.items()}


def _not_passed(
    rows: Told, asked: Asked, later: datetime | None
) -> tuple[pl.DataFrame, Collection[str]]:
    """Return whom to judge, and whom a review of a later day knew, by `later`."""
    who = sellers(*rows, asked.as_of, asked.known_at)
    if later is None:
        return who, ()
    passed = sellers(*rows, asked.as_of, later).join(who, on="seller_id", how="semi")
    return who.join(passed, on="seller_id", how="anti"), [*passed["seller_id"]]


def _judged(
    some: Sequence[str], engine: Engine, asked: Asked, due: Due
) -> Sequence[ReviewSeller]:
    """Return what is found of sellers, and what had come of their facts."""
    rows = rows_of_sellers(engine, some, asked.known_at)

    def found(names: Sequence[str]) -> Iterator[ReviewSeller]:
        mine = rows.of(names)
        heard = heard_of(*mine)
        for one in found_of(*mine.said, asked.policy, asked.as_of, asked.known_at):
            yield replace(one, heard=heard.get(one.seller_id, ()))

    return _of_each(some, found, due)


def _of_each(
    some: Sequence[str], found: Callable[[Sequence[str]], Iterable[Found]], due: Due
) -> Sequence[Found]:
    """Return what is `found` of sellers; where that fails, of each by itself."""
    try:
        return [*found(some)]
    except Exception as why:  # noqa: BLE001 - it is told of, and the others go on
        if len(some) == 1:
            due.fail(f"{STREAM}{some[0]}", why)
            return []
    return [one for name in some for one in _of_each([name], found, due)]


def _fallen_of(
    stand: Mapping[str, Standing],
    rows: RowsOfSellers,
    policies: Mapping[str, Policy],
    at: datetime,
    names: Sequence[str],
) -> Iterator[LiftStep]:
    sayings, listings, _ = rows.of(names)
    theirs = {name: stand[name] for name in names if name in stand}
    return fallen(theirs, sayings, listings, policies, at)


def _loud(
    cards: pl.DataFrame, of: pl.DataFrame, asked: Asked, engine: Engine
) -> Sequence[str]:
    """Return the sellers who may have something to hear, of those `of` whom it is asked."""
    found = first_sight(cards, of, asked.policy)
    stand, terms = states_of(engine, found), terms_of(asked.policy)
    return [
        seller_id
        for seller_id, sight in found.items()
        if not is_quiet(sight, stand.get(seller_id, _NEW), asked.as_of, terms)
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
        rows = rows_of_sellers(platform.engine, some, at)
        lifts = _of_each(some, partial(_fallen_of, stand, rows, policies, at), due)
        if lifts:
            platform.submit(due, lifts)
        done = {one for one in some if f"{STREAM}{one}" not in due.failed}
        looked_at({one: late[one] for one in done & late.keys()}, platform.engine)
