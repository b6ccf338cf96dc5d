"""A conversation of one seller with one buyer: what was said, what waits for an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias, assert_never

from contracts.buyers import ConversationEvent, MessageMarkedSpam, MessageSent
from kit.domain import Decider
from services.buyers.commands import (
    ConversationCommand,
    MarkSpam,
    WriteAsSystem,
    WriteToBuyer,
    WriteToSeller,
    Writing,
)
from services.buyers.model.refusals import (
    ConversationIsAbout,
    ConversationUnknown,
    MessageAsksNothing,
    MessageExists,
    MessageUnknown,
)

Sender: TypeAlias = Literal["buyer", "seller", "system"]


@dataclass(frozen=True, slots=True)
class NotBegun:
    """Nobody wrote anything under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message: `answers` is the opening message that it answers, or goes on about."""

    sender: Sender
    answers: str | None
    text: str | None
    spam: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Two that write to each other, about one order or about none.

    Shape: `messages` by id; `waiting` is the opening message that has no answer yet.
    """

    seller_id: str
    buyer_id: str
    order_id: str | None
    waiting: str | None = None
    messages: Mapping[str, Said] = field(default_factory=dict)


Conversation: TypeAlias = NotBegun | Begun


def decide(
    command: ConversationCommand, conversation: Conversation
) -> Sequence[ConversationEvent]:
    """Return the fact that `command` makes true, or none if it is true already.

    Raises:
        Refused: The conversation does not allow it; another's is as unknown as none.
    """
    match command:
        case WriteToSeller() | WriteToBuyer() | WriteAsSystem():
            return write(command, conversation)
        case MarkSpam():
            return mark_spam(command, conversation)
        case _:
            assert_never(command)


def write(command: Writing, conversation: Conversation) -> Sequence[ConversationEvent]:
    begun = _begun(command, conversation)
    if command.order_id not in {None, begun.order_id}:
        raise ConversationIsAbout(begun.order_id)
    known = begun.messages.get(command.message_id)
    if known is not None:
        if not _same(command, known):
            raise MessageExists(command.message_id)
        return []
    return [
        MessageSent(
            seller_id=command.seller_id,
            conversation_id=command.conversation_id,
            message_id=command.message_id,
            buyer_id=command.buyer_id,
            sender=_SENDERS[type(command)],
            answers=_answered(command, begun),
            order_id=begun.order_id,
            sent_at=command.at,
            text=command.text,
        )
    ]


def _begun(command: Writing, conversation: Conversation) -> Begun:
    if isinstance(conversation, NotBegun):
        return Begun(
            seller_id=command.seller_id,
            buyer_id=command.buyer_id,
            order_id=command.order_id,
        )
    both = (conversation.seller_id, conversation.buyer_id)
    if both != (command.seller_id, command.buyer_id):
        raise ConversationUnknown(command.conversation_id)
    return conversation


_SENDERS: Final[Mapping[type[Writing], Sender]] = {
    WriteToSeller: "buyer",
    WriteToBuyer: "seller",
    WriteAsSystem: "system",
}


def _same(command: Writing, known: Said) -> bool:
    said = (known.sender, known.text) == (_SENDERS[type(command)], command.text)
    answers = command.answers if isinstance(command, WriteToBuyer) else None
    return said and answers in {None, known.answers}


def _answered(command: Writing, conversation: Begun) -> str | None:
    """Return the opening message that `command` answers, or goes on about.

    Raises:
        MessageUnknown: The buyer did not send the one that is named.
        MessageAsksNothing: They did, but it only goes on about another.
    """
    if isinstance(command, WriteAsSystem):
        return None
    named = command.answers if isinstance(command, WriteToBuyer) else None
    if named is None:
        return conversation.waiting
    asked = conversation.messages.get(named)
    if asked is None or asked.sender != "buyer":
        raise MessageUnknown("answers", named)
    if asked.answers is not None:
        raise MessageAsksNothing(named, asked.answers)
    return named


def mark_spam(command: MarkSpam, conversation: Conversation) -> Sequence[ConversationEvent]:
    if isinstance(conversation, NotBegun) or conversation.seller_id != command.seller_id:
        raise ConversationUnknown(command.conversation_id)
    message = conversation.messages.get(command.message_id)
    if message is None or message.sender != "buyer":
        raise MessageUnknown("message_id", command.message_id)
    if message.spam:
        return []
    return [
        MessageMarkedSpam(
            seller_id=command.seller_id,
            message_id=command.message_id,
            marked_at=command.at,
        )
    ]


def evolve(conversation: Conversation, event: ConversationEvent) -> Conversation:
    """Return the conversation after `event`. Never refuses: the fact already happened."""
    match event:
        case MessageSent():
            return _with(event, conversation)
        case MessageMarkedSpam(message_id=message_id) if isinstance(conversation, Begun):
            messages = dict(conversation.messages)
            if message_id in messages:
                messages[message_id] = replace(messages[message_id], spam=True)
            waiting = None if conversation.waiting == message_id else conversation.waiting
            return replace(conversation, messages=messages, waiting=waiting)
        case MessageMarkedSpam():
            return conversation
        case _:
            assert_never(event)


def _with(event: MessageSent, conversation: Conversation) -> Begun:
    if isinstance(conversation, NotBegun):
        conversation = Begun(
            seller_id=event.seller_id, buyer_id=event.buyer_id, order_id=event.order_id
        )
    said = Said(sender=event.sender, answers=event.answers, text=event.text)
    waiting = conversation.waiting
    if event.sender == "buyer" and event.answers is None:
        waiting = event.message_id
    if event.sender == "seller" and event.answers == waiting:
        waiting = None
    messages = {**conversation.messages, event.message_id: said}
    return replace(conversation, messages=messages, waiting=waiting)


def overlaps(command: ConversationCommand, _: Sequence[ConversationEvent]) -> bool:
    """Say whether what happened since could change the mind of who did not see it.

    What a buyer writes takes nothing away from what others did; nor are they shown all of
    it: what the seller takes for spam is not told to its buyer.
    """
    return not isinstance(command, WriteToSeller)


CONVERSATION: Final[Decider[Conversation, ConversationCommand, ConversationEvent]] = (
    Decider(NotBegun(), decide, evolve, (NotBegun, Begun), overlaps=overlaps)
)
