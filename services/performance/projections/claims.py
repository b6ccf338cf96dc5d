"""What an upheld appeal says: its claims become rows like those of other facts."""

from typing import Final

import polars as pl

from kit.consumers.columns import Facts
from services.performance.model.proposed import Stated, claimed
from services.performance.policies import rows_of

PERFORMANCE: Final = "performance"
"""In whose history claims have their place: that of the decision that upheld them."""
_PLACE: Final = pl.Schema({"event_id": pl.String(), "pos": pl.Int64()})


def rows_of_claims(decided: Facts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the claims of appeals that were decided say, and where they stand.

    They are recorded when the appeal was decided; their ids follow from what they say, so
    what two appeals claim counts once.

    Shape: as `policies.rows_of`, with `pos` and `source`.
    """
    stated, places = list[Stated](), dict[str, int]()
    envelopes = decided.envelopes.select("recorded_at", "pos").iter_rows()
    for appeal, (recorded_at, pos) in zip(decided.read, envelopes, strict=True):
        for one in claimed(appeal.claims).stated(recorded_at):
            stated.append(one)
            places.setdefault(str(one.event_id), pos)
    known = pl.DataFrame([*places.items()], _PLACE, orient="row")
    said, listed = (
        rows.join(known, on="event_id", how="left").with_columns(source=pl.lit(PERFORMANCE))
        for rows in rows_of(stated)
    )
    return said, listed
