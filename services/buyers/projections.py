"""Read models of buyers, kept in the append transaction: you read your own writes.

Each may be dropped and rebuilt from the first fact.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, get_args
from uuid import UUID

from sqlalchemy import Connection, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert

from contracts.buyers import (
    AccessEvent,
    BuyerAccessRequested,
    BuyerAccessRuleSet,
    BuyerAssociated,
    ConversationEvent,
    CustomerCreated,
    CustomerEvent,
    MessageMarkedSpam,
    MessageSent,
)
from kit.eventstore.records import Recorded
from kit.readmodels.rows import FoldedRows, Row
from services.buyers.model.access_request import STATE_AFTER
from services.buyers.model.rules import shipped_rules
from services.buyers.tables import (
    access_requests,
    access_rules,
    conversations,
    customers,
    messages,
    relationships,
)

CONVERSATION_STREAM: Final = "conversation-"


def project_access(events: Sequence[Recorded], db: Connection) -> None:
    """Keep sellers' settings and buyers' requests up to date.

    Shape: a row per seller that set one, and a row per request with its state; `decide_by`
        and `expires_at` by the rules of when it was made. One that was told late has no
        `expires_at`: no clock expires it.
    Safe to repeat: Yes. Facts up to a row's `version` are skipped.
    """
    _ACCESS_RULES.fold(events, db)
    _ACCESS_REQUESTS.fold(events, db)


def project_customers(events: Sequence[Recorded], db: Connection) -> None:
    """Keep sellers' customers, and which of them a buyer is, up to date.

    Shape: a row per customer, by its first creation; a customer that only associations
        know has no name. A row per seller and buyer, with the customer that they are now.
    Safe to repeat: Yes.
    """
    _RELATIONSHIPS.fold([one for one in events if _names_a_buyer(one)], db)
    told = dict[tuple[str, str], Row]()
    for recorded in events:
        if isinstance(fact := recorded.fact, CustomerCreated | BuyerAssociated):
            row = _customer_by(fact, recorded)
            same = (fact.seller_id, fact.customer_id)
            told[same] = min(told.get(same, row), row, key=_soonest)
    if told:  # in one order everywhere: who writes the same rows at once waits only once
        db.execute(_KEEP_CUSTOMER, [told[same] for same in sorted(told)])


def project_conversations(events: Sequence[Recorded], db: Connection) -> None:
    """Keep conversations and their messages up to date.

    Units: `unread_by_...` are the ids of messages that the other side, or the system, sent
        since they last wrote; `waiting` is the opening message that has no answer yet.
    Shape: a row per conversation, and a row per message.
    Safe to repeat: Yes. Facts up to a row's `version` are skipped.
    """
    _CONVERSATIONS.fold(events, db)
    _MESSAGES.fold(events, db)


def _rule_after(_: Row | None, fact: BuyerAccessRuleSet) -> Row:
    return fact.model_dump()


def _request_after(row: Row | None, fact: AccessEvent) -> Row | None:
    state = STATE_AFTER[type(fact)]
    if isinstance(fact, BuyerAccessRequested):
        rules = shipped_rules().at(fact.requested_at)
        return fact.model_dump() | {
            "state": state,
            "decide_by": rules.decide_by(fact.requested_at),
            "expires_at": None,
            "ended_at": None,
        }
    return row and row | {"state": state, "ended_at": fact.happened_at}


def _tell_when_it_expires(row: Row, recorded: Recorded) -> None:
    if isinstance(fact := recorded.fact, BuyerAccessRequested):
        rules = shipped_rules().at(fact.requested_at)
        if not rules.is_history(fact.requested_at, recorded.recorded_at):
            row["expires_at"] = rules.expires_at(fact.requested_at)


def _names_a_buyer(recorded: Recorded) -> bool:
    fact = recorded.fact
    return isinstance(fact, BuyerAssociated) or (
        isinstance(fact, CustomerCreated) and fact.buyer_id is not None
    )


def _relationship_after(_: Row | None, fact: CustomerEvent) -> Row:
    link = "created" if isinstance(fact, CustomerCreated) else "associated"
    return {
        "seller_id": fact.seller_id,
        "buyer_id": fact.buyer_id,
        "customer_id": fact.customer_id,
        "link": link,
        "since": fact.happened_at,
    }


def _customer_by(fact: CustomerCreated | BuyerAssociated, recorded: Recorded) -> Row:
    """Return the row of a customer that only `fact` tells of."""
    created = isinstance(fact, CustomerCreated)
    return {
        "seller_id": fact.seller_id,
        "customer_id": fact.customer_id,
        "name": fact.name if isinstance(fact, CustomerCreated) else None,
        "created_for": fact.buyer_id if created else None,
        "is_known": created,
        "created_at": fact.happened_at,
        "event_id": recorded.event_id,
    }


def _soonest(row: Row) -> tuple[bool, datetime, UUID]:
    """Order what is known of a customer: by creation, moment and id.

    So the row is the same in whatever order the facts of several streams come.
    """
    return not row["is_known"], row["created_at"], row["event_id"]


def _keeping_customers() -> Insert:
    """Return the statement that adds a customer, or what is known of one sooner."""
    add = insert(customers)
    old, new = customers.c, add.excluded
    sooner = tuple_(~new.is_known, new.created_at, new.event_id) < tuple_(
        ~old.is_known, old.created_at, old.event_id
    )
    return add.on_conflict_do_update(
        index_elements=[old.seller_id, old.customer_id],
        set_={each.name: new[each.name] for each in customers.c},
        where=sooner,
    )


_KEEP_CUSTOMER: Final = _keeping_customers()


def _conversation_after(row: Row | None, fact: ConversationEvent) -> Row | None:
    if isinstance(fact, MessageMarkedSpam):
        return row and _without(row, fact.message_id)
    row = row or _begun(fact)
    row["messages"] += 1
    row["last_sent_at"] = max(row["last_sent_at"], fact.sent_at)
    for side in ("seller", "buyer"):
        unread = [] if fact.sender == side else [*row[f"unread_by_{side}"], fact.message_id]
        row[f"unread_by_{side}"] = unread
    if fact.sender == "buyer" and fact.answers is None:
        answer_by = shipped_rules().at(fact.sent_at).answer_by(fact.sent_at)
        return row | {
            "waiting": fact.message_id,
            "waiting_since": fact.sent_at,
            "answer_by": answer_by,
        }
    answered = fact.sender == "seller" and fact.answers == row["waiting"]
    return row | _NOTHING_WAITS if answered else row


_NOTHING_WAITS: Final[Row] = {"waiting": None, "waiting_since": None, "answer_by": None}


def _begun(fact: MessageSent) -> Row:
    return {
        "conversation_id": fact.conversation_id,
        "seller_id": fact.seller_id,
        "buyer_id": fact.buyer_id,
        "order_id": fact.order_id,
        "begun_at": fact.sent_at,
        "last_sent_at": fact.sent_at,
        "messages": 0,
        "unread_by_seller": [],
        "unread_by_buyer": [],
        **_NOTHING_WAITS,
    }


def _without(row: Row, message_id: str) -> Row:
    """Return a conversation's row once that message of it is spam."""
    unread = [one for one in row["unread_by_seller"] if one != message_id]
    nothing = _NOTHING_WAITS if row["waiting"] == message_id else {}
    return row | {"unread_by_seller": unread} | nothing


def _message_after(row: Row | None, fact: ConversationEvent) -> Row | None:
    if isinstance(fact, MessageMarkedSpam):
        return row and row | {"spam_since": fact.marked_at}
    return fact.model_dump() | {"spam_since": None}


def _conversation_of(recorded: Recorded) -> tuple[str, ...]:
    return (recorded.stream_id.removeprefix(CONVERSATION_STREAM),)


_ACCESS_RULES: Final = FoldedRows(access_rules, (BuyerAccessRuleSet,), _rule_after)
_ACCESS_REQUESTS: Final = FoldedRows(
    access_requests, get_args(AccessEvent), _request_after, note=_tell_when_it_expires
)
_RELATIONSHIPS: Final = FoldedRows(
    relationships, get_args(CustomerEvent), _relationship_after
)
_CONVERSATIONS: Final = FoldedRows(
    conversations, get_args(ConversationEvent), _conversation_after, _conversation_of
)
_MESSAGES: Final = FoldedRows(messages, get_args(ConversationEvent), _message_after)
