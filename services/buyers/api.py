"""HTTP in and out: parse, hand over, answer. No rule lives here.

Endpoints are plain `def`: the framework runs them in threads, where the store may block.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter

from contracts.fact import Id
from kit.asker import Asker
from kit.web.asking import Asking, may
from kit.web.bulk import bulk_router
from kit.web.commands import Now, Way, command_router
from kit.web.pages import After, Limit, Page, page_of, place_of
from kit.web.reading import Database
from kit.web.whose import BuyerInPath, SellerInPath
from services.buyers import commands, queries
from services.buyers.adapters import checked_request
from services.buyers.model.access_request import RequestState
from services.buyers.model.refusals import (
    ConversationUnknown,
    CustomerUnknown,
    MessageUnknown,
    RequestUnknown,
)

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    refusal.code: HTTPStatus.NOT_FOUND
    for refusal in (ConversationUnknown, CustomerUnknown, MessageUnknown, RequestUnknown)
}
_SELLER: Final = "/sellers/{seller_id}"
_REQUESTS: Final = f"{_SELLER}/access-requests"
_REQUEST: Final = f"{_REQUESTS}/{{request_id}}"
_CUSTOMER: Final = f"{_SELLER}/customers/{{customer_id}}"
_CONVERSATION: Final = f"{_SELLER}/conversations/{{conversation_id}}"

_SELLING: Final = may("seller", "operator", "service")
_BUYING: Final = may("buyer", "operator", "service")
_EITHER: Final = may("seller", "buyer", "operator", "service")
_RUNNING: Final = may("operator", "service")

_SELLERS_WAYS: Final = (
    Way(f"{_SELLER}/access-rule", commands.SetAccessRule, _SELLING),
    Way(f"{_REQUEST}/approval", commands.ApproveAccess, _SELLING),
    Way(f"{_REQUEST}/decline", commands.DeclineAccess, _SELLING),
    Way(f"{_SELLER}/customers", commands.CreateCustomer, _SELLING),
    Way(f"{_CUSTOMER}/association", commands.AssociateBuyer, _SELLING),
    Way(f"{_CONVERSATION}/seller-messages", commands.WriteToBuyer, _SELLING),
    Way(f"{_CONVERSATION}/messages/{{message_id}}/spam", commands.MarkSpam, _SELLING),
)
_BUYERS_WAYS: Final = (
    Way(_REQUESTS, commands.RequestAccess, _BUYING),
    Way(f"{_REQUEST}/withdrawal", commands.WithdrawAccess, _BUYING),
    Way(f"{_CONVERSATION}/buyer-messages", commands.WriteToSeller, _BUYING),
)
_SERVICES_WAYS: Final = (
    Way(f"{_REQUEST}/expiry", commands.ExpireAccess, _RUNNING),
    Way(f"{_CONVERSATION}/system-messages", commands.WriteAsSystem, _RUNNING),
)
_OF_SPAM: Final = {
    "answer_by",
    "spam_since",
    "unread_by_seller",
    "version",
    "waiting",
    "waiting_since",
}
"""What changes when the seller takes a message for spam, which its buyer is not told.

So does which message the buyer's own next one goes on about.
"""
_WAYS: Final = (*_SELLERS_WAYS, *_BUYERS_WAYS, *_SERVICES_WAYS)

router = APIRouter()
router.include_router(command_router(_WAYS, checked_request, "buyers"))
router.include_router(bulk_router([way.command for way in _WAYS], checked_request))


@router.get(f"{_SELLER}/access-rule", tags=["access"], dependencies=[_SELLING])
def read_access_rule(seller_id: SellerInPath, db: Database) -> dict[str, Any]:
    """Answer whether "Buyer Access Requires Approval" is on."""
    return queries.access_rule(seller_id, db)


@router.get(_REQUESTS, tags=["access"], dependencies=[_SELLING])
def read_access_requests(
    seller_id: SellerInPath,
    db: Database,
    state: RequestState | None = None,
    buyer_id: Id | None = None,
    after: After | None = None,
    limit: Limit = 100,
) -> Page:
    """Answer a seller's access requests, oldest first, a page at a time."""
    filters = {"seller_id": seller_id, "state": state, "buyer_id": buyer_id}
    found = queries.access_requests_where(filters, place_of(after), limit, db)
    return page_of(found, limit, "requested_at", "request_id")


@router.get(_REQUEST, tags=["access"], dependencies=[_EITHER])
def read_access_request(
    seller_id: SellerInPath, request_id: Id, asker: Asking, db: Database
) -> dict[str, Any]:
    """Answer one access request.

    Raises:
        RequestUnknown: The two have none of this id.
    """
    found = _shown_to(asker, queries.access_request(seller_id, request_id, db))
    if found is None:
        raise RequestUnknown(request_id)
    return found


@router.get("/buyers/{buyer_id}/access-requests", tags=["access"], dependencies=[_BUYING])
def read_own_access_requests(
    buyer_id: BuyerInPath,
    db: Database,
    state: RequestState | None = None,
    after: After | None = None,
    limit: Limit = 100,
) -> Page:
    """Answer a buyer's own access requests, oldest first, a page at a time."""
    filters = {"buyer_id": buyer_id, "state": state}
    found = queries.access_requests_where(filters, place_of(after), limit, db)
    return page_of(found, limit, "requested_at", "request_id")


