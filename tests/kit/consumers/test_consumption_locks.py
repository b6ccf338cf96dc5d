"""Who waits for a partition's place, and whom it ends: frozen holders, nobody else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from kit.consumers import positions
from kit.consumers.failures import passes
from kit.consumers.positions import Position, lock_position
from market.waiting import wait_until

PLACE = ("a group", "a topic", 0)
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND pid = :pid"
)


@pytest.fixture(autouse=True)
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "LOCK_WAIT_S", 0.2)


@pytest.fixture
def holder(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds the place, of which there is no row yet."""
    with engine.connect() as db:
        lock_position(db, *PLACE)
        yield db
        db.close()


def lock(engine: Engine) -> Position:
    with engine.begin() as db:
        return lock_position(db, *PLACE)


def test_a_place_whose_holder_shows_no_life_is_had_by_the_next_attempt(
    engine: Engine, holder: Connection
) -> None:
    with pytest.raises(OperationalError) as why:
        lock(engine)

    assert passes(why.value)
    assert lock(engine) == Position(*PLACE[1:], updated_at=lock(engine).updated_at)
    with pytest.raises(OperationalError):
        holder.execute(text("SELECT 1"))


def test_a_holder_that_is_at_work_is_waited_for(engine: Engine, holder: Connection) -> None:
    holder.execute(text("SET LOCAL lock_timeout = 0"))
    pid = holder.scalar(text("SELECT pg_backend_pid()"))
    work = text("SELECT pg_advisory_xact_lock(7)")
    with engine.connect() as other, ThreadPoolExecutor(1) as aside:
        other.execute(work)
        working = aside.submit(holder.execute, work)
        wait_until(
            lambda: other.scalar(text(WAITING), {"pid": pid}), what="work", within_s=10
        )

        with pytest.raises(OperationalError):
            lock(engine)

        other.rollback()
        working.result()
    holder.commit()
    assert lock(engine).next_offset == 0


def test_other_partitions_and_groups_do_not_wait(
    engine: Engine, holder: Connection
) -> None:
    with engine.begin() as db:
        assert lock_position(db, "a group", "a topic", 1).next_offset == 0
        assert lock_position(db, "another group", "a topic", 0).next_offset == 0
    assert holder.scalar(text("SELECT 1")) == 1
