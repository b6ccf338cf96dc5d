"""Reviews of days as they were noted: which were, who failed, what shadows would say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, LiteralString

from psycopg.rows import dict_row
from sqlalchemy import Connection, Engine, func, or_, select

from kit.database import driver
from services.performance.tables import review_days, review_failures

MOST_TOLD: Final = 100
"""Of how many failures a day tells whose they were, the waiting ones first."""

_DAYS: Final[LiteralString] = """
SELECT d.day, d.known_at, d.policy, d.sellers, count(f.*) AS failed,
    count(f.*) FILTER (WHERE f.state = 'waiting') AS waiting
FROM review_days AS d LEFT JOIN review_failures AS f USING (day)
WHERE %(before)s::date IS NULL OR d.day < %(before)s
GROUP BY d.day ORDER BY d.day DESC LIMIT %(limit)s
"""
_FAILURES: Final[LiteralString] = """
SELECT day, seller_id, why, state, tried_at FROM (
    SELECT *, row_number() OVER (
        PARTITION BY day ORDER BY state <> 'waiting', seller_id COLLATE "C"
    ) AS place FROM review_failures WHERE day = ANY(%(days)s)
) AS placed WHERE place <= %(most)s ORDER BY day DESC, place
"""
_MOVES: Final[LiteralString] = """
SELECT s.day, d.policy, d.sellers AS reviewed, s.metric, s.official, s.proposed, s.changes,
    s.sellers
FROM shadow_reviews AS s JOIN review_days AS d USING (day)
WHERE s.shadow = %(shadow)s AND s.day IN (
    SELECT DISTINCT day FROM shadow_reviews
    WHERE shadow = %(shadow)s AND (%(before)s::date IS NULL OR day < %(before)s)
    ORDER BY day DESC LIMIT %(limit)s
)
ORDER BY s.day DESC, s.metric, s.official, s.proposed
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Sellers who could not be reviewed of a day, and on what they are judged."""

    day: date
    known_at: datetime
    sellers: Sequence[str]


def last_day(db: Engine) -> date | None:
    """Return the last day of which all sellers were reviewed."""
    with db.connect() as read:
        found: date | None = read.scalar(select(func.max(review_days.c.day)))
        return found


def is_reviewed(db: Engine, day: date) -> bool:
    """Say whether all sellers were reviewed of a day."""
    with db.connect() as read:
        query = select(review_days.c.day).where(review_days.c.day == day)
        return read.scalar(query) is not None


def known_to_later_reviews(db: Engine, day: date) -> datetime | None:
    """Return what was known, by when, to reviews of days after `day`; None if none was."""
    with db.connect() as read:
        query = select(func.max(review_days.c.known_at)).where(review_days.c.day > day)
        found: datetime | None = read.scalar(query)
        return found


def to_try_again(db: Engine, not_since: datetime) -> Sequence[Waiting]:
    """Return who still waits to be reviewed, by day, and was not tried since then."""
    row = review_failures.c
    due = or_(row.tried_at.is_(None), row.tried_at <= not_since)
    query = (
        select(row.day, review_days.c.known_at, func.array_agg(row.seller_id))
        .join(review_days, review_days.c.day == row.day)
        .where(row.state == "waiting", due)
        .group_by(row.day, review_days.c.known_at)
        .order_by(row.day)
    )
    with db.connect() as read:
        return [Waiting(day, known, sorted(who)) for day, known, who in read.execute(query)]


def days_reviewed(
    before: date | None, limit: int, db: Connection
) -> Sequence[dict[str, Any]]:
    """Return the reviewed days before one, the newest first, each with who failed.

    Shape: `failed` and `waiting` count; `failures` are `MOST_TOLD` of a day at most.
    """
    with driver(db).cursor(row_factory=dict_row) as cursor:
        days = cursor.execute(_DAYS, {"before": before, "limit": limit}).fetchall()
        asked = {"days": [day["day"] for day in days], "most": MOST_TOLD}
        failures = cursor.execute(_FAILURES, asked).fetchall()
    theirs: dict[date, list[dict[str, Any]]] = {day["day"]: [] for day in days}
    for each in failures:
        theirs[each.pop("day")].append(each)
    return [{**day, "failures": theirs[day["day"]]} for day in days]


def moves_by(
    shadow: str, before: date | None, limit: int, db: Connection
) -> Sequence[dict[str, Any]]:
    """Return where a shadow moves sellers, of so many days before one, the newest first."""
    asked = {"shadow": shadow, "before": before, "limit": limit}
    with driver(db).cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_MOVES, asked).fetchall()
