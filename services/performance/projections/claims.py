"""What an upheld appeal says: its claims become rows like those of other facts."""

from typing import Final
from uuid import UUID, uuid5

import polars as pl
from pydantic_core import to_json

from contracts.registry import decode
from kit.consumers.columns import Facts
from services.performance.model.proposed import LATEST, Stated
from services.performance.policies import rows_of

PERFORMANCE: Final = "performance"
"""In whose history claims have their place: that of the decision that upheld them."""


def rows_of_claims(decided: Facts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the claims of appeals that were decided say, and where they stand.

    They are recorded when the appeal was decided; their ids follow from its own.

    Shape: as `policies.rows_of`, with `pos` and `source`.
    """
    envelopes = decided.envelopes.select("event_id", "recorded_at", "pos").iter_rows()
    stated: list[Stated] = []
    places: dict[str, int] = {}
    for appeal, (event_id, recorded_at, pos) in zip(decided.read, envelopes, strict=True):
        for place, claim in enumerate(appeal.claims):
            fact = decode(claim.type, to_json(claim.data))
            claim_id = uuid5(UUID(event_id), str(place))
            stated.append(Stated(fact, claim_id, recorded_at, LATEST + place))
            places[str(claim_id)] = pos
    pos = pl.col("event_id").replace_strict(places, return_dtype=pl.Int64)
    said, listed = (
        rows.with_columns(pos=pos, source=pl.lit(PERFORMANCE)) for rows in rows_of(stated)
    )
    return said, listed
