import polars as pl
import pytest
from sqlalchemy import Table

from benchmarks.sayings import history, listings
from benchmarks.standing_rows import placed
from services.performance.projections import listing_sayings, obligation_sayings


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        (obligation_sayings, placed(history(60, 0, 3))),
        (listing_sayings, placed(listings(0, 3))),
    ],
    ids=["obligations", "listings"],
)
def test_what_is_measured_has_what_performance_keeps(
    table: Table, rows: pl.DataFrame
) -> None:
    nulls = rows.null_count().row(0, named=True)
    full = {name for name, count in nulls.items() if not count}

    assert {each.name for each in table.c if not each.nullable} <= full
    assert {*rows.columns} <= {each.name for each in table.c}
