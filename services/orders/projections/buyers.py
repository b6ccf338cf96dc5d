"""What buyers' facts say that orders ask for: who is gated, who may order, who is whom.

Rows keep the newest word, by its place in its own stream or its moment, so that neither
the order of streams nor repeats can matter.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Boolean, Column, Connection, DateTime, Integer, MetaData, Table, Text

from contracts.buyers import (
    AccessEvent,
    BuyerAccessApproved,
    BuyerAccessDeclined,
    BuyerAccessExpired,
    BuyerAccessRequested,
    BuyerAccessRuleSet,
    BuyerAccessWithdrawn,
    BuyerAssociated,
    CustomerCreated,
)
from contracts.fact import Fact
from kit.consumers.records import Received
from kit.database import driver

metadata = MetaData()

gated_sellers = Table(
    "gated_sellers",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("approval_required", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)
buyer_relationships = Table(
    "buyer_relationships",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("buyer_id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
)
seller_customers = Table(
    "seller_customers",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("buyer_id", Text, primary_key=True),
)
buyer_access = Table(
    "buyer_access",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("buyer_id", Text, primary_key=True),
    Column("access", Text, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("request_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

ACCESS_AFTER: Final[dict[type[Fact], str]] = {
    BuyerAccessRequested: "requested",
    BuyerAccessApproved: "approved",
    BuyerAccessDeclined: "declined",
    BuyerAccessWithdrawn: "withdrawn",
    BuyerAccessExpired: "expired",
}

_RULES: Final = """
INSERT INTO gated_sellers VALUES (%s, %s, %s)
ON CONFLICT (seller_id) DO UPDATE
SET approval_required = excluded.approval_required, version = excluded.version
WHERE gated_sellers.version < excluded.version
"""
_RELATIONSHIPS: Final = """
INSERT INTO buyer_relationships VALUES (%s, %s, %s, %s)
ON CONFLICT (seller_id, buyer_id) DO UPDATE
SET customer_id = excluded.customer_id, version = excluded.version
WHERE buyer_relationships.version < excluded.version
"""
_CUSTOMERS: Final = """
INSERT INTO seller_customers VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
# Approved once is approved; else the newest request says how it stands.
_ACCESS: Final = """
INSERT INTO buyer_access VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (seller_id, buyer_id) DO UPDATE
SET access = excluded.access, approved = excluded.approved, at = excluded.at,
  request_id = excluded.request_id, version = excluded.version
WHERE (buyer_access.approved, buyer_access.at, buyer_access.request_id,
    buyer_access.version)
  < (excluded.approved, excluded.at, excluded.request_id, excluded.version)
"""


def project_buyers(batch: Sequence[Received], db: Connection) -> None:
    """Keep what sellers decided of their buyers up to date.

    Shape: a row per seller who set whether approval is required; two per seller and
        buyer: which customer they are, and how their access stands; and one per customer
        and each buyer that they ever were, an empty id if that was nobody yet. Four
        statements, however many the facts are.
    Safe to repeat: Yes. Older words change nothing.
    """
    cursor = driver(db).cursor()
    for sql, rows in (
        (_RULES, list(_rules(batch))),
        (_RELATIONSHIPS, list(_relationships(batch))),
        (_CUSTOMERS, list(_customers(batch))),
        (_ACCESS, list(_access(batch))),
    ):
        if rows:
            cursor.executemany(sql, rows)


def _rules(batch: Sequence[Received]) -> Iterator[tuple[Any, ...]]:
    for one in batch:
        if isinstance(fact := one.fact, BuyerAccessRuleSet):
            yield fact.seller_id, fact.approval_required, one.envelope.sequence


def _relationships(batch: Sequence[Received]) -> Iterator[tuple[Any, ...]]:
    for one in batch:
        fact, version = one.fact, one.envelope.sequence
        if isinstance(fact, CustomerCreated | BuyerAssociated) and fact.buyer_id:
            yield fact.seller_id, fact.buyer_id, fact.customer_id, version


def _customers(batch: Sequence[Received]) -> Iterator[tuple[Any, ...]]:
    for one in batch:
        if isinstance(fact := one.fact, CustomerCreated | BuyerAssociated):
            yield fact.seller_id, fact.customer_id, fact.buyer_id or ""


def _access(batch: Sequence[Received]) -> Iterator[tuple[Any, ...]]:
    for one in batch:
        if isinstance(fact := one.fact, AccessEvent):
            yield (
                fact.seller_id,
                fact.buyer_id,
                ACCESS_AFTER[type(fact)],
                isinstance(fact, BuyerAccessApproved),
                fact.happened_at,
                fact.request_id,
                one.envelope.sequence,
            )
