"""Why facts could not be applied: for now, or for good."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeoutError

REASON_CHARS: Final = 2_000

# Classes of SQLSTATE that say something of the database, nothing of the event: connection,
# rollback (deadlock, serialization), resources, operator intervention, system error.
_FOR_NOW_CLASSES: Final = ("08", "40", "53", "57", "58")
_FOR_NOW: Final = frozenset(
    {
        "55P03",  # a lock is not to be had
        "25006",  # a standby, not promoted yet
        "25P03",  # idle in transaction for too long
        "42501",  # a privilege is missing: a fault of deployment, it would park all
        "42P01",  # a table is missing: likewise
        "3F000",  # a schema is missing: likewise
    }
)


class Fenced(Exception):  # noqa: N818 - see kit.domain.Refused
    """The stored position is not where this owner believes it. Nothing was kept."""


class Unavailable(Exception):  # noqa: N818 - see kit.domain.Refused
    """What applying needs is away for now. Nothing was kept, or all of it: look it up."""


def passes(error: BaseException, db: Connection | None = None) -> bool:
    """Tell whether `error` says nothing of the event, so that it is worth another try.

    An operational error without SQLSTATE is a lost connection. `db` is where it happened:
    an invalidated one cannot tell what is wrong with an event either.
    """
    if db is not None and (db.closed or db.invalidated):
        return True
    if isinstance(error, Unavailable | PoolTimeoutError | ConnectionError | MemoryError):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.Error) and cause.sqlstate is not None:
        return cause.sqlstate in _FOR_NOW or cause.sqlstate[:2] in _FOR_NOW_CLASSES
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)


def is_failure(error: BaseException) -> bool:
    """Tell whether `error` failed the work, and is no order to stop.

    A panic of a library in Rust, such as Polars, is none of `Exception`.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def reason(error: BaseException) -> str:
    """Return what is told of `error` to those who look after what is parked."""
    told = f"{type(error).__name__}: {error}".replace("\0", "\\0")
    return told[:REASON_CHARS]


@contextmanager
def unavailable_if_passing() -> Iterator[None]:
    """Raise what `passes` as `Unavailable`, all else as it is.

    Raises:
        Unavailable: From what was raised inside.
    """
    try:
        yield
    except Unavailable:
        raise
    except Exception as why:
        if passes(why):
            raise Unavailable(reason(why)) from why
        raise
