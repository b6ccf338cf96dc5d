"""Read models over other services' facts: rows that are only ever added.

An obligation or a listing is the union of its rows, so order and repeats can't hurt.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any, Final, TypeAlias

from psycopg import errors, sql
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from kit.consumers.records import Received
from kit.database import driver
from services.performance.policies import whenever, whenever_listing

AS_BYTES: Final = "C"
"""The collation of ids: they are compared, never shown in order to people."""

metadata = MetaData()

# One index does all: it finds repeats, and everything of one seller. It is ordered by
# seller and event, so that a batch touches few pages. Metric and saying tell apart what
# one event says; no event says the same of two subjects of one metric.
obligation_sayings = Table(
    "obligation_sayings",
    metadata,
    Column("seller_id", Text(collation=AS_BYTES), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("metric", Text(collation=AS_BYTES), nullable=False),
    Column("says", Text(collation=AS_BYTES), nullable=False),
    Column("subject_id", Text(collation=AS_BYTES), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("amount", BigInteger),
    Column("part_of", Text(collation=AS_BYTES)),
    PrimaryKeyConstraint("seller_id", "event_id", "metric", "says"),
)
listing_sayings = Table(
    "listing_sayings",
    metadata,
    Column("seller_id", Text(collation=AS_BYTES), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("product_id", Text(collation=AS_BYTES), nullable=False),
    Column("says", Text(collation=AS_BYTES), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("image_count", Integer),
    Column("description_chars", Integer),
    Column("weight_g", Integer),
    Column("length_mm", Integer),
    Column("width_mm", Integer),
    Column("height_mm", Integer),
    PrimaryKeyConstraint("seller_id", "event_id"),
)

OBLIGATION_ROW: Final = (
    "metric",
    "subject_id",
    "seller_id",
    "says",
    "at",
    "amount",
    "part_of",
    "event_id",
    "recorded_at",
)
LISTING_ROW: Final = (
    "seller_id",
    "product_id",
    "says",
    "at",
    "image_count",
    "description_chars",
    "weight_g",
    "length_mm",
    "width_mm",
    "height_mm",
    "version",
    "event_id",
    "recorded_at",
)
Row: TypeAlias = tuple[Any, ...]


def project_performance(batch: Sequence[Received], db: Connection) -> None:
    """Add what `batch` says of obligations and listings.

    Shape: facts of any topic, in any order, any number of times.
    Safe to repeat: Yes. A row that is there already stays as it is.
    """
    sayings: list[str] = []
    listings: list[str] = []
    for received in batch:
        envelope, fact = received.envelope, received.fact
        recorded_at = _written_moment(envelope.recordedtime)
        evidence = f"\t{envelope.id}\t{recorded_at}\n"
        for said in whenever(fact):
            sayings.append(_line(said) + evidence)  # noqa: PERF401 - extend takes longer
        if listing := whenever_listing(fact):
            listings.append(f"{_line(listing)}\t{envelope.sequence}{evidence}")
    _add(obligation_sayings, OBLIGATION_ROW, sayings, db)
    _add(listing_sayings, LISTING_ROW, listings, db)


def _line(row: Row) -> str:
    """Return `row` as COPY reads it.

    Written out here, because it is what a fact costs most: psycopg takes three times as
    long to write a row of Python values.
    """
    return "\t".join([_WRITTEN[type(value)](value) for value in row])


def _written_text(value: str) -> str:
    for raw, escaped in _ESCAPES:
        if raw in value:
            value = value.replace(raw, escaped)
    return value


def _written_moment(at: datetime) -> str:
    # Moments of facts are UTC. `str` takes three times as long over the offset.
    day = f"{at.year:04}-{at.month:02}-{at.day:02}"
    return f"{day} {at.hour}:{at.minute}:{at.second}.{at.microsecond:06}+00"


_ESCAPES: Final = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_WRITTEN: Final[Mapping[type, Callable[[Any], str]]] = {
    str: _written_text,
    int: str,
    datetime: _written_moment,
    NoneType: lambda _: "\\N",
}


def _add(
    table: Table, columns: Sequence[str], lines: Sequence[str], db: Connection
) -> None:
    """Copy `lines` in as if all were new; if one is not, leave out those that are known.

    Repeats are rare: the inbox drops them. So the way that is twice as fast goes first.
    """
    if not lines:
        return
    data = "".join(lines).encode()
    try:
        with db.begin_nested():
            _copy(table.name, columns, data, db)
    except errors.UniqueViolation:
        _copy_what_is_new(table.name, columns, data, db)


def _copy_what_is_new(
    name: str, columns: Sequence[str], data: bytes, db: Connection
) -> None:
    here, arriving = sql.Identifier(name), sql.Identifier(f"arriving_{name}")
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor = driver(db).cursor()
    make = "CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DROP"
    cursor.execute(sql.SQL(make).format(arriving, here))
    _copy(f"arriving_{name}", columns, data, db)
    add = "INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING"
    cursor.execute(sql.SQL(add).format(here, listed, listed, arriving))
    cursor.execute(sql.SQL("TRUNCATE {}").format(arriving))


def _copy(name: str, columns: Sequence[str], data: bytes, db: Connection) -> None:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), listed)
    with driver(db).cursor().copy(statement) as copy:
        copy.write(data)
