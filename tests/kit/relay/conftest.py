from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from kit.database import connect
from kit.eventstore import tables
from kit.eventstore.recorder import PostgresRecorder
from kit.relay.leadership import Leadership
from kit.relay.outbox import Outbox


@pytest.fixture
def recorder(engine: Engine) -> PostgresRecorder:
    return PostgresRecorder(engine)


@pytest.fixture
def leadership(engine: Engine) -> Iterator[Leadership]:
    """The claim of a leader that leads."""
    with Leadership(engine) as leadership:
        assert leadership.claim()
        yield leadership


@pytest.fixture
def outbox(engine: Engine, leadership: Leadership) -> Outbox:
    return Outbox(engine, leadership.epoch)


@pytest.fixture
def other_engine(fresh_databases: Callable[[], str]) -> Iterator[Engine]:
    """The database of another service, on the same server."""
    engine = connect(fresh_databases())
    with engine.begin() as db:
        tables.create(db)
    yield engine
    engine.dispose()
