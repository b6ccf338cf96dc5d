"""Facts of buyers, on `buyers.v1`: access, customers, conversations.

Units: times are aware UTC.
Source: domain.md 2 (facts), 3 (clocks) and 4 (rules).
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, TypeAlias

from contracts.fact import Fact, Id, Moment, Text

Sender: TypeAlias = Literal["buyer", "seller", "system"]


class BuyerAccessRuleSet(Fact):
    """A seller set "Buyer Access Requires Approval": gated when on, ungated when off."""

    moment: ClassVar[str] = "set_at"

    approval_required: bool
    set_at: Moment


class BuyerAccessRequested(Fact):
    """A buyer asks a gated seller for leave to place orders."""

    moment: ClassVar[str] = "requested_at"

    request_id: Id
    buyer_id: Id
    requested_at: Moment


class BuyerAccessApproved(Fact):
    moment: ClassVar[str] = "approved_at"

    request_id: Id
    buyer_id: Id
    approved_at: Moment


class BuyerAccessDeclined(Fact):
    moment: ClassVar[str] = "declined_at"

    request_id: Id
    buyer_id: Id
    declined_at: Moment


class BuyerAccessWithdrawn(Fact):
    """The buyer no longer asks."""

    moment: ClassVar[str] = "withdrawn_at"

    request_id: Id
    buyer_id: Id
    withdrawn_at: Moment


class BuyerAccessExpired(Fact):
    """Nobody answered the request in time."""

    moment: ClassVar[str] = "expired_at"

    request_id: Id
    buyer_id: Id
    expired_at: Moment


class CustomerCreated(Fact):
    """A seller has a new customer; with `buyer_id`, that buyer is this customer."""

    moment: ClassVar[str] = "created_at"

    customer_id: Id
    buyer_id: Id | None = None
    name: Text
    created_at: Moment


class BuyerAssociated(Fact):
    """From here on, the buyer is this customer of the seller."""

    moment: ClassVar[str] = "associated_at"

    customer_id: Id
    buyer_id: Id
    associated_at: Moment


class MessageSent(Fact):
    """A message in a seller's conversation with a buyer; `sender` wrote it.

    A buyer's message without `answers` is an opening message: an answer to it is owed. One
    that the buyer adds before the answer came has the opening message as its `answers`, and
    so has the seller's answer. `order_id` is the order that the conversation is about, if
    it is about one; `text` what is said, where that is known.
    """

    moment: ClassVar[str] = "sent_at"

    conversation_id: Id
    message_id: Id
    buyer_id: Id
    sender: Sender
    answers: Id | None = None
    order_id: Id | None = None
    sent_at: Moment
    text: Text | None = None


class MessageMarkedSpam(Fact):
    """A buyer's message is spam: nobody owes an answer to it."""

    moment: ClassVar[str] = "marked_at"

    message_id: Id
    marked_at: Moment


AccessEvent: TypeAlias = (
    BuyerAccessRequested
    | BuyerAccessApproved
    | BuyerAccessDeclined
    | BuyerAccessWithdrawn
    | BuyerAccessExpired
)
CustomerEvent: TypeAlias = CustomerCreated | BuyerAssociated
ConversationEvent: TypeAlias = MessageSent | MessageMarkedSpam

TYPES: Final[Mapping[str, type[Fact]]] = {
    "buyers.buyer-access-rule-set.v1": BuyerAccessRuleSet,
    "buyers.buyer-access-requested.v1": BuyerAccessRequested,
    "buyers.buyer-access-approved.v1": BuyerAccessApproved,
    "buyers.buyer-access-declined.v1": BuyerAccessDeclined,
    "buyers.buyer-access-withdrawn.v1": BuyerAccessWithdrawn,
    "buyers.buyer-access-expired.v1": BuyerAccessExpired,
    "buyers.customer-created.v1": CustomerCreated,
    "buyers.buyer-associated.v1": BuyerAssociated,
    "buyers.message-sent.v1": MessageSent,
    "buyers.message-marked-spam.v1": MessageMarkedSpam,
}
