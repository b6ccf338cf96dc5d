"""Orders that were split owe as one: kept when each of their parts is.

Splitting can't improve a metric: what a family of orders owes counts once, as if the order
that was placed had fared as the worst of its parts.
"""

from typing import Final

import polars as pl

from services.performance.model.metrics import METRICS

KEY: Final = ["seller_id", "metric", "subject_id"]
_SAME: Final = ["seller_id", "metric"]
_BY_FAMILY: Final = [metric.name for metric in METRICS if metric.by_family]


def family_roots(said: pl.LazyFrame) -> pl.DataFrame:
    """Return the order that each split child descends from, as each metric's rows say.

    Shape: in, sayings; out, one row per child: seller_id, metric, subject_id, root.
    """
    children = said.filter(pl.col("part_of").is_not_null()).select(*KEY, "part_of")
    up = children.group_by(KEY).agg(root=pl.col("part_of").min())
    return _at_the_top(up.collect(engine="streaming"))


def _at_the_top(up: pl.DataFrame) -> pl.DataFrame:
    """Follow the way up, twice as far each time; who comes to no top is of no family.

    That is a circle, which is nonsense.
    """
    for _ in range(up.height.bit_length()):
        further = up.rename({"subject_id": "root", "root": "above"})
        higher = up.join(further, on=[*_SAME, "root"], how="left")
        if higher["above"].null_count() == up.height:
            return up
        up = higher.select(*KEY, root=pl.coalesce("above", "root"))
    return up.join(up.select(*_SAME, root="subject_id"), on=[*_SAME, "root"], how="anti")


def members(roots: pl.DataFrame) -> pl.DataFrame:
    """Return the orders of all families that owe as one, roots too: `root` of each.

    Shape: `roots` as of `family_roots`; out, likewise.
    """
    children = roots.filter(pl.col("metric").is_in(_BY_FAMILY))
    tops = children.select(*_SAME, subject_id="root", root="root").unique()
    return pl.concat([children, tops]).unique(KEY, keep="first", maintain_order=True)
