"""Read models over other services' facts: rows that are only ever added.

An obligation or a listing is the union of its rows, so order and repeats can't hurt.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

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
from services.performance.model.metrics import NAMES as ALL_METRICS
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


_PLACE: Final = ("pos", "source")
_OF_FACTS: Final = pl.lit(None, dtype=pl.String())


def project_performance(batch: Batch, db: Connection) -> None:
    """Add what `batch` says of obligations and listings.

    Shape: facts of any topic, in any order, any number of times.
    Safe to repeat: Yes. A row that is there already stays as it is.
    """
    said = said_in(batch)
    _add(obligation_sayings, said.of_obligations, db)
    _add(listing_sayings, said.of_listings, db)


class Said(NamedTuple):
    """What a batch says of obligations and of listings, each with its fact's place.

    Shape: frames typed as SAYINGS and as LISTINGS, with `pos` and `source`.
    """

    of_obligations: Sequence[pl.DataFrame]
    of_listings: Sequence[pl.DataFrame]


def said_in(batch: Batch, metrics: Collection[str] = ALL_METRICS) -> Said:
    """Return what `batch` says of obligations of `metrics`, and of listings."""
    obligations: list[pl.DataFrame] = []
    listings: list[pl.DataFrame] = []
    for kind, facts in batch.items():
        if kind is AppealDecided:
            claimed, listed = rows_of_claims(facts)
            obligations.append(claimed.filter(pl.col("metric").is_in(metrics)))
            listings.append(listed)
            continue
        columns = columns_of(kind, facts, metrics).with_columns(source=_OF_FACTS)
        obligations += said_of_obligations(kind, columns, metrics, _PLACE)
        listings += said_of_listings(kind, columns, _PLACE)
    return Said(obligations, listings)


def columns_of(
    kind: type[Fact], facts: Facts, metrics: Collection[str] = ALL_METRICS
) -> pl.DataFrame:
    """Return the columns of `facts` that the rules of `metrics` look at."""
    needed = reads(kind, metrics)
    counts = {UNITS: units} if UNITS in needed else {}
    return facts.columns(needed - {UNITS}, counts)


def _add(table: Table, said: Sequence[pl.DataFrame], db: Connection) -> None:
    if said:
        # In the order of the index, each of its pages is looked for once. Of what two
        # appeals claimed, what was upheld first stays: in the order in which it came.
        rows = pl.concat(said).sort("seller_id", "event_id", maintain_order=True)
        add_new(table, rows, db)
