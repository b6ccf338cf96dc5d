"""Reading over HTTP: the service's own database, for the time of one request."""

from collections.abc import Iterator
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine


def engine_of(request: Request) -> Engine:
    """Return the engine that this process was built on."""
    engine: Engine = request.app.state.engine
    return engine


ThisEngine: TypeAlias = Annotated[Engine, Depends(engine_of)]


def database(engine: ThisEngine) -> Iterator[Connection]:
    """Lend a connection; nothing that is done on it is kept."""
    with engine.connect() as db:
        yield db


Database: TypeAlias = Annotated[Connection, Depends(database)]
