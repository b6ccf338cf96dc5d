"""Scorecards of all sellers: our query on Polars, and the same written by hand for DuckDB.

Both read the same Parquet file of sayings, each in processes of its own, in turns. The
results must be equal to the last digit.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import duckdb
import numpy as np
import polars as pl

from benchmarks.measure import (
    Outcome,
    conclude,
    megabytes,
    peak_memory,
    say,
    side_by_side,
)
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.policy import policy_at
from services.performance.model.scorecard import scorecards

AS_OF: Final = datetime(2026, 6, 1, tzinfo=UTC)
POLICY: Final = policy_at(AS_OF)
OBLIGATIONS: Final = 5_000_000
OBLIGATIONS_OF_AN_ORDER: Final = 5
FATES: Final = (range(4), range(4, 5), range(5, 7), range(7, 8), range(8, 100))
"""Of a hundred orders: rejected, expired, cancelled, without a number, and the others."""

SELLERS: Final = 5_000
HISTORY: Final = timedelta(days=150)
GOAL: Final = 0.5
MOMENTS: Final = ("placed_at", "decided_at", "shipped_at", "saved_at", "ship_by")

BY_HAND: Final = """
WITH standards(metric, star, warn, "limit") AS (VALUES {standards}),
obligations AS (
  SELECT seller_id, metric, subject_id,
    min("at") FILTER (says = 'opened') AS opened_at,
    min("at") FILTER (says = 'due') AS due_at,
    min("at") FILTER (says = 'kept') AS kept_at,
    min("at") FILTER (says = 'void') AS void_at,
    max(amount) FILTER (says = 'due') AS units,
    coalesce(sum(amount) FILTER (says = 'amount'), 0) AS cut,
    bool_or(says = 'amount' AND amount IS NULL) AS emptied
  FROM read_parquet('{path}') WHERE "at" <= $as_of GROUP BY ALL),
dated AS (
  SELECT * REPLACE (CASE
    WHEN metric NOT IN ('acceptance.timely', 'shipping.tracked') THEN due_at
    WHEN isodow(opened_at) = 6 THEN date_trunc('day', opened_at) + INTERVAL 3 DAY
    WHEN isodow(opened_at) = 7 THEN date_trunc('day', opened_at) + INTERVAL 2 DAY
    WHEN isodow(opened_at) = 5 AND opened_at > date_trunc('day', opened_at)
      THEN opened_at + INTERVAL 3 DAY
    ELSE opened_at + INTERVAL 1 DAY END AS due_at) FROM obligations),
counted AS (
  SELECT seller_id, metric, due_at,
    CASE WHEN metric = 'inventory.units_filled' THEN units ELSE 1 END AS due,
    CASE WHEN metric <> 'inventory.units_filled'
      THEN (kept_at IS NOT NULL AND kept_at <= due_at)::BIGINT
      WHEN emptied THEN 0 ELSE greatest(units - cut, 0) END AS kept
  FROM dated
  WHERE due_at <= $as_of AND due_at > $as_of - INTERVAL 90 DAY
    AND (metric <> 'shipping.on_time' OR opened_at IS NOT NULL)
    AND (void_at IS NULL
      OR (metric = 'acceptance.timely' AND kept_at <= void_at)
      OR (metric = 'shipping.on_time' AND void_at >= due_at))),
summed AS (
  SELECT seller_id, metric, sum(due) AS due, sum(kept) AS kept,
    coalesce(sum(due) FILTER (due_at > $as_of - INTERVAL 30 DAY), 0) AS recent_due,
    coalesce(sum(kept) FILTER (due_at > $as_of - INTERVAL 30 DAY), 0) AS recent_kept
  FROM counted GROUP BY ALL),
windowed AS (
  SELECT seller_id, metric::VARCHAR AS metric,
    CASE WHEN recent_due >= 10 THEN 30 ELSE 90 END::BIGINT AS window_days,
    CASE WHEN recent_due >= 10 THEN recent_due ELSE due END::BIGINT AS due,
    CASE WHEN recent_due >= 10 THEN recent_kept ELSE kept END::BIGINT AS kept
  FROM summed),
