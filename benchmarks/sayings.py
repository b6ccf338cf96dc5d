"""What facts said of many sellers' obligations and listings, in files by seller.

Each file has all of a thousand sellers, in the order in which it was recorded. All nine
metrics have their share.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from services.performance.model.obligation import LISTINGS, SAYINGS

AS_OF: Final = datetime(2026, 6, 1, tzinfo=UTC)
HISTORY: Final = timedelta(days=150)
FATES: Final = (range(4), range(4, 5), range(5, 7), range(7, 8), range(8, 100))
"""Of a hundred orders: rejected, expired, cancelled, without a number, and the others."""
OF_AN_ORDER: Final = 5.25
"""Obligations, those of messages and requests among them."""
OF_A_SELLER: Final = 1_000
"""Obligations."""
SELLERS: Final = 1_000
"""Of one file."""
LISTED: Final = 20
"""Products of a seller."""

_HOUR: Final = 3_600_000_000
_MOMENTS: Final = ("placed_at", "decided_at", "shipped_at", "saved_at", "ship_by", "later")


def write(folder: Path, obligations: int, of_a_seller: int = OF_A_SELLER) -> None:
    """Write so many obligations, a file for each thousand sellers, into `folder`."""
    sellers = obligations // of_a_seller
    for part, first in enumerate(range(0, sellers, SELLERS)):
        some = min(SELLERS, sellers - first)
        orders = int(some * of_a_seller / OF_AN_ORDER)
        rows = history(orders, first, some)
        rows.write_parquet(folder / f"sayings-{part:04}.parquet")
        listings(first, some).write_parquet(folder / f"listings-{part:04}.parquet")


def write_apart(folder: Path, obligations: int) -> None:
    """Write them from a process of its own, so that the memory for it is none of ours."""
    with ProcessPoolExecutor(1, get_context("spawn")) as writer:
        writer.submit(write, folder, obligations).result()


def read(folder: Path) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Return all of `folder`, unread: of obligations, and of listings."""
    return (
        pl.scan_parquet(folder / "sayings-*.parquet"),
        pl.scan_parquet(folder / "listings-*.parquet"),
    )


def parts(folder: Path) -> Iterator[tuple[pl.LazyFrame, pl.LazyFrame]]:
    """Yield what there is of some sellers, of all by and by."""
    for sayings in sorted(folder.glob("sayings-*.parquet")):
        of_them = sayings.with_name(sayings.name.replace("sayings", "listings"))
        yield pl.scan_parquet(sayings), pl.scan_parquet(of_them)


def history(orders: int, first: int, sellers: int, sloppy_every: int = 1) -> pl.DataFrame:
    """Return what facts said of so many orders, as recorded: typed as SAYINGS.

    Half of those rejected are for want of stock; some are cut for it, and the marketplace
    ships one in ten. A third of the buyers ask something, a sixth ask for access.

    Shape: of `sellers` sellers from number `first` on. So it is with each `sloppy_every`th
        of them; the others keep what they owe.
    """
    placed = _orders(orders, first, sellers, sloppy_every)
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
        _said(fine, "shipping.tracked", "kept", "saved_at", subject="shipment"),
    ]
    return pl.concat([*said, *_of_buyers(placed)]).sort("recorded_at")


def _of_buyers(placed: pl.DataFrame) -> Iterator[pl.DataFrame]:
    well = pl.col("well")
    asked, calls = placed[::3], placed[1::6]
    yield _said(asked, "responses.timely", "opened", "placed_at", subject="message")
    kept = asked.filter(well)
    yield _said(kept, "responses.timely", "kept", "decided_at", subject="message")
    asked = asked.filter(~well)
    yield _said(asked[1::9], "responses.timely", "kept", "later", subject="message")
    yield _said(asked[2::9], "responses.timely", "void", "later", subject="message")
    yield _said(asked[3::2], "responses.timely", "kept", "decided_at", subject="message")
    yield _said(calls, "approvals.timely", "opened", "placed_at", subject="request")
    kept = calls.filter(well)
    yield _said(kept, "approvals.timely", "kept", "decided_at", subject="request")
    calls = calls.filter(~well)
    yield _said(calls[1::12], "approvals.timely", "void", "later", subject="request")
    yield _said(calls[::2], "approvals.timely", "kept", "decided_at", subject="request")
    yield _said(calls[3::4], "approvals.timely", "kept", "later", subject="request")


