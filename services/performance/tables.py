"""What performance keeps of its reviews, beside its facts and what is read of them."""

from typing import Final

from sqlalchemy import Column, Date, DateTime, Integer, MetaData, Table, Text

metadata: Final = MetaData()

review_days: Final = Table(
    "review_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("known_at", DateTime(timezone=True), nullable=False),
    Column("policy", Text, nullable=False),
    Column("sellers", Integer, nullable=False),
)
"""The days of which all sellers were reviewed. Nobody may have had anything to hear."""
