"""What performance keeps beside its facts and what is read of them: never made again."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
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

restatements: Final = Table(
    "restatements",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("late", BigInteger, nullable=False),
)
"""Which version of a seller's standing was looked at again last, and how much had come late
for its steps. What is the same since needs no other look."""
