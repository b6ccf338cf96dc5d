"""A month's store fees of a million lots: our columns, and DuckDB with hand-written SQL.

Both start from the same movements in memory, in the order of recording, and end with the
same lines, which is checked. The movements are so regular (lots come in the order of their
age, and there is always enough) that running sums say what is left of each lot: that is
what the SQL does. Ours is the general rule. Compiling it is part of the first call, which
is not counted; nor is DuckDB's first.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import duckdb
import numpy as np
import polars as pl

from benchmarks.measure import Outcome, conclude, megabytes, say, side_by_side
from services.billing.model.fee import FEES, store_fees
from services.billing.model.months import CalendarMonth
from services.billing.model.stock import MOVEMENTS
from services.billing.model.terms import StoreFeeTerms

GOAL: Final = 0.5
LOTS: Final = 1_000_000
LOTS_OF_A_PRODUCT: Final = 5
SELLERS: Final = 2_000
MONTH: Final = CalendarMonth(2026, 1)
TERMS: Final = StoreFeeTerms(effective_from=date(2020, 1, 1), rate_cents=20, free_days=60)

_DAY: Final = 86_400_000_000
_FIRST_DAY: Final = (date(2025, 6, 1) - date(1970, 1, 1)).days

FEES_IN_SQL: Final = """
WITH lots AS (
    SELECT seller_id, product_id, manufactured_on, "at"::DATE AS came_on, units,
        sum(units) OVER (
            PARTITION BY seller_id, product_id ORDER BY manufactured_on, lot_id
            ROWS UNBOUNDED PRECEDING
        ) AS units_up_to
    FROM movements WHERE kind = 'received' AND "at" < $until
), days AS (
    SELECT seller_id, product_id, "at"::DATE AS day,
        sum(CASE kind WHEN 'deducted' THEN units ELSE -units END) AS net
    FROM movements WHERE kind <> 'received' AND "at" < $until GROUP BY ALL
), drawn AS (
    SELECT seller_id, product_id, day, sum(net) OVER product AS drawn,
        lead(day, 1, DATE '9999-01-01') OVER product AS next_day
    FROM days WINDOW product AS (PARTITION BY seller_id, product_id ORDER BY day)
    UNION ALL
    SELECT seller_id, product_id, DATE '0001-01-01', 0, min(day) FROM days GROUP BY ALL
), balances AS (
    SELECT l.seller_id, l.product_id,
        least(l.units, l.units_up_to - d.drawn) * greatest(
            0,
            least(d.next_day, $until) - greatest(
                d.day, $first, l.came_on, l.manufactured_on + $free_days
            )
        ) AS unit_days
    FROM lots AS l JOIN drawn AS d USING (seller_id, product_id)
    WHERE d.next_day > $first AND d.day < $until AND l.units_up_to > d.drawn
)
SELECT seller_id, product_id, sum(unit_days)::BIGINT AS unit_days,
    $days_in_month AS days_in_month,
    floor(
        (sum(unit_days) * 2 * $rate_cents + $days_in_month) / (2 * $days_in_month)
    )::BIGINT AS cents
