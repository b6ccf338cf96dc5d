from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

from kit.consumers import tables
from kit.consumers.inbox import Inbox
from tests.kit.consumers import records


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    """A database with the tables of a consumer, and one that remembers what came."""
    url = fresh_database.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    tables.metadata.create_all(engine)
    records.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def inbox(engine: Engine) -> Inbox:
    return Inbox(engine, "performance")
