"""Rows of read models as typed columns: to be asked about, or added, many at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

import polars as pl
from adbc_driver_postgresql.dbapi import connect  # type: ignore[import-untyped]  # it has none
from pgpq import ArrowToPostgresBinaryEncoder
from psycopg import errors, sql
from sqlalchemy import (
    BigInteger,
    Connection,
    Date,
    DateTime,
    Integer,
    Table,
    Text,
    Uuid,
)

from kit.database import driver

_READ: Final = "SELECT {} FROM {} WHERE {}"
_AS_TEXT: Final = "{0}::text AS {0}"
_ID: Final = "event_id"
"""Read as text: what stands for an id in Arrow differs from driver to driver."""
_TYPES: Final[Mapping[type[Any], pl.DataType]] = {
    Text: pl.String(),
    Integer: pl.Int32(),
    BigInteger: pl.Int64(),
    DateTime: pl.Datetime("us", "UTC"),
    Date: pl.Date(),
}
"""What PostgreSQL takes in binary for each type of a column, to the width."""


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


def add_new(table: Table, rows: pl.DataFrame, db: Connection) -> None:
    """Add those of `rows` whose primary key is not in `table` yet.

    Copied in as if all were new; if one is not, they go round by a temporary table.
    Repeats are rare where a consumer's place is kept: the inbox drops them. So the way
    that is twice as fast goes first.

    Shape: the columns of `rows` are some of the table's, by name; a Uuid is text.
    Safe to repeat: Yes.
    """
    if rows.is_empty():
        return
    try:
        with db.begin_nested():
            _copy(table.name, table, rows, db)
    except errors.UniqueViolation:
        _copy_what_is_new(table, rows, db)


def _copy_what_is_new(table: Table, rows: pl.DataFrame, db: Connection) -> None:
    here, arriving = sql.Identifier(table.name), sql.Identifier(f"arriving_{table.name}")
    listed = _listed(rows)
    cursor = driver(db).cursor()
    make = "CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DROP"
    cursor.execute(sql.SQL(make).format(arriving, here))
    _copy(f"arriving_{table.name}", table, rows, db)
    add = "INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING"
    cursor.execute(sql.SQL(add).format(here, listed, listed, arriving))
    cursor.execute(sql.SQL("TRUNCATE {}").format(arriving))


def _copy(name: str, table: Table, rows: pl.DataFrame, db: Connection) -> None:
    copy_in = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)")
    statement = copy_in.format(sql.Identifier(name), _listed(rows))
    with driver(db).cursor().copy(statement) as copy:
        copy.write(_in_binary(table, rows))


def _listed(rows: pl.DataFrame) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, rows.columns))


def _in_binary(table: Table, rows: pl.DataFrame) -> bytes:
    """Return `rows` as PostgreSQL keeps them: as text, they cost it half as much again."""
    typed = rows.select(_stored(table, name) for name in rows.columns)
    arrow = typed.to_arrow(compat_level=pl.CompatLevel.oldest())
    encoder = ArrowToPostgresBinaryEncoder(arrow.schema)
    written = [encoder.write_header()]
    written += [encoder.write_batch(batch) for batch in arrow.to_batches()]
    return b"".join([*written, encoder.finish()])


def _stored(table: Table, name: str) -> pl.Expr:
    kind, column = type(table.c[name].type), pl.col(name)
    if kind is Uuid:
        return column.str.replace_all("-", "", literal=True).str.decode("hex")
    return column.cast(_TYPES[kind])
