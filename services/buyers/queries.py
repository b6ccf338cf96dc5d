"""What may be read of buyers: the read models, as they stand after the last write."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from kit.web.pages import Place, beyond
from services.buyers.tables import (
    IS_UNREAD,
    access_requests,
    access_rules,
    conversations,
    customers,
    messages,
    relationships,
)

Shown: TypeAlias = dict[str, Any]
Filters: TypeAlias = Mapping[str, str | None]
"""Values of columns; None is any."""


def access_rule(seller_id: str, db: Connection) -> Shown:
    """Return a seller's setting; one that was never set is off."""
    query = select(access_rules).where(access_rules.c.seller_id == seller_id)
    unset = {"seller_id": seller_id, "approval_required": False, "set_at": None}
    return _first(query, db) or {**unset, "version": 0}


def access_request(seller_id: str, request_id: str, db: Connection) -> Shown | None:
    """Return one of a seller's requests, or None if they have none of this id."""
    row = access_requests.c
    query = select(access_requests).where(row.request_id == request_id)
    return _first(query.where(row.seller_id == seller_id), db)


def access_requests_where(
    filters: Filters, place: Place | None, limit: int, db: Connection
) -> Sequence[Shown]:
    """Return the requests that `filters` hold for, oldest first, beyond `place`."""
    row = access_requests.c
    query = select(access_requests).where(_all(access_requests, filters))
    return _rows(beyond(query, row.requested_at, row.request_id, place, limit), db)


def requests_over_by(
    at: datetime, place: Place | None, limit: int, db: Connection
) -> Sequence[Shown]:
    """Return the requests that wait although their time was over by `at`."""
    row = access_requests.c
    query = select(access_requests).where(row.state == "waiting", row.expires_at <= at)
    return _rows(beyond(query, row.expires_at, row.request_id, place, limit), db)


_BUYER: Final = relationships.c.buyer_id
_BUYERS: Final = (
    select(func.array_agg(aggregate_order_by(_BUYER, _BUYER)))
    .where(
        relationships.c.seller_id == customers.c.seller_id,
        relationships.c.customer_id == customers.c.customer_id,
    )
    .scalar_subquery()
)
_CUSTOMER: Final = select(
    customers.c.seller_id,
    customers.c.customer_id,
    customers.c.name,
    customers.c.created_at,
    func.coalesce(_BUYERS, []).label("buyer_ids"),
)


def customer(seller_id: str, customer_id: str, db: Connection) -> Shown | None:
    """Return one of a seller's customers, with the buyers that are it."""
    query = _CUSTOMER.where(customers.c.seller_id == seller_id)
    return _first(query.where(customers.c.customer_id == customer_id), db)


def customers_of(
    seller_id: str, place: Place | None, limit: int, db: Connection
) -> Sequence[Shown]:
    """Return a seller's customers, oldest first, beyond `place`."""
    row = customers.c
    query = _CUSTOMER.where(row.seller_id == seller_id)
    return _rows(beyond(query, row.created_at, row.customer_id, place, limit), db)


def standing_of(seller_id: str, buyer_id: str, db: Connection) -> Shown:
    """Return how a buyer stands with a seller: as customer, and whether they may order.

    Shape: `because` is ungated, approved, or the state of their last request, or
        not_requested; `request` is that request, or None.
    """
    row, asked = relationships.c, access_requests.c
    theirs = select(row.customer_id, row.link, row.since).where(
        row.seller_id == seller_id, row.buyer_id == buyer_id
    )
    requests = select(access_requests).where(
        asked.seller_id == seller_id, asked.buyer_id == buyer_id
    )
    approved_first = requests.order_by(
        (asked.state == "approved").desc(), asked.requested_at.desc(), asked.request_id
    )
    gated = access_rule(seller_id, db)["approval_required"]
    request = _first(approved_first.limit(1), db)
    state = request["state"] if request else "not_requested"
    return {
        "seller_id": seller_id,
        "buyer_id": buyer_id,
        "customer": _first(theirs, db),
        "request": request,
        "may_order": state == "approved" or not gated,
        "because": state if gated or state == "approved" else "ungated",
    }


