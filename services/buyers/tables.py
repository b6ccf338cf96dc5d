"""The tables of buyers' read models. They name no schema: the search path decides."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

access_rules = Table(
    "access_rules",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("approval_required", Boolean, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
)

access_requests = Table(
    "access_requests",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("buyer_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("decide_by", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index("access_requests_by_seller", "seller_id", "requested_at", "request_id"),
    Index("access_requests_by_state", "seller_id", "state", "requested_at", "request_id"),
    Index("access_requests_by_buyer", "buyer_id", "requested_at", "request_id"),
    Index(
        "access_requests_waiting",
        "expires_at",
        "request_id",
        postgresql_where=text("state = 'waiting'"),
    ),
)

customers = Table(
    "customers",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("name", Text),
    Column("created_for", Text),
    Column("is_known", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Index("customers_by_seller", "seller_id", "created_at", "customer_id"),
)
"""`created_for` is the buyer that it was created for; `is_known` that it was created."""

relationships = Table(
    "relationships",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("buyer_id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index("relationships_by_customer", "seller_id", "customer_id"),
)

IS_UNREAD = text("unread_by_seller <> '[]'")
"""Of a conversation: something of it is unread by its seller."""

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", Text, primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("buyer_id", Text, nullable=False),
    Column("order_id", Text),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("last_sent_at", DateTime(timezone=True), nullable=False),
    Column("messages", Integer, nullable=False),
    Column("unread_by_seller", JSONB, nullable=False),
    Column("unread_by_buyer", JSONB, nullable=False),
    Column("waiting", Text),
    Column("waiting_since", DateTime(timezone=True)),
    Column("answer_by", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index("conversations_by_seller", "seller_id", "begun_at", "conversation_id"),
    Index("conversations_by_buyer", "buyer_id", "begun_at", "conversation_id"),
    Index("conversations_by_order", "order_id", "begun_at", "conversation_id"),
    Index("conversations_unread", "seller_id", postgresql_where=IS_UNREAD),
    Index(
        "conversations_waiting",
        "seller_id",
        "waiting_since",
        "conversation_id",
        postgresql_where=text("waiting IS NOT NULL"),
    ),
)

messages = Table(
    "messages",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("buyer_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("answers", Text),
    Column("order_id", Text),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("text", Text),
    Column("spam_since", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index("messages_by_conversation", "conversation_id", "sent_at", "message_id"),
)
