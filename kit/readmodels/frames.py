"""Rows of read models as typed columns, for questions about many of them at once."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from psycopg import sql

_READ: Final = "SELECT {} FROM {} WHERE {}"
_AS_TEXT: Final = "{0}::text AS {0}"
_ID: Final = "event_id"
"""Read as text: what stands for an id in Arrow differs from driver to driver."""


def read_frame(
    url: str, table: str, schema: pl.Schema, conditions: Sequence[sql.Composable] = ()
) -> pl.DataFrame:
    """Return the rows of `table` for which all `conditions` hold. Blocks.

    Shape: columns and types as `schema`, in no order of rows; `url` as
        `kit.database.address` returns it: its search_path says which tables are found.
    """
    columns = sql.SQL(", ").join(map(_column, schema))
    where = sql.SQL(" AND ").join([sql.SQL("true"), *conditions])
    read = sql.SQL(_READ).format(columns, sql.Identifier(table), where)
    found = pl.read_database_uri(read.as_string(None), url, engine="adbc")
    return found.cast(schema)


def _column(name: str) -> sql.Composable:
    column = sql.Identifier(name)
    return sql.SQL(_AS_TEXT).format(column) if name == _ID else column
