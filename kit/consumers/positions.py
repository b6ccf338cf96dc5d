"""How far a group has come, partition by partition: rows that only one owner can move."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.errors import LockNotAvailable
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from kit.consumers.failures import Fenced
from kit.consumers.tables import consumer_positions
from kit.database import Claim, end_frozen

LOCK_WAIT_S: Final = 10.0
"""How long a lock is waited for: five times what the largest batch takes that lives."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a group stands in one partition.

    Units: every record below `next_offset` is dealt with; `pos` is the last one's place in
        the history of its source; 0 and 0 before the first.
    """

    topic: str
    partition: int
    next_offset: int = 0
    pos: int = 0
    updated_at: datetime | None = None


def positions(engine: Engine, group: str) -> list[Position]:
    """Return where `group` stands, by topic and partition, as far as it has ever been."""
    row = consumer_positions.c
    query = _position().where(row.group_name == group).order_by(row.topic, row.partition)
    with engine.connect() as db:
        return [Position(*found) for found in db.execute(query)]


def position(engine: Engine, group: str, topic: str, partition: int) -> Position:
    """Return where `group` stands in `partition`, without waiting for its owner."""
    query = _position().where(_is(group, topic, partition))
    with engine.connect() as db:
        found = db.execute(query).first()
    return Position(*found) if found else Position(topic, partition)


def lock_position(db: Connection, group: str, topic: str, partition: int) -> Position:
    """Return where `group` stands, and keep all others from moving it until `db` is done.

    Everything that writes for a partition takes this lock first, so nobody deadlocks. If
    its holder is frozen, that one's session is ended, so that the next attempt gets it. No
    statement of `db` waits for a lock longer than `LOCK_WAIT_S` from here on.

    Raises:
        OperationalError: Somebody else kept it for `LOCK_WAIT_S`; worth another attempt.
    """
    _claim(db, Claim(f"place of {group}", f"{topic}/{partition}"))
    query = _position().where(_is(group, topic, partition)).with_for_update()
    found = db.execute(query).first()
    if found is None:
        place = {"group_name": group, "topic": topic, "partition": partition}
        start = insert(consumer_positions).values(**place, next_offset=0, pos=0)
        db.execute(start.on_conflict_do_nothing())
        found = db.execute(query).one()
    return Position(*found)


def _claim(db: Connection, claim: Claim) -> None:
    """Wait for `claim`. A row's own lock names no holder, and a first row is not there.

    Raises:
        OperationalError: As `lock_position` says.
    """
    db.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
    try:
        db.execute(claim.asked("pg_advisory_xact_lock"))
    except OperationalError as why:
        if isinstance(why.orig, LockNotAvailable):
            end_frozen(db.engine, claim, LOCK_WAIT_S)
        raise


def advance(db: Connection, group: str, old: Position, next_offset: int, pos: int) -> None:
    """Move `group` on from `old`, by compare and set.

    Raises:
        Fenced: It does not stand at `old` any more.
    """
    place = _is(group, old.topic, old.partition)
    move = update(consumer_positions).where(
        place, consumer_positions.c.next_offset == old.next_offset
    )
    moved = db.execute(move.values(next_offset=next_offset, pos=pos, updated_at=func.now()))
    if moved.rowcount != 1:
        raise Fenced(f"{old.topic}/{old.partition} is not at {old.next_offset} any more")


def _position() -> Select[Any]:
    row = consumer_positions.c
    return select(row.topic, row.partition, row.next_offset, row.pos, row.updated_at)


def _is(group: str, topic: str, partition: int) -> ColumnElement[bool]:
    row = consumer_positions.c
    return and_(row.group_name == group, row.topic == topic, row.partition == partition)
