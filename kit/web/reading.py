"""Reading over HTTP: the service's own database, for a request or a part of it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine


def engine_of(request: Request) -> Engine:
    """Return the engine that this process was built on."""
    engine: Engine = request.app.state.engine
    return engine


ThisEngine: TypeAlias = Annotated[Engine, Depends(engine_of)]


Lend: TypeAlias = Callable[[], AbstractContextManager[Connection]]
"""Lends a connection, for a part of a request; nothing that is done on it is kept."""


def lend(engine: ThisEngine) -> Lend:
    """Return what lends connections to the database of this process."""
    return engine.connect


Lending: TypeAlias = Annotated[Lend, Depends(lend)]


def database(lending: Lending) -> Iterator[Connection]:
    """Lend a connection for the whole request."""
    with lending() as db:
        yield db


READERS: Final = 16
"""Requests that hold a connection for their whole time. Others wait without a thread: who
has a connection must find a thread, and who commands must find a connection."""

Database: TypeAlias = Annotated[
    Connection, Depends(database, scope="function", max_concurrency=READERS)
]
"""A connection until the endpoint has returned: not while its answer is sent."""
