"""Scorecards of all sellers: our query on Polars, and the same written by hand for DuckDB.

Both read the same Parquet files, which have rows of all nine metrics, each in processes of
its own, in turns. The results must be equal to the last digit.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import duckdb
import polars as pl

from benchmarks.measure import (
    Outcome,
    conclude,
    megabytes,
    peak_memory,
    say,
    side_by_side,
)
from benchmarks.sayings import AS_OF, OF_A_SELLER, read, write_apart
from services.performance.model.policy import policy_at
from services.performance.model.scorecard import scorecards

POLICY: Final = policy_at(AS_OF)
OBLIGATIONS: Final = 10_000_000
RUNS: Final = 3
GOAL: Final = 0.7

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
  FROM read_parquet('{path}/sayings-*') WHERE "at" <= $as_of GROUP BY ALL),
dated AS (
  SELECT * REPLACE (CASE
    WHEN metric = 'approvals.timely' THEN CASE
      WHEN isodow(opened_at) = 6 THEN date_trunc('day', opened_at) + INTERVAL 4 DAY
      WHEN isodow(opened_at) = 7 THEN date_trunc('day', opened_at) + INTERVAL 3 DAY
      WHEN isodow(opened_at) = 5 OR (isodow(opened_at) = 4
          AND opened_at > date_trunc('day', opened_at)) THEN opened_at + INTERVAL 4 DAY
      ELSE opened_at + INTERVAL 2 DAY END
    WHEN metric NOT IN ('acceptance.timely', 'shipping.tracked', 'responses.timely')
      THEN due_at
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
listed AS (
  SELECT *, says IN ('stocked', 'moved') AS of_stock, ("at", version, event_id) AS place
  FROM read_parquet('{path}/listings-*') WHERE "at" <= $as_of),
products AS (
  SELECT seller_id, product_id,
    arg_max(says, place) FILTER (NOT of_stock AND says <> 'changed') AS standing,
    arg_max({{'images': image_count, 'chars': description_chars, 'weight': weight_g,
      'length': length_mm, 'width': width_mm, 'height': height_mm}}, place)
      FILTER (NOT of_stock AND says <> 'delisted') AS d,
    max("at") FILTER (of_stock) AS moved_at,
    coalesce(bool_or(says = 'stocked'), false) AS stocked
  FROM listed GROUP BY ALL HAVING standing = 'listed'),
at_as_of AS (
  SELECT seller_id, 'listings.complete' AS metric, count(*) AS due, NULL::BIGINT AS kept,
    sum(120 * least(d.images, 3) + least(d.chars, 300)
      + 240 * coalesce(d.weight > 0, false)::INT
      + 300 * coalesce(d.length > 0 AND d.width > 0 AND d.height > 0, false)::INT
    )::BIGINT / (1200 * count(*)) AS rate
  FROM products GROUP BY ALL
  UNION ALL SELECT seller_id, 'inventory.confirmed', count(*),
    count(*) FILTER (moved_at > $as_of - INTERVAL 14 DAY) AS kept, kept / count(*)
  FROM products WHERE stocked GROUP BY ALL),
rated AS (
  SELECT *, kept / due AS rate, false AS is_at_as_of FROM windowed WHERE due > 0
  UNION ALL SELECT seller_id, metric, 0, due, kept, rate, true FROM at_as_of)
SELECT seller_id, rated.metric, window_days, due, kept, rate,
  CASE WHEN NOT is_at_as_of AND due < 10 THEN 'not_enough_data'
    WHEN rate < "limit" AND is_at_as_of THEN 'limit'
    WHEN rate < "limit" AND (rate + {z} * {z} / (2 * due)
      + {z} * sqrt((rate * (1 - rate) + {z} * {z} / (4 * due)) / due))
      / (1 + {z} * {z} / due) < "limit" THEN 'limit'
    WHEN rate < warn THEN 'warn' WHEN rate >= star THEN 'star' ELSE 'good' END AS level
FROM rated JOIN standards ON rated.metric = standards.metric ORDER BY ALL
"""


def ours(path: Path) -> pl.DataFrame:
    """Return the scorecards as the service makes them."""
    return scorecards(*read(path), POLICY, AS_OF)


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
    parser.add_argument("--measure", choices=ENGINES, help="only one, of the rows")
    parser.add_argument("--rows", type=Path, help="where the rows to measure are")
    asked, others = parser.parse_known_args()
    if asked.measure:
        _measure(asked.measure, asked.rows)
    else:
        conclude(partial(_compare, asked.size), others)
    return 0


def _compare(size: int) -> Outcome:
    with TemporaryDirectory() as folder:
        rows = Path(folder)
        write_apart(rows, size)
        say(f"scorecards: {size:,} obligations of {size // OF_A_SELLER:,} sellers")
        ours_, by_hand_ = (partial(_rate, name, rows, size) for name in ENGINES)
        outcome = side_by_side("scorecards", GOAL, ours_, by_hand_, runs=RUNS)
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
    start = perf_counter()
    cards = ENGINES[name](rows)
    seconds = perf_counter() - start
    cards.write_parquet(_result(name, rows))
    sys.stdout.write(f"{seconds} {peak_memory()}\n")


def _result(name: str, rows: Path) -> Path:
    return rows / (f"{name}.parquet")


if __name__ == "__main__":
    sys.exit(main())
