"""The service's own PostgreSQL: one engine, and which of its errors pass by themselves."""

import logging
from typing import Any, Final, NamedTuple, cast

import psycopg
from sqlalchemy import Connection, Engine, TextClause, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, PendingRollbackError, TimeoutError  # noqa: A004 - of a pool

_log: Final = logging.getLogger(__name__)

LIVE: Final = "live"
"""The schema of the read models; a rebuild writes the same tables in another one."""

IDLE_S: Final = 90
"""How long a transaction may rest that nobody waits for."""

_POOL_TIMEOUT_S: Final = 5.0
"""How long to wait for a connection that others have."""

_PASSING: Final = (
    psycopg.OperationalError,  # connection lost, server starting or stopping, no space
    psycopg.InterfaceError,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)

_FROZEN: Final = """
SELECT a.pid, pg_terminate_backend(a.pid, 5000)
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = hashtext(%(kind)s)::oid AND l.objid = hashtext(%(name)s)::oid
  AND a.usename = current_user AND a.wait_event_type = 'Client'
  AND a.state_change < clock_timestamp() - make_interval(secs => %(for_s)s)
"""


class Claim(NamedTuple):
    """What one session at a time may hold: PostgreSQL's advisory lock of two words."""

    kind: str
    name: str

    def asked(self, function: str) -> TextClause:
        """Return the statement that asks for it by `function` of PostgreSQL."""
        sql = f"SELECT {function}(hashtext(:kind), hashtext(:name))"
        return text(sql).bindparams(**self._asdict())


def connect(url: str, *, pool_size: int = 10, idle_s: int = IDLE_S) -> Engine:
    """Return an engine on `url`, on which read models are found before all else.

    Units: `idle_s` is how long a transaction of a session may rest before it is ended.
    Shape: `url` as any client writes it, `postgresql://user@host:port/name`.
    """
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_POOL_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={"options": _options(idle_s), "connect_timeout": 5},
    )


def _options(idle_s: int) -> str:
    """Return what each session is begun with.

    The sessions of a process that froze, or whose machine is gone, end by themselves:
    whoever takes over waits for what they hold.
    """
    settings = {
        "search_path": f"{LIVE},public",
        "idle_in_transaction_session_timeout": f"{idle_s}s",
        "tcp_keepalives_idle": "15",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
    }
    return " ".join(f"-c{name}={value}" for name, value in settings.items())


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
    return isinstance(error, (*_PASSING, PendingRollbackError, TimeoutError))


def end_frozen(engine: Engine, claim: Claim, for_s: float) -> bool:
    """End the session that holds `claim` if its process is frozen; say whether one was.

    As frozen counts who keeps the server waiting and began to rest, or began the statement
    that the server waits in, such as a COPY, at least `for_s` ago: no timeout of
    PostgreSQL's ends that. Who works, or waits for a lock, is left alone. What it wrote and
    had not committed is undone.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        values = {**claim._asdict(), "for_s": for_s}
        ended = driver(db).execute(_FROZEN, values).fetchall()
    for pid, gone in ended:
        what = "ended" if gone else "does not end"
        _log.warning("session %s held %s and was frozen: %s", pid, " ".join(claim), what)
    return any(gone for _, gone in ended)


def address(engine: Engine) -> str:
    """Return where `engine` is, for another client, which finds read models first too."""
    path = {"options": f"-csearch_path={LIVE},public"}
    url = engine.url.set(drivername="postgresql").update_query_dict(path)
    return url.render_as_string(hide_password=False)
