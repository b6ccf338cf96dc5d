"""Commands of one buyer and one seller, in one line each, for examples."""

from datetime import datetime

from contracts.buyers import MessageSent, Sender
from services.buyers.commands import (
    ApproveAccess,
    DeclineAccess,
    ExpireAccess,
    MarkSpam,
    RequestAccess,
    SetAccessRule,
    WithdrawAccess,
    WriteAsSystem,
    WriteToBuyer,
    WriteToSeller,
)
from tests.samples import FRIDAY, MONDAY, SATURDAY

REQUEST = RequestAccess(request_id="r-1", seller_id="s-1", buyer_id="b-1", at=FRIDAY)
APPROVE = ApproveAccess(request_id="r-1", seller_id="s-1", at=MONDAY)
DECLINE = DeclineAccess(request_id="r-1", seller_id="s-1", at=MONDAY)
WITHDRAW = WithdrawAccess(request_id="r-1", seller_id="s-1", buyer_id="b-1", at=SATURDAY)
MARK_SPAM = MarkSpam(conversation_id="v-1", message_id="m-1", seller_id="s-1", at=SATURDAY)


def expire(at: datetime) -> ExpireAccess:
    return ExpireAccess(request_id="r-1", seller_id="s-1", at=at)


def gate(at: datetime = FRIDAY, *, on: bool = True) -> SetAccessRule:
    return SetAccessRule(seller_id="s-1", approval_required=on, at=at)


def sent(
    message_id: str, sender: Sender, answers: str | None = None, order_id: str | None = None
) -> MessageSent:
    """A message as it was sent on Friday; its text is its id."""
    return MessageSent(
        seller_id="s-1",
        conversation_id="v-1",
        message_id=message_id,
        buyer_id="b-1",
        sender=sender,
        answers=answers,
        order_id=order_id,
        sent_at=FRIDAY,
        text=message_id,
    )


def by_buyer(
    message_id: str, order_id: str | None = None, buyer_id: str = "b-1"
) -> WriteToSeller:
    return WriteToSeller(
        conversation_id="v-1",
        message_id=message_id,
        seller_id="s-1",
        buyer_id=buyer_id,
        order_id=order_id,
        text=message_id,
        at=FRIDAY,
    )


def by_seller(
    message_id: str, answers: str | None = None, seller_id: str = "s-1"
) -> WriteToBuyer:
    return WriteToBuyer(
        conversation_id="v-1",
        message_id=message_id,
        seller_id=seller_id,
        buyer_id="b-1",
        answers=answers,
        text=message_id,
        at=FRIDAY,
    )


def by_system(message_id: str) -> WriteAsSystem:
    return WriteAsSystem(
        conversation_id="v-1",
        message_id=message_id,
        seller_id="s-1",
        buyer_id="b-1",
        text=message_id,
        at=FRIDAY,
    )
