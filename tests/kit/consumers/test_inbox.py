"""What an inbox keeps of what Kafka brings: everything, once, in order."""

from collections.abc import Sequence
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import Connection, Engine, select, text

from kit.consumers.failures import Fenced, Unavailable
from kit.consumers.inbox import Applied, Inbox
from kit.consumers.letters import DeadLetter
from kit.consumers.parking import parked_stream, parked_streams
from kit.consumers.positions import positions
from kit.consumers.records import Received
from kit.consumers.tables import dead_letters
from tests.kit.consumers.records import (
    TOPIC,
    ARecord,
    failing_on,
    headers_of,
    nothing_dead,
    of_type,
    record,
    refused_the_place,
    remember,
    remembered,
    story,
)
from tests.samples import PLACED, received


def test_a_batch_is_applied_in_order_and_the_position_moves_with_it(
    inbox: Inbox, engine: Engine
) -> None:
    done = inbox.apply(story(), remember, 0, nothing_dead)

    assert done == Applied(4, applied=4)
    assert remembered(engine) == [1, 2, 3, 4]
    [stands] = positions(engine, "performance")
    assert (stands.topic, stands.partition, stands.next_offset, stands.pos) == (
        TOPIC,
        0,
        4,
        4,
    )


def test_a_batch_that_comes_again_changes_nothing(inbox: Inbox, engine: Engine) -> None:
    inbox.apply(story(), remember, 0, nothing_dead)

    again = inbox.apply(story(), remember, 4, nothing_dead)

    assert again == Applied(4, repeated=4)
    assert remembered(engine) == [1, 2, 3, 4]


def test_what_overlaps_the_last_batch_is_applied_from_where_it_ended(
    inbox: Inbox, engine: Engine
) -> None:
    inbox.apply(story()[:3], remember, 0, nothing_dead)

    done = inbox.apply(story()[1:], remember, 3, nothing_dead)

    assert done == Applied(4, applied=1, repeated=2)
    assert remembered(engine) == [1, 2, 3, 4]


def test_what_the_relay_published_twice_is_dropped_by_its_position(
    inbox: Inbox, engine: Engine
) -> None:
    twice = [*story(), *(replace(again, offset=again.offset + 5) for again in story())]

    done = inbox.apply(twice, remember, 0, nothing_dead)

    assert done == Applied(9, applied=4, repeated=4)
    assert remembered(engine) == [1, 2, 3, 4]


def test_partitions_and_groups_keep_places_of_their_own(
    inbox: Inbox, engine: Engine
) -> None:
    other = [replace(each, partition=1) for each in story()]
    inbox.apply(story(), remember, 0, nothing_dead)
    inbox.apply(other, remember, 0, nothing_dead)
    Inbox(engine, "billing").apply(story()[:2], remember, 0, nothing_dead)

    assert [p.next_offset for p in positions(engine, "performance")] == [4, 4]
    assert inbox.next_offset(TOPIC, 1) == 4
    assert Inbox(engine, "billing").next_offset(TOPIC, 0) == 2
    assert inbox.next_offset(TOPIC, 9) == 0


class TestTwoOwners:
    """After a rebalance an owner may wake that is none any more."""

    def test_a_late_write_behind_the_new_owner_is_fenced(
        self, inbox: Inbox, engine: Engine
    ) -> None:
        zombie = Inbox(engine, "performance")
        inbox.apply(story(), remember, 0, nothing_dead)

        with pytest.raises(Fenced):
            zombie.apply([*story()[:2], record(PLACED, 9)], remember, 0, nothing_dead)

        assert remembered(engine) == [1, 2, 3, 4]
        assert inbox.next_offset(TOPIC, 0) == 4

    def test_a_late_write_before_the_new_owner_is_what_comes_next_and_fences_that_one(
        self, inbox: Inbox, engine: Engine
    ) -> None:
        zombie, owner = inbox, Inbox(engine, "performance")
        zombie.apply(story()[:2], remember, 0, nothing_dead)

        with pytest.raises(Fenced):
            owner.apply(story(), remember, 0, nothing_dead)
        owner.apply(story(), remember, owner.next_offset(TOPIC, 0), nothing_dead)

        assert remembered(engine) == [1, 2, 3, 4]

    def test_two_that_write_at_once_write_once(self, inbox: Inbox, engine: Engine) -> None:
        def meanwhile(batch: Sequence[Received], db: Connection) -> None:
            assert refused_the_place(engine)
            remember(batch, db)

        inbox.apply(story()[:1], remember, 0, nothing_dead)
        inbox.apply(story()[1:2], meanwhile, 1, nothing_dead)
        with pytest.raises(Fenced):
            inbox.apply(story()[1:], remember, 1, nothing_dead)

        assert remembered(engine) == [1, 2]


