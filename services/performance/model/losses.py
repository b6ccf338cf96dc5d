"""Units lost for want of stock, counted against the order that was placed.

Splitting moves units to child orders; what is lost there was owed by the root.
"""

from typing import Final

import polars as pl

from services.performance.model.families import family_roots
from services.performance.model.metrics import UNITS_FILLED

ORDER: Final = ["seller_id", "subject_id"]
MOVED, CUT, SETTLED = "opened", "amount", "kept"


def lost_units(said: pl.LazyFrame) -> pl.DataFrame:
    """Return how many units each order lost, its split children's losses among them.

    An order that was rejected or cancelled for want of stock loses all that was left: what
    came in, less what moved to children, was cut before or has left already.

    Shape: in, sayings; out, one row per root that lost any: seller_id, subject_id, lost.
        A fact that comes twice counts once.
    """
    of_units = said.filter(pl.col("metric") == UNITS_FILLED)
    told = (
        of_units.filter(pl.col("says") != "due")
        .select(*ORDER, "says", "amount", "part_of", "event_id")
        .collect(engine="streaming")
    )
    cuts = told.filter(pl.col("says") == CUT).unique([*ORDER, "event_id"])
    if cuts.is_empty():
        return cuts.select(*ORDER, lost=pl.col("amount"))
    moved = _moved(told)
    settled = told.filter(pl.col("says") == SETTLED).unique([*ORDER, "event_id"])
    emptied = cuts.filter(pl.col("amount").is_null()).select(ORDER).unique()
    came_in = pl.concat([_placed(of_units, emptied), moved.select(*ORDER, "units")])
    parts = [
        came_in.join(emptied, on=ORDER, how="semi").rename({"units": "left"}),
        moved.select("seller_id", subject_id="part_of", left=-pl.col("units")),
        settled.select(*ORDER, left=-pl.col("amount")),
        cuts.select(*ORDER, left=-pl.col("amount").fill_null(0)),
    ]
    left = (
        pl.concat(parts)
        .join(emptied, on=ORDER, how="semi")
        .group_by(ORDER)
        .agg(lost=pl.col("left").sum().clip(0))
    )
    lost = pl.concat([left, cuts.select(*ORDER, lost=pl.col("amount").fill_null(0))])
    return _at_roots(lost, of_units).group_by(ORDER).agg(pl.col("lost").sum())


def _moved(told: pl.DataFrame) -> pl.DataFrame:
    """Return one row per child: whose part it is, and how many units moved to it."""
    children = told.filter(pl.col("says") == MOVED).group_by(ORDER)
    return children.agg(pl.col("part_of").min(), units=pl.col("amount").max())


def _placed(of_units: pl.LazyFrame, orders: pl.DataFrame) -> pl.DataFrame:
    placed = of_units.filter(pl.col("says") == "due").join(
        orders.lazy(), on=ORDER, how="semi"
    )
    units = placed.group_by(ORDER).agg(units=pl.col("amount").max())
    return units.collect(engine="streaming")


def _at_roots(lost: pl.DataFrame, said: pl.LazyFrame) -> pl.DataFrame:
    roots = family_roots(said).select(*ORDER, "root")
    root = pl.coalesce("root", "subject_id")
    above = lost.join(roots, on=ORDER, how="left")
    return above.select("seller_id", root.alias("subject_id"), "lost")
