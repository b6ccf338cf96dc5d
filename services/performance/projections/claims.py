"""What an upheld appeal says: its claims become rows like those of other facts."""

from uuid import UUID, uuid5

import polars as pl
from pydantic_core import to_json

from contracts.registry import decode
from kit.consumers.columns import Facts
from services.performance.model.proposed import LATEST, Stated
from services.performance.policies import rows_of


def rows_of_claims(decided: Facts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the claims of appeals that were decided say.

    They are recorded when the appeal was decided; their ids follow from its own.

    Shape: as `policies.rows_of`. What performance itself decided has no place among the
        facts of the services whose facts these are like.
    """
    envelopes = decided.envelopes.select("event_id", "recorded_at").iter_rows()
    stated = [
        Stated(
            decode(claim.type, to_json(claim.data)),
            uuid5(UUID(event_id), str(place)),
            recorded_at,
            LATEST + place,
        )
        for appeal, (event_id, recorded_at) in zip(decided.read, envelopes, strict=True)
        for place, claim in enumerate(appeal.claims)
    ]
    return rows_of(stated)
