"""What performance keeps beside its facts and what is read of them: never made again."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata: Final = MetaData()

policy_versions: Final = Table(
    "policy_versions",
    metadata,
    Column("version", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("first_seen_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn", Boolean, nullable=False),
)
"""The policies as they were first seen."""

review_days: Final = Table(
    "review_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("known_at", DateTime(timezone=True), nullable=False),
    Column("policy", Text, nullable=False),
    Column("sellers", Integer, nullable=False),
)
"""The days of which all sellers were reviewed. Nobody may have had anything to hear."""

review_failures: Final = Table(
    "review_failures",
    metadata,
    Column("day", Date, primary_key=True),
    Column("seller_id", Text, primary_key=True),
    Column("why", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tried_at", DateTime(timezone=True)),
    Index("review_failures_waiting", "day", postgresql_where=text("state = 'waiting'")),
)
"""Who could not be reviewed in a day's run, and what became of it: `waiting`, `reviewed`
when it was tried again, or `passed over`, once a later day knew of the seller. `tried_at`
is when it was tried again last."""

shadow_reviews: Final = Table(
    "shadow_reviews",
    metadata,
    Column("shadow", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("official", Text, primary_key=True),
    Column("proposed", Text, primary_key=True),
    Column("changes", Text, nullable=False),
    Column("sellers", Integer, nullable=False),
)
"""How many sellers a day's review found at which level, and a shadow would at which: on a
metric, or overall. Written with the day, once."""

restatements: Final = Table(
    "restatements",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("late", BigInteger, nullable=False),
)
"""Which version of a seller's standing was looked at again last, and how much had come late
for its steps. What is the same since needs no other look."""
