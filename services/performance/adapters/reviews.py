"""Reviews of days, noted in the service's database: what they found, and who failed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, Text, bindparam, func, update
from sqlalchemy.dialects.postgresql import insert

from services.performance.model.shadows import Move
from services.performance.tables import review_days, review_failures, shadow_reviews


@dataclass(frozen=True, slots=True)
class Day:
    """A day that is reviewed: by which policy, on what was known when."""

    day: date
    known_at: datetime
    policy: str


def note_day(
    day: Day,
    sellers: int,
    moves: Mapping[Move, int],
    failed: Mapping[str, str],
    engine: Engine,
) -> None:
    """Note that all sellers were reviewed of a day, all but those who `failed`, and why.

    Safe to repeat: Yes. What was noted of a day first stays, all of it.
    """
    row = {"day": day.day, "known_at": day.known_at, "policy": day.policy}
    add = insert(review_days).values(**row, sellers=sellers)
    counts = [
        {"day": day.day, **move._asdict(), "sellers": count}
        for move, count in moves.items()
    ]
    failures = [
        {"day": day.day, "seller_id": name, "why": why, "state": "waiting"}
        for name, why in failed.items()
    ]
    with engine.begin() as db:
        is_new = db.scalar(add.on_conflict_do_nothing().returning(review_days.c.day))
        if is_new is None:
            return
        if counts:
            db.execute(insert(shadow_reviews), counts)
        if failures:
            db.execute(insert(review_failures), failures)


def note_again(
    day: date,
    done: Collection[str],
    passed: Collection[str],
    failed: Mapping[str, str],
    at: datetime,
    engine: Engine,
) -> None:
    """Note what became of those who were tried again `at` that moment.

    Shape: `failed` are those who wait on, and why.
    """
    states = {"reviewed": done, "passed over": passed, "waiting": failed}
    one = (review_failures.c.day == day) & (review_failures.c.seller_id == bindparam("who"))
    change = update(review_failures).where(one).values(tried_at=at)
    change = change.values(
        state=bindparam("became"),
        why=func.coalesce(bindparam("again", type_=Text), review_failures.c.why),
    )
    rows = [
        {"who": name, "became": state, "again": failed.get(name)}
        for state, names in states.items()
        for name in names
    ]
    with engine.begin() as db:
        db.execute(change, rows)