FROM balances GROUP BY seller_id, product_id HAVING sum(unit_days) > 0
ORDER BY seller_id, product_id
"""


def movements(lots: int) -> pl.DataFrame:
    """Return receipts of `lots`, two deductions after each, and now and then a return."""
    chance = np.random.default_rng(seed=7)
    product = np.arange(lots) // LOTS_OF_A_PRODUCT
    turn = np.arange(lots) % LOTS_OF_A_PRODUCT
    day = _FIRST_DAY + 60 * turn + chance.integers(0, 40, lots)
    units = chance.integers(50, 500, lots)
    came = day * _DAY + chance.integers(0, _DAY, lots)
    sold = came + chance.integers(1, 20 * _DAY, lots)
    sold_more = sold + chance.integers(1, 20 * _DAY, lots)
    back = np.flatnonzero(chance.random(lots) < 0.2)  # noqa: PLR2004 - one in five
    returned = sold_more[back] + chance.integers(1, 5 * _DAY, back.size)
    more = units * chance.integers(10, 30, lots) // 100 + 1
    made_on = (day - chance.integers(1, 10, lots)).astype(np.int32)
    receipts = pl.DataFrame({"lot": np.arange(lots), "manufactured_on": made_on})
    moved = [
        _moved("received", product, came, units).hstack(receipts),
        _moved("deducted", product, sold, units * chance.integers(20, 60, lots) // 100 + 1),
        _moved("deducted", product, sold_more, more),
        _moved("restored", product[back], returned, more[back] // 3 + 1),
    ]
    return _named(pl.concat(moved, how="diagonal").sort("at"))


def _moved(kind: str, product: Any, at: Any, units: Any) -> pl.DataFrame:  # noqa: ANN401 - arrays
    return pl.DataFrame({"product": product, "at": at, "units": units, "kind": kind})


def _named(moved: pl.DataFrame) -> pl.DataFrame:
    def numbered(prefix: str, number: pl.Expr, digits: int) -> pl.Expr:
        return prefix + number.cast(pl.String).str.zfill(digits)

    return moved.select(
        event_id=numbered("01980000-0000-7000-8000-", pl.int_range(pl.len()), 12),
        seller_id=numbered("seller-", pl.col("product") % SELLERS, 5),
        product_id=numbered("product-", pl.col("product"), 8),
        kind="kind",
        at=pl.col("at"),
        units="units",
        lot_id=numbered("lot-", pl.col("lot"), 8),
        manufactured_on=pl.col("manufactured_on"),
        version=pl.int_range(1, pl.len() + 1).over("product"),
        recorded_at=pl.col("at"),
    ).cast(MOVEMENTS)


def in_duckdb(moved: pl.DataFrame) -> Callable[[], pl.DataFrame]:
    """Return the same question for DuckDB, on a table of its own."""
    database = duckdb.connect()
    table = moved.with_columns(pl.col("at").dt.replace_time_zone(None)).to_arrow()
    database.register("given", table)
    database.execute("CREATE TABLE movements AS SELECT * FROM given")
    database.unregister("given")
    asked = {
        "first": MONTH.first,
        "until": MONTH.end,
        "days_in_month": MONTH.days,
        "free_days": TERMS.free_days,
        "rate_cents": TERMS.rate_cents,
    }

    def ask() -> pl.DataFrame:
        found = database.sql(FEES_IN_SQL, params=asked).to_arrow_table()
        return pl.DataFrame(found).cast(FEES)

    return ask


def fees(lots: int = LOTS) -> Outcome:
    """Return how many lots a second ours rates, beside DuckDB.

    Raises:
        RuntimeError: They differ in any line.
    """
    moved = movements(lots)
    ask = in_duckdb(moved)

    def rate() -> pl.DataFrame:
        return store_fees(moved, TERMS, MONTH)

    lines = rate()
    if not lines.equals(ask()):
        raise RuntimeError("DuckDB's lines are others")
    say(f"fees: {lots:,} lots, {moved.height:,} movements, {lines.height:,} equal lines")
    found = side_by_side(
        "fees", GOAL, partial(_rate, rate, lots), partial(_rate, ask, lots)
    )
    for name, work in (("ours", rate), ("other", ask)):
        say(f"fees: {name} at most {megabytes(_most_memory(work))}, with the movements")
    return found


def _rate(work: Callable[[], pl.DataFrame], lots: int) -> float:
    started = perf_counter()
    work()
    return lots / (perf_counter() - started)


def _most_memory(work: Callable[[], pl.DataFrame]) -> int:
    """Return the most bytes that the process held while `work` was done; Linux only."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    work()
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main() -> int:
    """Measure as many lots as `--size` says; `--strict` fails below the goal."""
    parser = ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--size", type=int, default=LOTS)
    asked, others = parser.parse_known_args()
    conclude(partial(fees, asked.size), others)
    return 0


if __name__ == "__main__":
    sys.exit(main())
