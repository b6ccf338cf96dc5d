"""Read models over other services' facts: rows that are only ever added.

An obligation or a listing is the union of its rows, so order and repeats can't hurt.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl
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

from contracts.fact import Fact
from contracts.performance import AppealDecided
from kit.consumers.columns import Batch, Facts
from kit.readmodels.frames import add_new
from services.performance.policies import (
    UNITS,
    reads,
    said_of_listings,
    said_of_obligations,
    units,
)
from services.performance.projections.claims import rows_of_claims

AS_BYTES: Final = "C"
"""The collation of ids: they are compared, never shown in order to people."""

metadata = MetaData()

# One index does all: it finds repeats, and everything of one seller. It is ordered by
# seller and event, so that a batch touches few pages. Metric and saying tell apart what
# one event says; no event says the same of two subjects of one metric. `pos` is the fact's
# place in the history of its source: in its order a seller's facts come here, so that it
# tells what of a source had come. `source` is null for the service that says of the metric,
# or of listings: it is told where another did, performance of what it upheld.
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
    Column("pos", BigInteger, nullable=False),
    Column("source", Text(collation=AS_BYTES)),
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
    Column("pos", BigInteger, nullable=False),
    Column("source", Text(collation=AS_BYTES)),
    PrimaryKeyConstraint("seller_id", "event_id"),
)


_OF_FACTS: Final = pl.lit(None, dtype=pl.String())


def project_performance(batch: Batch, db: Connection) -> None:
    """Add what `batch` says of obligations and listings.

    Shape: facts of any topic, in any order, any number of times.
    Safe to repeat: Yes. A row that is there already stays as it is.
    """
    obligations: list[pl.DataFrame] = []
    listings: list[pl.DataFrame] = []
    for kind, facts in batch.items():
        if kind is AppealDecided:
            said, listed = rows_of_claims(facts)
            obligations.append(said)
            listings.append(listed)
            continue
        columns = columns_of(kind, facts)
        places = columns.select("event_id", "pos", source=_OF_FACTS)
        obligations += _placed(said_of_obligations(kind, columns), places)
        listings += _placed(said_of_listings(kind, columns), places)
    _add(obligation_sayings, obligations, db)
    _add(listing_sayings, listings, db)


def _placed(said: Sequence[pl.DataFrame], places: pl.DataFrame) -> Sequence[pl.DataFrame]:
    """Return what was `said`, each with its fact's place in the history of its source."""
    of_facts = places.unique("event_id")
    return [rows.join(of_facts, on="event_id", how="left") for rows in said]


def columns_of(kind: type[Fact], facts: Facts) -> pl.DataFrame:
    """Return the columns of `facts` that the rules look at."""
    needed = reads(kind)
    counts = {UNITS: units} if UNITS in needed else {}
    return facts.columns(needed - {UNITS}, counts)


def _add(table: Table, said: Sequence[pl.DataFrame], db: Connection) -> None:
    if said:
        # In the order of the index, each of its pages is looked for once.
        add_new(table, pl.concat(said).sort("seller_id", "event_id"), db)
