"""A turn is one process's: seen to live as long as it lasts, fenced once it is lost."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, text

from kit.eventstore.streams import Streams, transact
from kit.turns import InTurn, Turn, TurnLost, alone
from market.waiting import wait_until
from tests.fakes import MemoryStreams
from tests.kit.test_streams import ACCEPT, PLACE, StreamsContract, asked


@pytest.fixture
def turn(engine: Engine) -> Iterator[Turn]:
    with alone(engine, "expiry") as turn:
        assert turn is not None
        yield turn


def end_holders(engine: Engine) -> None:
    """End the sessions that hold turns, as one does who takes them for frozen."""
    ended = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
    )
    with engine.begin() as db:
        db.execute(text(ended))


class TestStreamsInTurn(StreamsContract):
    @pytest.fixture
    def streams(self, turn: Turn) -> Streams:
        return InTurn(MemoryStreams(), turn)


def test_who_is_long_at_it_shows_life(engine: Engine) -> None:
    resting = """
    SELECT state_change FROM pg_stat_activity
    JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND granted
    """

    def shown() -> datetime:
        with engine.connect() as db:
            at: datetime = db.execute(text(resting)).scalar_one()
            return at

    with alone(engine, "expiry", lease_s=0.1) as turn:
        first = shown()

        assert turn is not None
        wait_until(lambda: shown() > first, what="a sign of life", within_s=30)


def test_who_is_frozen_at_it_is_ended_and_fenced(engine: Engine, turn: Turn) -> None:
    frozen = InTurn(MemoryStreams(), turn)  # it shows no life for a minute
    transact(frozen, asked(PLACE))
    with alone(engine, "expiry", lease_s=0) as other:
        assert other is None

    with alone(engine, "expiry") as other:
        assert other is not None
        for _ in range(2):
            with pytest.raises(TurnLost):
                frozen.submit([asked(ACCEPT)])
        assert transact(InTurn(frozen.streams, other), asked(ACCEPT)).recorded == 1


def test_who_works_is_not_ended_however_long_the_turn_lasts(
    engine: Engine, turn: Turn
) -> None:
    turn.renew()
    with alone(engine, "expiry") as other:
        assert other is None

    turn.renew()
