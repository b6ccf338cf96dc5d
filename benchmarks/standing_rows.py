"""A performance database with the rows of many sellers, each with as many."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import polars as pl
from sqlalchemy import Engine, text

from benchmarks.sayings import OF_AN_ORDER, SELLERS, history, listings
from benchmarks.servers import database
from kit.database import connect
from kit.process import prepare
from kit.readmodels.frames import add_new
from services.performance.app import BLUEPRINT
from services.performance.projections import (
    listing_sayings,
    metadata,
    obligation_sayings,
)

OF_A_SELLER: Final = 40
"""Obligations."""


@contextmanager
def rows_of(
    sellers: int, sloppy_every: int = 1, of_a_seller: int = OF_A_SELLER
) -> Iterator[Engine]:
    """A database of its own, filled as by `fill`."""
    with database() as url:
        engine = connect(url)
        try:
            fill(engine, sellers, sloppy_every, of_a_seller)
            yield engine
        finally:
            engine.dispose()


def fill(
    engine: Engine, sellers: int, sloppy_every: int = 1, of_a_seller: int = OF_A_SELLER
) -> None:
    """Prepare an empty database as performance does, and add rows of so many sellers.

    Shape: `sloppy_every` as `sayings.history`; `of_a_seller`, obligations. The keys are
        made once all rows are there.
    """
    prepare(engine, BLUEPRINT)
    with engine.begin() as db:
        for table in metadata.sorted_tables:
            db.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey"))
    for first in range(0, sellers, SELLERS):
        some = min(SELLERS, sellers - first)
        orders = int(some * of_a_seller / OF_AN_ORDER)
        with engine.begin() as db:
            said = history(orders, first, some, sloppy_every)
            listed = listings(first, some, sloppy_every)
            add_new(obligation_sayings, placed(said), db)
            add_new(listing_sayings, placed(listed), db)
    with engine.begin() as db:
        for table in metadata.sorted_tables:
            key = ", ".join(column.name for column in table.primary_key)
            db.execute(text(f"ALTER TABLE {table} ADD PRIMARY KEY ({key})"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("VACUUM ANALYZE"))


def placed(said: pl.DataFrame) -> pl.DataFrame:
    """Return what was said, which comes as it was recorded, with its place in history."""
    return said.with_columns(pos=pl.col("recorded_at").rle_id().cast(pl.Int64) + 1)