def listings(first: int, sellers: int, sloppy_every: int = 1) -> pl.DataFrame:
    """Return what facts said of the sellers' listings and stocks: typed as LISTINGS.

    A tenth are changed, a twentieth delisted, two thirds stocked; some move, some lately.

    Shape: as `history`.
    """
    lately = _micros(AS_OF - timedelta(days=2))
    rng = np.random.default_rng(first)
    count = sellers * LISTED
    start = _micros(AS_OF - HISTORY)
    frame = pl.DataFrame(
        {
            "number": np.arange(first * LISTED, first * LISTED + count),
            "seller": first + np.arange(count) // LISTED,
            "at": start + rng.integers(0, 100 * 24, count) * _HOUR,
            "image_count": rng.integers(0, 5, count),
            "description_chars": rng.integers(0, 600, count),
            "weight_g": rng.integers(0, 4, count) * 100,
            "length_mm": rng.integers(0, 9, count) * 10,
            "moved_at": start + rng.integers(100 * 24, 150 * 24, count) * _HOUR,
        }
    )
    well = _is_well(sloppy_every)
    frame = frame.with_columns(
        image_count=pl.when(well).then(3).otherwise("image_count"),
        length_mm=pl.when(well).then(50).otherwise("length_mm"),
        moved_at=pl.when(well).then(lately).otherwise("moved_at"),
        well=well,
    ).with_columns(width_mm="length_mm", height_mm="length_mm")
    said = [
        _of_listing(frame, "listed", pl.col("at"), 1),
        _of_listing(frame[::10], "changed", pl.col("at") + 7 * _HOUR, 2, images=3),
        _of_listing(frame[::20], "delisted", pl.col("at") + 900 * _HOUR, 3),
        _of_listing(frame[1::3].filter(~pl.col("well")), "stocked", pl.col("at"), 4),
        _of_listing(frame[2::3], "stocked", pl.col("at"), 4),
        _of_listing(frame[2::3], "moved", pl.col("moved_at"), 5),
    ]
    return pl.concat(said).sort("recorded_at")


def _of_listing(
    frame: pl.DataFrame, says: str, at: pl.Expr, version: int, images: int | None = None
) -> pl.DataFrame:
    described = says in {"listed", "changed"}
    names = ("description_chars", "weight_g", "length_mm", "width_mm", "height_mm")
    values = {name: pl.col(name) if described else pl.lit(None) for name in names}
    counted = pl.col("image_count") if images is None else pl.lit(images)
    number = pl.col("number").cast(pl.String).str.zfill(12)
    return frame.select(
        seller_id=_id("seller"),
        product_id=pl.format("product-{}", number),
        says=pl.lit(says),
        at=at,
        image_count=counted if described else pl.lit(None),
        **values,
        version=pl.lit(version),
        event_id=pl.format("01980000-0000-7000-{}-{}", pl.lit(f"9{version:03}"), number),
        recorded_at=at,
    ).cast(LISTINGS)


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def _is_well(sloppy_every: int) -> pl.Expr:
    return pl.col("seller") % sloppy_every != 0


def _orders(count: int, first: int, sellers: int, sloppy_every: int) -> pl.DataFrame:
    rng = np.random.default_rng(20260601 + first)
    start = _micros(AS_OF - HISTORY)
    number = first * OF_A_SELLER + np.arange(count)
    frame = pl.DataFrame(
        {
            "number": number,
            "seller": first + rng.integers(0, sellers, count),
            "placed_at": start
            + rng.integers(0, HISTORY // timedelta(hours=1) * _HOUR, count),
            "fate": rng.integers(0, 100, count),
            "units": rng.integers(1, 25, count),
            "to_decide": rng.exponential(9 * _HOUR, count).astype(np.int64),
            "to_ship": rng.integers(24 * _HOUR, 125 * _HOUR, count),
            "to_save": rng.exponential(6 * _HOUR, count).astype(np.int64),
        }
    )
    at, order, well = pl.col("placed_at"), _id("number"), _is_well(sloppy_every)
    return frame.with_columns(
        fate=pl.when(well).then(50).otherwise("fate"),
        to_decide=pl.when(well).then(pl.col("to_decide") // 10).otherwise("to_decide"),
        to_ship=pl.when(well).then(pl.col("to_ship") * 3 // 4).otherwise("to_ship"),
        to_save=pl.when(well).then(pl.col("to_save") // 3).otherwise("to_save"),
        cut=pl.when(well).then(0).otherwise(pl.col("units") // 2),
        well=well,
    ).with_columns(
        seller_id=_id("seller"),
        order_id=order,
        shipment=order + "/1",
        message=order + "/m",
        request=order + "/r",
        ship_by=at + 120 * _HOUR,
        decided_at=at + pl.col("to_decide"),
        shipped_at=at + pl.col("to_ship"),
        saved_at=at + pl.col("to_ship") + pl.col("to_save"),
        later=at + 3 * pl.col("to_decide") + 20 * _HOUR,
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
    event = pl.lit(f"{_MOMENTS.index(at):04}")
    return orders.select(
        metric=pl.lit(metric),
        subject_id=pl.col(subject),
        seller_id=pl.col("seller_id"),
        says=pl.lit(says),
        at=pl.col(at),
        amount=pl.col(amount) if amount else pl.lit(None),
        part_of=pl.lit(None),
        event_id=pl.format("01980000-0000-7000-{}-{}", event, number),
        recorded_at=pl.col(at),
    ).cast(SAYINGS)