class TestWhatPasses:
    """A database that is away says nothing of an event: nothing is skipped."""

    @pytest.mark.parametrize(
        "sqlstate",
        [
            psycopg.errors.SerializationFailure,
            psycopg.errors.DeadlockDetected,
            psycopg.errors.AdminShutdown,
            psycopg.errors.DiskFull,
            psycopg.errors.UndefinedTable,
        ],
    )
    def test_a_passing_error_keeps_nothing_and_parks_nothing(
        self, inbox: Inbox, engine: Engine, sqlstate: type[psycopg.Error]
    ) -> None:
        def away(batch: Sequence[Received], db: Connection) -> None:
            remember(batch, db)
            raise sqlstate("for now")

        with pytest.raises(Unavailable):
            inbox.apply(story(), away, 0, nothing_dead)
        inbox.apply(story(), remember, 0, nothing_dead)

        assert remembered(engine) == [1, 2, 3, 4]
        assert parked_streams(engine, "performance") == []

    def test_a_connection_that_is_cut_keeps_nothing_and_parks_nothing(
        self, inbox: Inbox, engine: Engine
    ) -> None:
        def cut(batch: Sequence[Received], db: Connection) -> None:
            remember(batch, db)
            me = db.scalar(text("SELECT pg_backend_pid()"))
            with engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:me)"), {"me": me})
            remember(batch, db)

        with pytest.raises(Unavailable):
            inbox.apply(story(), cut, 0, nothing_dead)

        assert inbox.next_offset(TOPIC, 0) == 0
        assert remembered(engine) == []

    def test_a_commit_whose_answer_was_lost_is_found_by_looking_it_up(
        self, inbox: Inbox, engine: Engine
    ) -> None:
        inbox.apply(story(), remember, 0, nothing_dead)  # and nobody was told

        with pytest.raises(Fenced):
            inbox.apply(story(), remember, 0, nothing_dead)
        inbox.apply(story(), remember, inbox.next_offset(TOPIC, 0), nothing_dead)

        assert remembered(engine) == [1, 2, 3, 4]


class TestWhatCannotBeApplied:
    """It waits with its stream; others flow on."""

    def test_its_stream_waits_behind_it_and_the_other_flows_on(
        self, inbox: Inbox, engine: Engine
    ) -> None:
        one, other = story(0, "order-o-1"), story(4, "order-o-2")

        done = inbox.apply([*one, *other], failing_on(2), 0, nothing_dead)

        assert done == Applied(8, applied=5, parked=3)
        assert remembered(engine) == [1, 5, 6, 7, 8]
        [stream] = parked_streams(engine, "performance")
        assert (stream.stream_id, stream.events) == ("order-o-1", 3)
        assert stream.reason == "KeyError: 2"
        waiting = parked_stream(engine, "performance", TOPIC, "order-o-1")
        assert [(each.pos, each.reason) for each in waiting] == [
            (2, "KeyError: 2"),
            (3, None),
            (4, None),
        ]

    def test_later_batches_of_its_stream_wait_too(
        self, inbox: Inbox, engine: Engine
    ) -> None:
        inbox.apply(story()[:2], failing_on(2), 0, nothing_dead)

        done = inbox.apply(story()[2:], remember, 2, nothing_dead)

        assert done == Applied(4, parked=2)
        assert remembered(engine) == [1]

    def test_it_is_kept_byte_for_byte(self, inbox: Inbox, engine: Engine) -> None:
        odd = replace(
            story()[0],
            value=b'{"seller_id": "\xff\0"}',
            key=None,
            headers=[*story()[0].headers, ("raw", b"\xff\0"), ("raw", b"again")],
        )

        inbox.apply([odd], remember, 0, nothing_dead)

        [kept] = parked_stream(engine, "performance", TOPIC, "order-o-1")
        assert (kept.value, kept.key, kept.timestamp) == (odd.value, None, odd.timestamp)
        assert kept.headers == odd.headers

    @pytest.mark.parametrize("name", ["orders.order-painted.v1", "orders.order-placed.v2"])
    def test_a_type_or_version_from_the_future_waits(
        self, inbox: Inbox, engine: Engine, name: str
    ) -> None:
        first, *rest = story()

        done = inbox.apply([of_type(first, name), *rest], remember, 0, nothing_dead)

        assert done == Applied(4, parked=4)
        [stream] = parked_streams(engine, "performance")
        assert stream.type == name
        assert "upgrade this reader" in (stream.reason or "")

    def test_every_poisonous_stream_waits_alone(self, inbox: Inbox, engine: Engine) -> None:
        many = [
            replace(record(PLACED, n, stream=f"order-o-{n % 50}"), offset=n)
            for n in range(500)
        ]
        poison = {101, 102, 477}

        done = inbox.apply(many, failing_on(*poison), 0, nothing_dead)

        stuck = {(p - 1) % 50: p for p in poison}
        free = [n + 1 for n in range(500) if n % 50 not in stuck or n + 1 < stuck[n % 50]]
        assert remembered(engine) == free
        assert done.parked == 500 - len(free)
        assert len(parked_streams(engine, "performance")) == 3

    def test_a_handler_whose_sql_the_database_refuses_is_undone_for_that_event_alone(
        self, inbox: Inbox, engine: Engine
    ) -> None:
        def divides(batch: Sequence[Received], db: Connection) -> None:
            remember(batch, db)
            for each in batch:
                db.execute(text("SELECT 1 / :n"), {"n": each.envelope.pos - 2})

        inbox.apply(story(), divides, 0, nothing_dead)

        assert remembered(engine) == [1]
        [stream] = parked_streams(engine, "performance")
        assert "division by zero" in (stream.reason or "")


