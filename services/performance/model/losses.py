"""Units lost for want of stock, counted against the order that was placed.

Splitting moves units to child orders; what is lost there was owed by the root. Units that
were asked for later are not what is due, so of what is lost they are the first.
"""

from typing import Final

import polars as pl

from services.performance.model.metrics import UNITS_FILLED

ORDER: Final = ["seller_id", "subject_id"]
ASKED, CUT, SETTLED = "opened", "amount", "kept"


def lost_units(said: pl.LazyFrame) -> pl.DataFrame:
    """Return how many units each order lost, its split children's losses among them.

    An order that was rejected or cancelled for want of stock loses all that was left: what
    came in, less what moved to children, was cut before or has left already. What a family
    was asked for later, less what was taken back, is lost before anything that is due.

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
    more = told.filter(pl.col("says") == ASKED, pl.col("part_of").is_null())
    more = more.unique([*ORDER, "event_id"]).select(*ORDER, units="amount")
    left = _left(of_units, told, moved, more)
    lost = pl.concat([left, cuts.select(*ORDER, lost=pl.col("amount").fill_null(0))])
    added = _at_roots(more, moved).group_by(ORDER).agg(pl.col("units").sum().clip(0))
    of_due = pl.col("lost").sum() - pl.col("units").first().fill_null(0)
    at_roots = _at_roots(lost, moved).join(added, on=ORDER, how="left")
    return at_roots.group_by(ORDER).agg(lost=of_due.clip(0))


def _left(
    of_units: pl.LazyFrame, told: pl.DataFrame, moved: pl.DataFrame, more: pl.DataFrame
) -> pl.DataFrame:
    """Return what was left of the orders that lost all of it, as `lost`."""
    gone = told.filter(pl.col("says").is_in([CUT, SETTLED])).unique([*ORDER, "event_id"])
    empties = (pl.col("says") == CUT) & pl.col("amount").is_null()
    emptied = gone.filter(empties).select(ORDER).unique()
    parts = [
        _placed(of_units, emptied).select(*ORDER, left="units"),
        moved.select(*ORDER, left="units"),
        more.select(*ORDER, left="units"),
        moved.select("seller_id", subject_id="part_of", left=-pl.col("units")),
        gone.select(*ORDER, left=-pl.col("amount").fill_null(0)),
    ]
    of_these = pl.concat(parts).join(emptied, on=ORDER, how="semi")
    return of_these.group_by(ORDER).agg(lost=pl.col("left").sum().clip(0))


def family_roots(said: pl.LazyFrame) -> pl.DataFrame:
    """Return the order that each split child descends from: seller_id, subject_id, root."""
    of_units = said.filter(pl.col("metric") == UNITS_FILLED, pl.col("says") == ASKED)
    return _roots(_moved(of_units.collect(engine="streaming")))


def _moved(told: pl.DataFrame) -> pl.DataFrame:
    """Return one row per child: whose part it is, and how many units moved to it."""
    parts = told.filter(pl.col("says") == ASKED, pl.col("part_of").is_not_null())
    children = parts.group_by(ORDER)
    return children.agg(pl.col("part_of").min(), units=pl.col("amount").max())


def _placed(of_units: pl.LazyFrame, orders: pl.DataFrame) -> pl.DataFrame:
    placed = of_units.filter(pl.col("says") == "due").join(
        orders.lazy(), on=ORDER, how="semi"
    )
    units = placed.group_by(ORDER).agg(units=pl.col("amount").max())
    return units.collect(engine="streaming")


def _at_roots(units: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    if moved.is_empty():
        return units
    root = pl.coalesce("root", "subject_id")
    above = units.join(_roots(moved), on=ORDER, how="left").with_columns(subject_id=root)
    return above.drop("root")


def _roots(moved: pl.DataFrame) -> pl.DataFrame:
    """Follow the way up, twice as far each time; a circle, which is nonsense, ends too."""
    up = moved.select(*ORDER, root="part_of")
    for _ in range(moved.height.bit_length()):
        further = up.rename({"subject_id": "root", "root": "above"})
        higher = up.join(further, on=["seller_id", "root"], how="left")
        root = pl.coalesce("above", "root")
        up = higher.select(*ORDER, root.alias("root"))
    return up
