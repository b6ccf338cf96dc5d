"""What may be asked of access, customers and conversations: imperative, moment included.

Whoever reads one from outside validates it by these types: unknown fields, naive times
and values that had to be converted are refused there, by name.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field

from contracts.fact import GivenMoment, Id, SellerId, Text

CLOSED: Final = ConfigDict(extra="forbid")
OnOrOff: TypeAlias = Annotated[bool, Field(strict=True)]
Name: TypeAlias = Annotated[Text, Field(min_length=1, max_length=200)]
Words: TypeAlias = Annotated[Text, Field(min_length=1, max_length=10_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAccessRule:
    """The seller switches "Buyer Access Requires Approval" on or off."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    approval_required: OnOrOff
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAccess:
    """A buyer asks a seller for leave to place orders."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    request_id: Id
    seller_id: SellerId
    buyer_id: Id
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveAccess:
    """The seller lets the buyer place orders."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    request_id: Id
    seller_id: SellerId
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineAccess:
    """The seller does not let the buyer place orders; they may ask anew."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    request_id: Id
    seller_id: SellerId
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawAccess:
    """The buyer no longer asks."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    request_id: Id
    seller_id: SellerId
    buyer_id: Id
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireAccess:
    """Nobody answered the request within the days that there were for it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    request_id: Id
    seller_id: SellerId
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer:
    """The seller has a new customer; with `buyer_id`, that buyer is the customer."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    customer_id: Id
    name: Name
    buyer_id: Id | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateBuyer:
    """From now on the buyer is this customer of the seller."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    customer_id: Id
    buyer_id: Id
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowAcceptance:
    """An accepted order says which customer its buyer is; that has happened already."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    customer_id: Id
    buyer_id: Id
    customer_link: Literal["created", "associated"]
    customer_name: Text | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteToSeller:
    """The buyer writes; the first message that is not answered yet asks for an answer."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    conversation_id: Id
    message_id: Id
    seller_id: SellerId
    buyer_id: Id
    order_id: Id | None = None
    text: Words
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteToBuyer:
    """The seller writes: an answer to the message that waits for one, or to `answers`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    conversation_id: Id
    message_id: Id
    seller_id: SellerId
    buyer_id: Id
    order_id: Id | None = None
    answers: Id | None = None
    text: Words
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteAsSystem:
    """The marketplace itself writes, to both; it answers nothing and asks nothing."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    conversation_id: Id
    message_id: Id
    seller_id: SellerId
    buyer_id: Id
    order_id: Id | None = None
    text: Words
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSpam:
    """A buyer's message is spam; no answer is owed to it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    conversation_id: Id
    message_id: Id
    seller_id: SellerId
    at: GivenMoment


RequestCommand: TypeAlias = (
    RequestAccess | ApproveAccess | DeclineAccess | WithdrawAccess | ExpireAccess
)
RelationshipCommand: TypeAlias = CreateCustomer | AssociateBuyer | FollowAcceptance
Writing: TypeAlias = WriteToSeller | WriteToBuyer | WriteAsSystem
ConversationCommand: TypeAlias = Writing | MarkSpam
BuyersCommand: TypeAlias = (
    SetAccessRule | RequestCommand | RelationshipCommand | ConversationCommand
)
