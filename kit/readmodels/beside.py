"""Tables beside the live ones: made empty, compared by content, put in their place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, MetaData, Table, text

from kit.database import LIVE, Claim

BESIDE: Final = "beside"
"""The schema in which a read model is made again."""

_SORTED_IN: Final = "256MB"
"""What the making of one index may take of the server's memory."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table, live and made again.

    Shape: the hashes are of all rows, in no order; equal ones mean equal content.
    """

    read_model: str
    table: str
    live_rows: int
    rebuilt_rows: int
    live_hash: str
    rebuilt_hash: str

    @property
    def equal(self) -> bool:
        """Whether both hold the same rows."""
        return (self.live_rows, self.live_hash) == (self.rebuilt_rows, self.rebuilt_hash)


@contextmanager
def alone_beside(engine: Engine) -> Iterator[None]:
    """Wait until nobody else makes a read model again here, and keep others waiting.

    The lock is a session's own: it is held before any snapshot is taken, through all the
    transactions of a rebuild, and falls with the session.
    """
    lock = Claim("read models", "beside")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.execute(lock.asked("pg_advisory_lock"))
        try:
            yield
        finally:
            session.execute(lock.asked("pg_advisory_unlock"))


def make_beside(tables: MetaData, db: Connection) -> None:
    """Make `tables` anew and empty beside the live ones."""
    db.execute(text(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE"))
    db.execute(text(f"CREATE SCHEMA {BESIDE}"))
    look_beside(db)
    tables.create_all(db, checkfirst=False)


def take_keys(tables: MetaData, db: Connection) -> None:
    """Leave the tables beside without keys and indexes: rows go in at half the price."""
    look_beside(db)
    for table in tables.sorted_tables:
        db.execute(text(f'ALTER TABLE "{table.name}" DROP CONSTRAINT {_key_of(table)}'))
        for index in table.indexes:
            index.drop(db)


def give_keys(tables: MetaData, db: Connection) -> None:
    """Make the keys and indexes of the tables beside, once their rows are there.

    Raises:
        IntegrityError: Two rows of a table have one key.
    """
    look_beside(db)
    db.execute(text(f"SET LOCAL maintenance_work_mem = '{_SORTED_IN}'"))
    for table in tables.sorted_tables:
        columns = ", ".join(f'"{column.name}"' for column in table.primary_key)
        key = f"CONSTRAINT {_key_of(table)} PRIMARY KEY ({columns})"
        db.execute(text(f'ALTER TABLE "{table.name}" ADD {key}'))
        for index in table.indexes:
            index.create(db)


def _key_of(table: Table) -> str:
    return f'"{table.primary_key.name or f"{table.name}_pkey"}"'


def look_beside(db: Connection) -> None:
    """Let the transaction's statements find the tables beside, not the live ones."""
    db.execute(text(f"SET LOCAL search_path = {BESIDE}, public"))


def compare(read_model: str, tables: MetaData, db: Connection) -> list[Comparison]:
    """Return how each live table compares with the one beside it."""
    found = []
    for table in tables.sorted_tables:
        live, beside = _content(LIVE, table.name, db), _content(BESIDE, table.name, db)
        found.append(
            Comparison(read_model, table.name, live[0], beside[0], live[1], beside[1])
        )
    return found


def swap(tables: MetaData, db: Connection) -> None:
    """Put the tables beside in place of the live ones."""
    for table in tables.sorted_tables:
        db.execute(text(f'DROP TABLE {LIVE}."{table.name}" CASCADE'))
        db.execute(text(f'ALTER TABLE {BESIDE}."{table.name}" SET SCHEMA {LIVE}'))
    db.execute(text(f"DROP SCHEMA {BESIDE} CASCADE"))


def _content(schema: str, table: str, db: Connection) -> tuple[int, str]:
    """Return a table's number of rows and a hash of them that no order changes."""
    sql = (
        "SELECT count(*), coalesce(sum(hash_record_extended(t, 0)), 0)::text"
        f' FROM {schema}."{table}" AS t'
    )
    rows, content = db.execute(text(sql)).one()
    return int(rows), str(content)