class TestWhatIsNoEvent:
    """It is kept raw, with where it was found and why, and counted once."""

    def test_it_is_buried_before_the_position_moves_and_others_flow_on(
        self, inbox: Inbox, engine: Engine
    ) -> None:
        garbage = ARecord(1, b"\xff{", [("from", b"\xfe")], key=None)
        buried: list[DeadLetter] = []

        def bury(letters: Sequence[DeadLetter]) -> None:
            assert inbox.next_offset(TOPIC, 0) == 0
            buried.extend(letters)

        done = inbox.apply([record(PLACED, 0), garbage], remember, 0, bury)

        assert done == Applied(2, applied=1, dead=1)
        [letter] = buried
        assert letter.topic == f"{TOPIC}.dlt"
        assert (letter.key, letter.value) == (None, garbage.value)
        found, *said = letter.headers
        assert found == ("from", b"\xfe")
        told = dict(said)
        assert told.pop("dlt-reason").startswith(b"ValidationError: ")
        assert told == {
            "dlt-group": b"performance",
            "dlt-topic": b"orders.v1",
            "dlt-partition": b"0",
            "dlt-offset": b"1",
        }
        with engine.connect() as db:
            [row] = db.execute(select(dead_letters))
        assert (row.group_name, row.topic, row.record_offset) == ("performance", TOPIC, 1)

    def test_an_event_of_a_service_that_does_not_own_the_topic_is_none_here(
        self, inbox: Inbox
    ) -> None:
        forged = record(PLACED, 1, pos=10**9)
        forged.headers = [
            (name, b"elsewhere" if name == "ce_source" else value)
            for name, value in forged.headers
        ]
        buried: list[DeadLetter] = []

        batch = [record(PLACED, 0, pos=1), forged, record(PLACED, 2, pos=2)]
        done = inbox.apply(batch, remember, 0, buried.extend)

        assert done == Applied(3, applied=2, dead=1)
        assert b"elsewhere" in dict(buried[0].headers)["dlt-reason"]

    def test_it_is_not_buried_again_when_it_comes_again(self, inbox: Inbox) -> None:
        garbage = ARecord(0, b"", [])
        inbox.apply([garbage], remember, 0, lambda _: None)

        done = inbox.apply([garbage, record(PLACED, 1)], remember, 1, nothing_dead)

        assert done == Applied(2, applied=1, repeated=1)

    def test_nothing_is_kept_when_it_cannot_be_buried(
        self, inbox: Inbox, engine: Engine
    ) -> None:
        def no_brokers(_: Sequence[DeadLetter]) -> None:
            raise Unavailable("no brokers")

        with pytest.raises(Unavailable):
            inbox.apply([record(PLACED, 0), ARecord(1, b"", [])], remember, 0, no_brokers)

        assert remembered(engine) == []
        assert inbox.next_offset(TOPIC, 0) == 0


def test_no_handler_is_called_for_a_batch_that_holds_nothing_new(inbox: Inbox) -> None:
    def never(batch: Sequence[Received], _: Connection) -> None:
        raise AssertionError(batch)

    done = inbox.apply([ARecord(0, b"", [])], never, 0, lambda _: None)

    assert done == Applied(1, dead=1)


def test_a_stream_is_known_by_its_envelope_alone(inbox: Inbox, engine: Engine) -> None:
    envelope = received(PLACED, 1, "order-o-7").envelope
    inbox.apply([ARecord(0, b"null", headers_of(envelope))], remember, 0, nothing_dead)

    [stream] = parked_streams(engine, "performance")
    assert stream.stream_id == "order-o-7"


class PanicException(BaseException):
    """No `Exception`, and no order to stop either."""


def test_an_event_that_makes_a_library_panic_is_parked_as_any_other(
    inbox: Inbox, engine: Engine
) -> None:
    def panics(batch: Sequence[Received], db: Connection) -> None:
        remember(batch, db)
        if any(each.envelope.pos == 2 for each in batch):
            raise PanicException

    done = inbox.apply(story(), panics, 0, nothing_dead)

    assert done == Applied(4, applied=1, parked=3)
    assert remembered(engine) == [1]
