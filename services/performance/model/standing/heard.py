"""What a review had heard of a seller's facts: what it says, it can't have said of others.

`known_at` says when services had recorded a fact; here it comes later. A service tells a
seller's facts in the order of their places in its history, so the last place of each
service tells what had come, and what came late.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import polars as pl

from contracts.performance import MOST_ASIDE_EACH, Heard
from services.performance.model.obligation import MOMENT
from services.performance.model.standing.state import Rung

_ONE: Final = ("seller_id", "source")


def heard_of(
    sayings: pl.DataFrame, listings: pl.DataFrame, aside: pl.DataFrame
) -> Mapping[str, tuple[Heard, ...]]:
    """Return, of each seller, up to where the facts of each service had come.

    Shape: `sayings` and `listings` with `source` and `pos`; `aside` [seller_id, source,
        pos] are facts that had come and could not be applied.
    """
    facts = pl.concat([rows.select(*_ONE, "pos") for rows in (sayings, listings)])
    last = facts.group_by(_ONE).agg(pl.col("pos").max()).sort(_ONE)
    set_aside = defaultdict[tuple[str, str], list[int]](list)
    for seller_id, source, pos in aside.unique().sort("pos").iter_rows():
        set_aside[seller_id, source].append(pos)
    found = defaultdict[str, tuple[Heard, ...]](tuple)
    for seller_id, source, pos in last.iter_rows():
        left_out = tuple(set_aside[seller_id, source][:MOST_ASIDE_EACH])
        found[seller_id] += (Heard(service=source, pos=pos, aside=left_out),)
    return found


def was_heard(rung: Rung) -> pl.Expr:
    """Say of rows whether the review that took a step counted them.

    Of a step that does not say what had come, what had been recorded is taken for it.
    """
    recorded = pl.col("recorded_at") <= pl.lit(rung.known_at, MOMENT)
    if not rung.heard:
        return recorded
    had_come = (
        (pl.col("source") == one.service)
        & (pl.col("pos") <= one.pos)
        & ~pl.col("pos").is_in([*one.aside])
        for one in rung.heard
    )
    return recorded & pl.any_horizontal(*had_come)
