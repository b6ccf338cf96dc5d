from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from kit.database import driver
from kit.eventstore.recorder import PostgresRecorder
from kit.relay.leadership import Deposed, Leadership
from kit.relay.outbox import Outbox, log_state
from tests.kit.stored import facts_of


def test_a_second_leader_is_not_let_in(engine: Engine, leadership: Leadership) -> None:
    second = Leadership(engine)

    assert second.claim() is False
    assert (second.epoch, log_state(engine).epoch) == (0, leadership.epoch)


def test_a_leader_may_claim_again(leadership: Leadership) -> None:
    epoch = leadership.epoch

    assert leadership.claim()
    assert leadership.epoch == epoch


def test_the_next_leader_comes_when_the_last_resigns(
    engine: Engine, leadership: Leadership
) -> None:
    epoch = leadership.epoch
    leadership.resign()

    with Leadership(engine) as second:
        assert second.claim()
        assert second.epoch == epoch + 1
        assert leadership.claim() is False


def test_a_leader_whose_session_is_lost_is_followed(
    engine: Engine, leadership: Leadership
) -> None:
    cut_off(engine)

    with Leadership(engine) as second:
        assert second.claim()
        assert second.epoch == leadership.epoch + 1


def test_a_leader_that_shows_no_life_is_ended_and_followed(
    engine: Engine, leadership: Leadership
) -> None:
    with Leadership(engine, lease_s=0) as second:
        assert second.claim() is False
        assert second.claim()
        assert second.epoch == leadership.epoch + 1
    with pytest.raises(OperationalError):
        leadership.renew()


def test_nobody_renews_what_he_resigned(leadership: Leadership) -> None:
    leadership.resign()

    with pytest.raises(Deposed):
        leadership.renew()


def test_leaders_of_other_histories_do_not_meet(
    leadership: Leadership, other_engine: Engine
) -> None:
    with Leadership(other_engine) as other:
        assert other.claim()
        assert leadership.epoch == other.epoch == 1


def test_what_a_deposed_leader_does_is_refused_and_changes_nothing(
    engine: Engine, recorder: PostgresRecorder, outbox: Outbox
) -> None:
    recorder.insert_events(facts_of("order-1", 3))
    outbox.sequence(2)
    outbox.advance(0, 1)
    with engine.begin() as db:
        db.execute(text("UPDATE log_leader SET epoch = epoch + 1"))
    before = log_state(engine)

    with pytest.raises(Deposed):
        outbox.sequence(10)
    with pytest.raises(Deposed):
        outbox.advance(1, 2)

    assert log_state(engine) == before
    assert [fact.pos for fact in outbox.fetch(0, 10)] == [1, 2]


def test_a_deposed_leader_learns_of_it_when_nothing_waits_too(
    engine: Engine, outbox: Outbox
) -> None:
    with pytest.raises(Deposed):
        replace(outbox, epoch=outbox.epoch - 1).sequence(10)

    assert log_state(engine).head == 0


def cut_off(engine: Engine) -> None:
    """End every other session of the database, as a lost network does."""
    with engine.connect() as db:
        driver(db).execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
