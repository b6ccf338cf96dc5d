"""Read models over other services' facts: rows that are only ever added.

An obligation or a listing is the union of its rows, so order and repeats can't hurt.
"""

from collections.abc import Iterable, Sequence
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
from sqlalchemy.exc import IntegrityError

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
    sayings: list[Row] = []
    listings: list[Row] = []
    for received in batch:
        envelope, fact = received.envelope, received.fact
        evidence = (envelope.id, envelope.recordedtime)
        for said in whenever(fact):
            sayings.append((*said, *evidence))  # noqa: PERF401 - half the time of extend
        if listing := whenever_listing(fact):
            listings.append((*listing, envelope.sequence, *evidence))
    _add(obligation_sayings, OBLIGATION_ROW, sayings, db)
    _add(listing_sayings, LISTING_ROW, listings, db)


def _add(table: Table, columns: Sequence[str], rows: Sequence[Row], db: Connection) -> None:
    """Copy `rows` in as if all were new; if one is not, leave out those that are known.

    Repeats are rare: the inbox drops them. So the way that is twice as fast goes first.
    """
    if not rows:
        return
    try:
        with db.begin_nested():
            _copy(table.name, columns, rows, db)
    except (errors.UniqueViolation, IntegrityError):
        _copy_what_is_new(table.name, columns, rows, db)


def _copy_what_is_new(
    name: str, columns: Sequence[str], rows: Sequence[Row], db: Connection
) -> None:
    here, arriving = sql.Identifier(name), sql.Identifier(f"arriving_{name}")
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor = driver(db).cursor()
    make = "CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DROP"
    cursor.execute(sql.SQL(make).format(arriving, here))
    _copy(f"arriving_{name}", columns, rows, db)
    add = "INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING"
    cursor.execute(sql.SQL(add).format(here, listed, listed, arriving))
    cursor.execute(sql.SQL("TRUNCATE {}").format(arriving))


def _copy(name: str, columns: Sequence[str], rows: Iterable[Row], db: Connection) -> None:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), listed)
    with driver(db).cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
