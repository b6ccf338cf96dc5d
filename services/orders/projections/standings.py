"""What performance decided of sellers that orders ask for: on which step they stand.

A row keeps the newest word of a seller's stream, so neither order nor repeats can matter.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text

from contracts.performance import step_after
from kit.consumers.records import Received
from kit.database import driver

metadata = MetaData()

seller_standings = Table(
    "seller_standings",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("step", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

_STEPS: Final = """
INSERT INTO seller_standings VALUES (%s, %s, %s)
ON CONFLICT (seller_id) DO UPDATE
SET step = excluded.step, version = excluded.version
WHERE seller_standings.version < excluded.version
"""


def project_standings(batch: Sequence[Received], db: Connection) -> None:
    """Keep on which step each seller stands up to date.

    Shape: a row per seller of whom a step was ever told.
    Safe to repeat: Yes. Older words change nothing.
    """
    rows = [
        (one.fact.seller_id, step, one.envelope.sequence)
        for one in batch
        if (step := step_after(one.fact)) is not None
    ]
    if rows:
        driver(db).cursor().executemany(_STEPS, rows)
