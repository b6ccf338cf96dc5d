"""How visible sellers are, as facts of performance say.

A row keeps the newest words of a seller's stream, so neither order nor repeats can matter.
"""

from collections.abc import Sequence
from typing import Final, LiteralString

from sqlalchemy import BigInteger, Boolean, Column, Connection, MetaData, Table, Text

from contracts.fact import Fact
from contracts.performance import BoostEnded, VisibilityBoosted, step_after
from kit.consumers.records import Received
from kit.database import driver

metadata = MetaData()

seller_steps = Table(
    "seller_steps",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("step", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
)
seller_boosts = Table(
    "seller_boosts",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("boosted", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
)

_STEPS: Final[LiteralString] = """
INSERT INTO seller_steps VALUES (%s, %s, %s)
ON CONFLICT (seller_id) DO UPDATE SET step = excluded.step, version = excluded.version
WHERE seller_steps.version < excluded.version
"""
_BOOSTS: Final[LiteralString] = """
INSERT INTO seller_boosts VALUES (%s, %s, %s)
ON CONFLICT (seller_id) DO UPDATE
SET boosted = excluded.boosted, version = excluded.version
WHERE seller_boosts.version < excluded.version
"""


def project_visibility(batch: Sequence[Received], db: Connection) -> None:
    """Keep on which step sellers stand, and who is boosted.

    Shape: one row per seller of whom a step was ever told, one per seller ever boosted.
    Safe to repeat: Yes, and facts may come in any order.
    """
    steps = [
        (one.fact.seller_id, step, one.envelope.sequence)
        for one in batch
        if (step := step_after(one.fact)) is not None
    ]
    boosts = [
        (one.fact.seller_id, boosted, one.envelope.sequence)
        for one in batch
        if (boosted := _boosted_after(one.fact)) is not None
    ]
    cursor = driver(db).cursor()
    for sql, rows in ((_STEPS, steps), (_BOOSTS, boosts)):
        if rows:
            cursor.executemany(sql, rows)


def _boosted_after(fact: Fact) -> bool | None:
    if isinstance(fact, VisibilityBoosted | BoostEnded):
        return isinstance(fact, VisibilityBoosted)
    return None
