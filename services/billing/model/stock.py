"""Stock on hand: what movements leave in each lot, from which day until which."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import polars as pl

from services.billing.model.allocation import RECEIVED, Ints, Movements, allocate, until

MOVEMENTS: Final = pl.Schema(
    {
        "event_id": pl.String(),
        "seller_id": pl.String(),
        "product_id": pl.String(),
        "kind": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        "units": pl.Int64(),
        "lot_id": pl.String(),
        "manufactured_on": pl.Date(),
        "version": pl.Int64(),
        "recorded_at": pl.Datetime("us", "UTC"),
    }
)
"""Movements of stock, one row per inventory fact; lots are named by receipts only."""

KINDS: Final = ("received", "deducted", "restored")
"""What a movement is called, in the order of the numbers in `allocation`."""

NEVER: Final = 2**31 - 1

_PRODUCT: Final = ("seller_id", "product_id")


@dataclass(frozen=True, slots=True)
class StockHistory:
    """What was on hand in each lot, and which movement made it so.

    Units: days are days since 1970-01-01; a day's units are those on hand at its end.
    Shape: `products`: product, seller_id, product_id. `lots` by number, oldest first within
        a product: product, lot_id, manufactured_on. `facts` by number, by product and
        moment: event_id. `balances`, in the order of facts: fact, product, lot, units,
        from_day, until_day (without it). Numbers count from 0; a lot from `lots.height` on
        stands for what has no lot.
    """

    products: pl.DataFrame
    lots: pl.DataFrame
    facts: pl.DataFrame
    balances: pl.DataFrame


def stock_history(
    movements: pl.DataFrame, before: datetime, known_at: datetime | None = None
) -> StockHistory:
    """Return what movements left in each lot that happened `before`, known by `known_at`.

    Movements of one moment count in the order of their stream. A lot that is received again
    is more of it; its first receipt says when it was made.

    Shape: `movements` as MOVEMENTS, in any order.
    Source: domain.md 5, "Store fee".
    """
    moved = _by_product(_known(movements, before, known_at))
    steps = moved.drop(_PRODUCT).explode("row", "kind", "units")
    kinds = steps["kind"].to_numpy()
    receipts = movements[steps["row"].filter(steps["kind"] == RECEIVED)].select(
        "lot_id", "manufactured_on"
    )
    lots = _lots(receipts.with_columns(steps["product"].filter(steps["kind"] == RECEIVED)))
    lot_of_step = np.full(steps.height, -1, np.int32)
    lot_of_step[kinds == RECEIVED] = _lot_of_receipt(lots)
    columns = Movements(
        _column(steps["product"], np.int32),
        _column(steps["kind"], np.int8),
        _column(steps["units"], np.int64),
        lot_of_step,
    )
    days = movements["at"].gather(steps["row"]).dt.date().to_physical().to_numpy()
    return StockHistory(
        products=moved.select("product", *_PRODUCT),
        lots=lots.drop("receipts"),
        facts=steps.select(event_id=movements["event_id"].gather(steps["row"])),
        balances=_balances(columns, days, lots["product"], moved.height),
    )


def compile_ahead() -> None:
    """Compile the allocation now, so that nobody waits for it later.

    Takes some seconds, once per machine and version; it is cached beside the code.
    """
    stock_history(pl.DataFrame(schema=MOVEMENTS), datetime.max.replace(tzinfo=UTC))


def _known(
    movements: pl.DataFrame, before: datetime, known_at: datetime | None
) -> pl.DataFrame:
    happened = pl.col("at") < before
    if known_at is not None:
        happened &= pl.col("recorded_at") <= known_at
    kind = pl.col("kind").cast(pl.Enum(KINDS)).to_physical()
    return (
        movements.lazy()
        .with_row_index("row")
        .filter(happened)
        .select("row", "at", "version", "units", *_PRODUCT, kind=kind)
        .collect()
    )


def _by_product(known: pl.DataFrame) -> pl.DataFrame:
    """Return products with their movements as lists, each in the order they happened."""
    in_time = known.select(pl.arg_sort_by("at", "version")).to_series()
    return (
        known.select(*_PRODUCT, "row", "kind", "units")[in_time]
        .group_by(_PRODUCT)
        .agg("row", "kind", "units")
        .with_row_index("product")
    )


def _lots(receipts: pl.DataFrame) -> pl.DataFrame:
    """Return lots from the oldest of a product to its newest, with their receipts."""
    return (
        receipts.with_row_index("receipts")
        .group_by("product", "lot_id")
        .agg(pl.col("manufactured_on").first(), "receipts")
        .sort("product", "manufactured_on", "lot_id")
    )


def _lot_of_receipt(lots: pl.DataFrame) -> Ints:
    times = lots["receipts"].list.len().to_numpy()
    lot_of_receipt = np.empty(times.sum(), np.int32)
    lot_of_receipt[lots["receipts"].explode().to_numpy()] = np.repeat(
        np.arange(lots.height, dtype=np.int32), times
    )
    return lot_of_receipt


def _column(values: pl.Series, kind: type[np.integer[Any]]) -> Ints:
    """Return `values` as an array that can be written to: others are compiled for anew."""
    return values.to_numpy().astype(kind)


def _balances(
    moved: Movements, days: Ints, product_of_lot: pl.Series, products: int
) -> pl.DataFrame:
    first_lot = product_of_lot.to_numpy().searchsorted(np.arange(products + 1))
    journal = allocate(moved, first_lot)
    from_day = days[journal.fact]
    until_day = until(from_day, journal.lot, product_of_lot.len() + products, NEVER)
    return pl.DataFrame(
        {
            "fact": journal.fact,
            "product": moved.product[journal.fact],
            "lot": journal.lot,
            "units": journal.after,
            "from_day": from_day,
            "until_day": until_day,
        }
    )
