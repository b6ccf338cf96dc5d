"""Looking after what waits: nothing is half done, and nothing is lost."""

from collections.abc import Sequence

import psycopg
import pytest
from sqlalchemy import Connection, Engine, select

from kit.consumers.failures import Unavailable
from kit.consumers.inbox import Inbox
from kit.consumers.parking import (
    NotParked,
    Redriven,
    discard,
    parked_stream,
    parked_streams,
    redrive,
)
from kit.consumers.records import Received
from kit.consumers.tables import discarded_events
from tests.kit.consumers.records import (
    TOPIC,
    as_json,
    failing_on,
    nothing_dead,
    of_type,
    refused_the_place,
    remember,
    remembered,
    story,
)

GROUP, STREAM = "performance", "order-o-1"
HERE = (GROUP, TOPIC, STREAM)


@pytest.fixture
def waiting(inbox: Inbox, engine: Engine) -> Engine:
    """An order of which the first event is applied and three wait behind the second."""
    inbox.apply(story(), failing_on(2), 0, nothing_dead)
    return engine


def test_a_redrive_applies_the_queue_in_order_and_frees_the_stream(
    inbox: Inbox, waiting: Engine
) -> None:
    assert redrive(waiting, *HERE, remember) == Redriven(applied=3, waiting=0)

    assert remembered(waiting) == [1, 2, 3, 4]
    assert parked_streams(waiting, GROUP) == []
    inbox.apply(story(4), remember, 4, nothing_dead)
    assert remembered(waiting) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_redrive_that_fails_leaves_nothing_half_done(waiting: Engine) -> None:
    done = redrive(waiting, *HERE, failing_on(3))

    assert done == Redriven(applied=0, waiting=3, reason="KeyError: 3")
    assert remembered(waiting) == [1]
    queue = parked_stream(waiting, GROUP, TOPIC, STREAM)
    assert [each.reason for each in queue] == [None, "KeyError: 3", None]


def test_what_was_of_the_future_is_applied_after_an_upgrade(
    inbox: Inbox, engine: Engine
) -> None:
    first, *rest = story()
    inbox.apply(
        [of_type(first, "orders.order-placed.v2"), *rest], remember, 0, nothing_dead
    )

    still = redrive(engine, *HERE, remember)
    upgrade(engine, "orders.order-placed.v1")
    done = redrive(engine, *HERE, remember)

    assert (still.waiting, done.applied) == (4, 4)
    assert "orders.order-placed.v2" in (still.reason or "")
    assert remembered(engine) == [1, 2, 3, 4]


def upgrade(engine: Engine, name: str) -> None:
    """Stand in for code that knows more: give the waiting event a type that is known."""
    queue = parked_stream(engine, *HERE)
    known = of_type(story()[0], name).headers
    with engine.begin() as db:
        db.exec_driver_sql(
            "UPDATE parked_events SET headers = %s::json WHERE record_offset = %s",
            (as_json(known), queue[0].offset),
        )


def test_a_redrive_while_the_database_is_away_changes_nothing(waiting: Engine) -> None:
    def away(batch: Sequence[Received], db: Connection) -> None:
        remember(batch, db)
        raise psycopg.errors.AdminShutdown

    with pytest.raises(Unavailable):
        redrive(waiting, *HERE, away)

    assert remembered(waiting) == [1]
    [stream] = parked_streams(waiting, GROUP)
    assert (stream.events, stream.reason) == (3, "KeyError: 2")


def test_a_discarded_event_is_kept_with_the_grounds_and_the_rest_waits(
    inbox: Inbox, waiting: Engine
) -> None:
    left = discard(waiting, *HERE, because="a test order")

    assert left == 2
    inbox.apply(story(4), remember, 4, nothing_dead)
    assert remembered(waiting) == [1]
    assert redrive(waiting, *HERE, remember) == Redriven(applied=6, waiting=0)
    assert remembered(waiting) == [1, 3, 4, 5, 6, 7, 8]
    with waiting.connect() as db:
        [kept] = db.execute(select(discarded_events))
    assert (kept.pos, kept.reason, kept.because) == (2, "KeyError: 2", "a test order")
    assert kept.parked_at < kept.discarded_at


def test_any_event_that_waits_can_be_discarded_by_its_id(waiting: Engine) -> None:
    *_, last = parked_stream(waiting, *HERE)

    assert discard(waiting, *HERE, because="told twice", event_id=last.event_id) == 2
    assert [each.pos for each in parked_stream(waiting, *HERE)] == [2, 3]
    with pytest.raises(NotParked, match=str(last.event_id)):
        discard(waiting, *HERE, because="once more", event_id=last.event_id)


def test_a_stream_whose_last_event_was_discarded_flows_again(
    inbox: Inbox, engine: Engine
) -> None:
    inbox.apply(story()[:1], failing_on(1), 0, nothing_dead)

    assert discard(engine, *HERE, because="empty") == 0
    inbox.apply(story()[1:], remember, 1, nothing_dead)

    assert remembered(engine) == [2, 3, 4]


def test_what_is_not_parked_is_named(engine: Engine) -> None:
    for ask in (
        lambda: parked_stream(engine, *HERE),
        lambda: redrive(engine, *HERE, remember),
        lambda: discard(engine, *HERE, because="nothing"),
    ):
        with pytest.raises(NotParked, match=r"order-o-1 on orders\.v1"):
            ask()


def test_streams_that_wait_longest_are_listed_first(inbox: Inbox, engine: Engine) -> None:
    late, early = story(4, "order-o-1"), story(0, "order-o-2")
    inbox.apply(early, failing_on(1), 0, nothing_dead)
    inbox.apply(late, failing_on(6), 4, nothing_dead)

    streams = parked_streams(engine, GROUP)

    assert [(s.stream_id, s.events, s.reason) for s in streams] == [
        ("order-o-2", 4, "KeyError: 1"),
        ("order-o-1", 3, "KeyError: 6"),
    ]
    assert streams[0].type == "orders.order-placed.v1"


def test_nothing_slips_in_behind_a_redrive(inbox: Inbox, waiting: Engine) -> None:
    """The consumer's next batch waits for the redrive, and then flows behind it."""

    def meanwhile(batch: Sequence[Received], db: Connection) -> None:
        assert refused_the_place(waiting)
        remember(batch, db)

    redrive(waiting, *HERE, meanwhile)
    inbox.apply(story(4), remember, 4, nothing_dead)

    assert remembered(waiting) == [1, 2, 3, 4, 5, 6, 7, 8]
