"""The policies as they were first seen: kept, never made again."""

from typing import Final

from sqlalchemy import Boolean, Column, DateTime, MetaData, Table, Text
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
