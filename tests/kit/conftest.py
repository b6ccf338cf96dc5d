from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from kit.database import connect
from kit.eventstore import tables


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    """A service's database, with an empty history."""
    engine = connect(fresh_database)
    with engine.begin() as db:
        tables.create(db)
    yield engine
    engine.dispose()
