"""Long streams are loaded from a state that was kept, as long as it is one of today's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from contracts.orders import OrderAccepted
from kit.database import driver
from kit.domain import Decider
from kit.eventstore import snapshots
from kit.eventstore.history import History
from kit.eventstore.requests import Request
from kit.eventstore.streams import PostgresStreams, transact
from tests.kit.test_streams import streams_on
from tests.samples import ACCEPTED, FRIDAY


@dataclass(frozen=True)
class Counted:
    """A state that tells what it was made of."""

    total: int = 0


def decide(many: int, counted: Counted) -> Sequence[OrderAccepted]:
    """Record `many` facts and, as a customer's id, what was counted before them."""
    told = {"customer_id": str(counted.total), "accepted_at": FRIDAY + timedelta(hours=1)}
    return [ACCEPTED.model_copy(update=told)] * many


def by_one(counted: Counted, _: OrderAccepted) -> Counted:
    return Counted(counted.total + 1)


def by_two(counted: Counted, _: OrderAccepted) -> Counted:
    return Counted(counted.total + 2)


COUNTING: Decider[Counted, int, OrderAccepted] = Decider(
    Counted(), decide, by_one, (Counted,)
)


@pytest.fixture
def streams(engine: Engine) -> PostgresStreams:
    return streams_on(History(engine))


def append(
    streams: PostgresStreams,
    many: int,
    by: Decider[Counted, int, OrderAccepted] = COUNTING,
) -> None:
    transact(streams, Request(stream_id="order-1", decider=by, command=many))


def counted_before_the_last(engine: Engine) -> int:
    sql = "SELECT data->>'customer_id' FROM events ORDER BY version DESC LIMIT 1"
    with engine.connect() as db:
        row = driver(db).execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def forget_all_but_the_snapshot(engine: Engine) -> None:
    with engine.begin() as db:
        driver(db).execute("UPDATE events SET type = 'lost.of-old.v1'")


def test_a_long_stream_is_loaded_from_its_snapshot(
    engine: Engine, streams: PostgresStreams
) -> None:
    append(streams, snapshots.EVERY)
    forget_all_but_the_snapshot(engine)

    append(streams, 1)

    assert counted_before_the_last(engine) == snapshots.EVERY


def test_a_snapshot_that_another_version_of_the_rules_made_is_ignored(
    engine: Engine, streams: PostgresStreams
) -> None:
    append(streams, snapshots.EVERY)

    append(streams, 1, replace(COUNTING, evolve=by_two, version=2))

    assert counted_before_the_last(engine) == 2 * snapshots.EVERY


def test_of_rules_that_changed_a_new_snapshot_takes_the_place_of_the_old(
    engine: Engine, streams: PostgresStreams
) -> None:
    append(streams, snapshots.EVERY)
    changed = replace(COUNTING, evolve=by_two, version=2)
    append(streams, 1, changed)
    forget_all_but_the_snapshot(engine)

    append(streams, 1, changed)

    assert counted_before_the_last(engine) == 2 * (snapshots.EVERY + 1)