def conversation(seller_id: str, conversation_id: str, db: Connection) -> Shown | None:
    """Return one of a seller's conversations, or None if they have none of this id."""
    row = conversations.c
    query = _CONVERSATION.where(row.conversation_id == conversation_id)
    return _first(query.where(row.seller_id == seller_id), db)


_CONVERSATION: Final = select(
    *(each for each in conversations.c if not each.name.startswith("unread_by")),
    func.jsonb_array_length(conversations.c.unread_by_seller).label("unread_by_seller"),
    func.jsonb_array_length(conversations.c.unread_by_buyer).label("unread_by_buyer"),
)


def conversations_where(
    filters: Filters, place: Place | None, limit: int, db: Connection
) -> Sequence[Shown]:
    """Return the conversations that `filters` hold for, oldest first, beyond `place`."""
    row = conversations.c
    query = _CONVERSATION.where(_all(conversations, filters))
    return _rows(beyond(query, row.begun_at, row.conversation_id, place, limit), db)


def unanswered_where(
    filters: Filters, place: Place | None, limit: int, db: Connection
) -> Sequence[Shown]:
    """Return those that wait for the seller's answer, longest first, beyond `place`."""
    row = conversations.c
    query = _CONVERSATION.where(_all(conversations, filters), row.waiting.is_not(None))
    return _rows(beyond(query, row.waiting_since, row.conversation_id, place, limit), db)


def messages_of(
    conversation_id: str, place: Place | None, limit: int, db: Connection
) -> Sequence[Shown]:
    """Return the messages of a conversation, oldest first, beyond `place`."""
    row = messages.c
    query = select(messages).where(row.conversation_id == conversation_id)
    return _rows(beyond(query, row.sent_at, row.message_id, place, limit), db)


_THEIR_TALKS: Final = conversations.c.seller_id == bindparam("seller_id")
_ALL_TALKS: Final = select(func.count()).where(_THEIR_TALKS)
_UNREAD: Final = select(
    func.coalesce(func.sum(func.jsonb_array_length(conversations.c.unread_by_seller)), 0)
).where(_THEIR_TALKS, IS_UNREAD)


def counts(seller_id: str, now: datetime, db: Connection) -> Shown:
    """Return how much of each kind a seller has, and how much of it is overdue at `now`."""
    asked, talk = access_requests.c, conversations.c
    theirs = select(asked.state, func.count().label("requests")).where(
        asked.seller_id == seller_id
    )
    states = theirs.group_by(asked.state)
    waiting = and_(asked.state == "waiting", asked.decide_by < now)
    late = select(func.count()).where(asked.seller_id == seller_id, waiting)
    waits = select(
        func.count().label("unanswered"),
        func.count().filter(talk.answer_by < now).label("overdue"),
    ).where(talk.seller_id == seller_id, talk.waiting.is_not(None))
    return {
        "access_requests": {
            **{row.state: row.requests for row in db.execute(states)},
            "overdue": db.execute(late).scalar_one(),
        },
        "conversations": {
            "all": db.execute(_ALL_TALKS, {"seller_id": seller_id}).scalar_one(),
            "unread": db.execute(_UNREAD, {"seller_id": seller_id}).scalar_one(),
            **dict(db.execute(waits).mappings().one()),
        },
    }


def _all(table: Table, filters: Filters) -> ColumnElement[bool]:
    given = {name: value for name, value in filters.items() if value is not None}
    return and_(true(), *(table.c[name] == value for name, value in given.items()))


def _first(query: Select[Any], db: Connection) -> Shown | None:
    found = db.execute(query).mappings().first()
    return dict(found) if found else None


def _rows(query: Select[Any], db: Connection) -> Sequence[Shown]:
    return [dict(found) for found in db.execute(query).mappings()]
