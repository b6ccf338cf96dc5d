"""What an upheld appeal says: its claims become rows like those of other facts."""

import polars as pl

from kit.consumers.columns import Facts
from services.performance.model.proposed import claimed
from services.performance.policies import rows_of


def rows_of_claims(decided: Facts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the claims of appeals that were decided say.

    They are recorded when the appeal was decided; their ids follow from what they say, so
    what two appeals claim counts once.

    Shape: as `policies.rows_of`. What performance itself decided has no place among the
        facts of the services whose facts these are like.
    """
    envelopes = decided.envelopes.select("recorded_at").iter_rows()
    return rows_of(
        stated
        for appeal, (recorded_at,) in zip(decided.read, envelopes, strict=True)
        for stated in claimed(appeal.claims).stated(recorded_at)
    )