@router.get(f"{_SELLER}/buyers/{{buyer_id}}", tags=["customers"], dependencies=[_SELLING])
def read_standing(seller_id: SellerInPath, buyer_id: Id, db: Database) -> dict[str, Any]:
    """Answer which customer a buyer is, whether they may place orders, and why."""
    return queries.standing_of(seller_id, buyer_id, db)


@router.get(f"{_SELLER}/customers", tags=["customers"], dependencies=[_SELLING])
def read_customers(
    seller_id: SellerInPath, db: Database, after: After | None = None, limit: Limit = 100
) -> Page:
    """Answer a seller's customers, oldest first, a page at a time."""
    found = queries.customers_of(seller_id, place_of(after), limit, db)
    return page_of(found, limit, "created_at", "customer_id")


@router.get(_CUSTOMER, tags=["customers"], dependencies=[_SELLING])
def read_customer(seller_id: SellerInPath, customer_id: Id, db: Database) -> dict[str, Any]:
    """Answer one customer, with the buyers that are it.

    Raises:
        CustomerUnknown: The seller has none of this id.
    """
    found = queries.customer(seller_id, customer_id, db)
    if found is None:
        raise CustomerUnknown(customer_id)
    return found


@router.get(f"{_SELLER}/conversations", tags=["conversations"], dependencies=[_SELLING])
def read_conversations(  # noqa: PLR0913 - filters and a page
    seller_id: SellerInPath,
    db: Database,
    *,
    unanswered: bool = False,
    buyer_id: Id | None = None,
    order_id: Id | None = None,
    after: After | None = None,
    limit: Limit = 100,
) -> Page:
    """Answer a seller's conversations, oldest first, a page at a time.

    Those that are `unanswered` come by how long they wait: the next deadline first.
    """
    filters = {"seller_id": seller_id, "buyer_id": buyer_id, "order_id": order_id}
    if unanswered:
        found = queries.unanswered_where(filters, place_of(after), limit, db)
        return page_of(found, limit, "waiting_since", "conversation_id")
    found = queries.conversations_where(filters, place_of(after), limit, db)
    return page_of(found, limit, "begun_at", "conversation_id")


@router.get(
    "/buyers/{buyer_id}/conversations", tags=["conversations"], dependencies=[_BUYING]
)
def read_own_conversations(
    buyer_id: BuyerInPath,
    asker: Asking,
    db: Database,
    order_id: Id | None = None,
    after: After | None = None,
    limit: Limit = 100,
) -> Page:
    """Answer a buyer's own conversations, oldest first, a page at a time."""
    filters = {"buyer_id": buyer_id, "order_id": order_id}
    found = queries.conversations_where(filters, place_of(after), limit, db)
    told = [_told_to(asker, one) for one in found]
    return page_of(told, limit, "begun_at", "conversation_id")


@router.get(_CONVERSATION, tags=["conversations"], dependencies=[_EITHER])
def read_conversation(
    seller_id: SellerInPath, conversation_id: Id, asker: Asking, db: Database
) -> dict[str, Any]:
    """Answer one conversation: with whom, about what, what is unread and what waits.

    What waits for the seller is not told to its buyer.

    Raises:
        ConversationUnknown: The two have none of this id.
    """
    found = _shown_to(asker, queries.conversation(seller_id, conversation_id, db))
    if found is None:
        raise ConversationUnknown(conversation_id)
    return _told_to(asker, found)


@router.get(f"{_CONVERSATION}/messages", tags=["conversations"], dependencies=[_EITHER])
def read_messages(
    seller_id: SellerInPath,
    conversation_id: Id,
    asker: Asking,
    db: Database,
    after: After | None = None,
    limit: Limit = 100,
) -> Page:
    """Answer the messages of a conversation, oldest first, a page at a time.

    What the seller takes for spam is not told to its buyer.

    Raises:
        ConversationUnknown: The two have none of this id.
    """
    if _shown_to(asker, queries.conversation(seller_id, conversation_id, db)) is None:
        raise ConversationUnknown(conversation_id)
    found = queries.messages_of(conversation_id, place_of(after), limit, db)
    told = [_told_to(asker, one) for one in found]
    return page_of(told, limit, "sent_at", "message_id")


@router.get(f"{_SELLER}/counts", tags=["access", "conversations"], dependencies=[_SELLING])
def read_counts(seller_id: SellerInPath, db: Database, now: Now) -> dict[str, Any]:
    """Answer how many requests and conversations wait for the seller, and are overdue."""
    return queries.counts(seller_id, now, db)


def _shown_to(asker: Asker, found: queries.Shown | None) -> queries.Shown | None:
    """Return what was found at a seller's, unless a buyer asks whose it is not."""
    others = asker.role == "buyer" and found is not None and found["buyer_id"] != asker.id
    return None if others else found


def _told_to(asker: Asker, found: queries.Shown) -> queries.Shown:
    """Return what was found of a conversation, for a buyer without what spam changes."""
    if asker.role != "buyer":
        return found
    own = found.get("sender") == "buyer"
    hidden = _OF_SPAM | {"answers"} if own else _OF_SPAM
    return {name: value for name, value in found.items() if name not in hidden}
