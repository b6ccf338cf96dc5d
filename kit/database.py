"""The service's own PostgreSQL: one engine, and which of its errors pass by themselves."""

from typing import Any, Final, cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, PendingRollbackError

LIVE: Final = "live"
"""The schema of the read models; a rebuild writes the same tables in another one."""

_PASSING: Final = (
    psycopg.OperationalError,  # connection lost, server starting or stopping, no space
    psycopg.InterfaceError,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)


def connect(url: str, *, pool_size: int = 10) -> Engine:
    """Return an engine on `url`, on which read models are found before all else.

    Shape: `url` as any client writes it, `postgresql://user@host:port/name`.
    """
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"options": f"-csearch_path={LIVE},public", "connect_timeout": 5},
    )


def create_live_schema(db: Connection) -> None:
    """Make the schema of the read models, if it is missing."""
    db.execute(text("SELECT pg_advisory_xact_lock(hashtext('database.live'))"))
    db.execute(text(f"CREATE SCHEMA IF NOT EXISTS {LIVE}"))


def driver(db: Connection) -> psycopg.Connection[tuple[Any, ...]]:
    """Return psycopg's own connection under `db`, in its transaction.

    One is begun if none is, as with any statement: so `db.commit()` keeps what is written.
    """
    if not db.in_transaction():
        db.begin()
    return cast("psycopg.Connection[tuple[Any, ...]]", db.connection.driver_connection)


def passing(error: BaseException) -> bool:
    """Say whether `error` goes away by itself, so that the same work may be tried again."""
    if isinstance(error, DBAPIError) and not isinstance(error, _PASSING):
        return isinstance(error.orig, _PASSING)
    return isinstance(error, (*_PASSING, PendingRollbackError))


def address(engine: Engine) -> str:
    """Return where `engine` is, for another client, which finds read models first too."""
    path = {"options": f"-csearch_path={LIVE},public"}
    url = engine.url.set(drivername="postgresql").update_query_dict(path)
    return url.render_as_string(hide_password=False)