rated AS (SELECT *, kept / due AS rate FROM windowed WHERE due > 0)
SELECT seller_id, rated.metric, window_days, due, kept, rate,
  CASE WHEN due < 10 THEN 'not_enough_data'
    WHEN rate < "limit" AND (rate + {z} * {z} / (2 * due)
      + {z} * sqrt((rate * (1 - rate) + {z} * {z} / (4 * due)) / due))
      / (1 + {z} * {z} / due) < "limit" THEN 'limit'
    WHEN rate < warn THEN 'warn' WHEN rate >= star THEN 'star' ELSE 'good' END AS level
FROM rated JOIN standards ON rated.metric = standards.metric ORDER BY ALL
"""


def ours(path: Path) -> pl.DataFrame:
    """Return the scorecards as the service makes them."""
    return scorecards(pl.scan_parquet(path), LISTINGS.to_frame(), POLICY, AS_OF)


def by_hand(path: Path) -> pl.DataFrame:
    """Return the scorecards as DuckDB makes them, without holidays and split orders."""
    standards = ", ".join(
        f"('{name}', {s.star or 'NULL'}::DOUBLE, {s.warn}::DOUBLE, {s.limit}::DOUBLE)"
        for name, s in POLICY.standards.items()
    )
    query = BY_HAND.format(standards=standards, path=path, z=f"{POLICY.z}::DOUBLE")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.sql(query, params={"as_of": AS_OF}).to_arrow_table()
    return pl.DataFrame(found)


ENGINES: Final[Mapping[str, Callable[[Path], pl.DataFrame]]] = {
    "ours": ours,
    "duckdb": by_hand,
}


def main() -> int:
    """Measure as many obligations as `--size` says; `--strict` fails below the goal."""
    parser = ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--size", type=int, default=OBLIGATIONS)
    parser.add_argument("--write", type=Path, help="only write the rows, to this file")
    parser.add_argument("--measure", choices=ENGINES, help="only one, of the rows")
    parser.add_argument("--rows", type=Path, help="the file of rows to measure")
    asked, others = parser.parse_known_args()
    if asked.write:
        history(asked.size // OBLIGATIONS_OF_AN_ORDER).write_parquet(asked.write)
    elif asked.measure:
        _measure(asked.measure, asked.rows)
    else:
        conclude(partial(_compare, asked.size), others)
    return 0


def _compare(size: int) -> Outcome:
    with TemporaryDirectory() as folder:
        rows = Path(folder) / "sayings.parquet"
        _run("--write", str(rows), "--size", str(size))
        say(f"scorecards: {size:,} obligations of {SELLERS:,} sellers")
        ours_, by_hand_ = (partial(_rate, name, rows, size) for name in ENGINES)
        outcome = side_by_side("scorecards", GOAL, ours_, by_hand_)
        cards = [pl.read_parquet(_result(name, rows)) for name in ENGINES]
    if not cards[0].equals(cards[1]):
        raise SystemExit("scorecards: the results differ")
    say(f"scorecards: both made the same {cards[0].height:,}")
    return outcome


def _rate(name: str, rows: Path, size: int) -> float:
    seconds, peak = map(float, _run("--measure", name, "--rows", str(rows)).split())
    say(f"scorecards: {name:>6} {seconds:6.2f} s, peak memory {megabytes(int(peak))}")
    return size / seconds


def _run(*arguments: str) -> str:
    """Run a part of this file in a process of its own, whose memory is only its own."""
    command = [sys.executable, "-m", "benchmarks.scorecards", *arguments]
    done = run(command, check=True, stdout=PIPE, text=True)  # noqa: S603 - this file
    return done.stdout


def _measure(name: str, rows: Path) -> None:
    ENGINES[name](rows)  # the first time, memory is still being asked for
    start = perf_counter()
    cards = ENGINES[name](rows)
    seconds = perf_counter() - start
    cards.write_parquet(_result(name, rows))
    sys.stdout.write(f"{seconds} {peak_memory()}\n")


def _result(name: str, rows: Path) -> Path:
    return rows.with_name(f"{name}.parquet")


def history(orders: int) -> pl.DataFrame:
    """Return what facts said of so many orders, as recorded: typed as SAYINGS.

    Half of those rejected are for want of stock; some are cut for it, and the marketplace
    ships one in ten.
    """
    placed = _orders(orders)
    fates = [placed.filter(pl.col("fate").is_in(of)) for of in FATES]
    no, expired, off, bare, fine = fates
    yes, kept = pl.concat([off, bare, fine]), pl.concat([bare, fine])
    said = [
        _said(placed, "acceptance.timely", "opened", "placed_at"),
        _said(placed, "shipping.on_time", "due", "ship_by"),
        _said(placed, "inventory.units_filled", "due", "placed_at", "units"),
        _said(yes, "acceptance.timely", "kept", "decided_at"),
        _said(yes, "acceptance.accepted", "due", "decided_at"),
        _said(yes, "acceptance.accepted", "kept", "decided_at"),
        _said(yes, "shipping.on_time", "opened", "decided_at"),
        _said(no, "acceptance.timely", "kept", "decided_at"),
        _said(no, "acceptance.accepted", "due", "decided_at"),
        _said(no[::2], "inventory.units_filled", "amount", "decided_at"),
        _said(no[1::2], "acceptance.accepted", "void", "decided_at"),
        _said(expired, "acceptance.accepted", "due", "ship_by"),
        _said(off, "shipping.on_time", "void", "ship_by"),
        _said(off, "acceptance.timely", "void", "placed_at"),
        _said(kept[::33], "inventory.units_filled", "amount", "shipped_at", "cut"),
        _said(kept, "shipping.on_time", "kept", "shipped_at"),
        _said(kept, "shipping.tracked", "opened", "shipped_at", subject="shipment"),
        _said(kept[::10], "shipping.tracked", "void", "shipped_at", subject="shipment"),
        _said(
            fine,
            "shipping.tracked",
            "kept",
            "saved_at",
            subject="shipment",
        ),
    ]
    return pl.concat(said).sort("recorded_at")


def _orders(count: int) -> pl.DataFrame:
    rng = np.random.default_rng(20260601)
    hour, start = 3_600_000_000, int((AS_OF - HISTORY).timestamp()) * 1_000_000
    number = pl.Series("number", np.arange(count))
    frame = pl.DataFrame(
        {
            "number": number,
            "seller": rng.integers(0, SELLERS, count),
            "placed_at": start
            + rng.integers(0, HISTORY // timedelta(hours=1) * hour, count),
            "fate": rng.integers(0, 100, count),
            "units": rng.integers(1, 25, count),
            "to_decide": rng.exponential(9 * hour, count).astype(np.int64),
            "to_ship": rng.integers(24 * hour, 125 * hour, count),
            "to_save": rng.exponential(6 * hour, count).astype(np.int64),
        }
    )
    at = pl.col("placed_at")
    return frame.with_columns(
        _id("seller").alias("seller_id"),
        _id("number").alias("order_id"),
        (_id("number") + "/1").alias("shipment"),
        (pl.col("units") // 2).alias("cut"),
        ship_by=at + 120 * hour,
        decided_at=at + pl.col("to_decide"),
        shipped_at=at + pl.col("to_ship"),
        saved_at=at + pl.col("to_ship") + pl.col("to_save"),
    )


def _id(column: str) -> pl.Expr:
    """Return ids as long as real ones, and in no order."""
    scattered = pl.col(column).hash(7).cast(pl.String).str.zfill(20)
    return pl.format("{}-{}", scattered, pl.col(column).cast(pl.String).str.zfill(11))


def _said(
    orders: pl.DataFrame,
    metric: str,
    says: str,
    at: str,
    amount: str | None = None,
    *,
    subject: str = "order_id",
) -> pl.DataFrame:
    number = pl.col("number").cast(pl.String).str.zfill(12)
    event = pl.format("01980000-0000-7000-{}-{}", pl.lit(f"{MOMENTS.index(at):04}"), number)
    return orders.select(
        metric=pl.lit(metric),
        subject_id=pl.col(subject),
        seller_id=pl.col("seller_id"),
        says=pl.lit(says),
        at=pl.col(at),
        amount=pl.col(amount) if amount else pl.lit(None),
        part_of=pl.lit(None),
        event_id=event,
        recorded_at=pl.col(at),
    ).cast(SAYINGS)


if __name__ == "__main__":
    sys.exit(main())
