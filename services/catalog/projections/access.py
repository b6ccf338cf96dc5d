"""Which buyers a seller lets in, and whom they know, as facts of buyers say."""

from collections.abc import Sequence
from typing import Final, LiteralString

from sqlalchemy import BigInteger, Boolean, Column, Connection, MetaData, Table, Text

from contracts.buyers import (
    BuyerAccessApproved,
    BuyerAccessRuleSet,
    BuyerAssociated,
    CustomerCreated,
)
from kit.consumers.records import Received
from kit.database import driver

metadata = MetaData()

access_rules = Table(
    "access_rules",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("approval_required", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
)
access_approvals = Table(
    "access_approvals",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("buyer_id", Text, primary_key=True),
)
known_buyers = Table(
    "known_buyers",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("buyer_id", Text, primary_key=True),
)

_SET_RULES: Final[LiteralString] = """
INSERT INTO access_rules (seller_id, approval_required, version)
SELECT DISTINCT ON (seller_id) * FROM unnest(%s::text[], %s::boolean[], %s::bigint[])
    AS said (seller_id, approval_required, version) ORDER BY seller_id, version DESC
ON CONFLICT (seller_id) DO UPDATE
SET approval_required = excluded.approval_required, version = excluded.version
WHERE access_rules.version < excluded.version
"""
_ADD_APPROVALS: Final[LiteralString] = """
INSERT INTO access_approvals (seller_id, buyer_id)
SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING
"""
_ADD_KNOWN: Final[LiteralString] = """
INSERT INTO known_buyers (seller_id, buyer_id)
SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING
"""


def project_access(batch: Sequence[Received], db: Connection) -> None:
    """Keep who is gated, whom they approved, and who is a customer of whom.

    Shape: one row per seller who ever set the rule, the newest of its stream; one row per
        buyer ever approved, and one per buyer who ever was a customer: no fact takes that
        back.
    Safe to repeat: Yes, and facts may come in any order.
    """
    rules = [
        (fact.seller_id, fact.approval_required, received.envelope.sequence)
        for received in batch
        if isinstance(fact := received.fact, BuyerAccessRuleSet)
    ]
    approvals = [
        (fact.seller_id, fact.buyer_id)
        for received in batch
        if isinstance(fact := received.fact, BuyerAccessApproved)
    ]
    known = [
        (fact.seller_id, fact.buyer_id)
        for received in batch
        if isinstance(fact := received.fact, CustomerCreated | BuyerAssociated)
        and fact.buyer_id is not None
    ]
    if rules:
        driver(db).execute(_SET_RULES, [*map(list, zip(*rules, strict=True))])
    if approvals:
        driver(db).execute(_ADD_APPROVALS, [*map(list, zip(*approvals, strict=True))])
    if known:
        driver(db).execute(_ADD_KNOWN, [*map(list, zip(*known, strict=True))])
