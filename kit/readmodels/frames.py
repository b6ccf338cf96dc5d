"""Rows of read models as typed columns, for questions about many of them at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

import polars as pl
from adbc_driver_postgresql.dbapi import connect  # type: ignore[import-untyped]  # it has none
from psycopg import sql

_READ: Final = "SELECT {} FROM {} WHERE {}"
_AS_TEXT: Final = "{0}::text AS {0}"
_ID: Final = "event_id"
"""Read as text: what stands for an id in Arrow differs from driver to driver."""


class Read(Protocol):
    """As `read_frame`, of the moment that was begun with."""

    def __call__(
        self, table: str, schema: pl.Schema, conditions: Sequence[sql.Composable] = ()
    ) -> pl.DataFrame:
        """Return the rows of `table` for which all `conditions` hold. Blocks."""
        ...


def read_frame(
    url: str, table: str, schema: pl.Schema, conditions: Sequence[sql.Composable] = ()
) -> pl.DataFrame:
    """Return the rows of `table` for which all `conditions` hold. Blocks.

    Shape: columns and types as `schema`, in no order of rows; `url` as
        `kit.database.address` returns it: its search_path says which tables are found.
    """
    with one_moment(url) as read:
        return read(table, schema, conditions)


@contextmanager
def one_moment(url: str) -> Iterator[Read]:
    """Let tables be read as they were at one moment, whatever is committed meanwhile.

    Shape: `url` as for `read_frame`.
    """
    with connect(url) as db, db.cursor() as cursor:  # in a transaction of its own

        def read(
            table: str, schema: pl.Schema, conditions: Sequence[sql.Composable] = ()
        ) -> pl.DataFrame:
            cursor.execute(_select(table, schema, conditions))
            return pl.DataFrame(cursor.fetch_arrow()).cast(schema)

        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield read


def _select(table: str, schema: pl.Schema, conditions: Sequence[sql.Composable]) -> str:
    columns = sql.SQL(", ").join(map(_column, schema))
    where = sql.SQL(" AND ").join([sql.SQL("true"), *conditions])
    return sql.SQL(_READ).format(columns, sql.Identifier(table), where).as_string(None)


def _column(name: str) -> sql.Composable:
    column = sql.Identifier(name)
    return sql.SQL(_AS_TEXT).format(column) if name == _ID else column
