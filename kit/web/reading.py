"""Reading over HTTP: a connection on the read models for the time of one request."""

from collections.abc import Iterator
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine


def database(request: Request) -> Iterator[Connection]:
    """Lend a connection; nothing that is done on it is kept."""
    engine: Engine = request.app.state.engine
    with engine.connect() as db:
        yield db


Database: TypeAlias = Annotated[Connection, Depends(database)]
