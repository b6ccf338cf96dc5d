"""The service's front door: the stream and the rules that a command goes to."""

from typing import assert_never

from kit.eventstore.requests import AnyRequest, Request
from services.buyers.commands import (
    ApproveAccess,
    AssociateBuyer,
    BuyersCommand,
    CreateCustomer,
    DeclineAccess,
    ExpireAccess,
    FollowAcceptance,
    MarkSpam,
    RelationshipCommand,
    RequestAccess,
    SetAccessRule,
    WithdrawAccess,
    WriteAsSystem,
    WriteToBuyer,
    WriteToSeller,
)
from services.buyers.model import ACCESS_REQUEST, ACCESS_RULE, CONVERSATION, RELATIONSHIP

CONVERSATIONS = "conversation-"
"""What the streams of conversations are called, before their id."""


def to_request(command: BuyersCommand) -> AnyRequest:
    """Return `command` as what is asked of its stream."""
    match command:
        case SetAccessRule(seller_id=seller_id):
            stream_id = f"access-rule-{seller_id}"
            return Request(stream_id=stream_id, decider=ACCESS_RULE, command=command)
        case (
            RequestAccess()
            | ApproveAccess()
            | DeclineAccess()
            | WithdrawAccess()
            | ExpireAccess()
        ):
            stream_id = f"access-request-{command.request_id}"
            return Request(stream_id=stream_id, decider=ACCESS_REQUEST, command=command)
        case CreateCustomer() | AssociateBuyer() | FollowAcceptance():
            stream_id = _relationship(command)
            return Request(stream_id=stream_id, decider=RELATIONSHIP, command=command)
        case WriteToSeller() | WriteToBuyer() | WriteAsSystem() | MarkSpam():
            stream_id = f"{CONVERSATIONS}{command.conversation_id}"
            return Request(stream_id=stream_id, decider=CONVERSATION, command=command)
        case _:
            assert_never(command)


def _relationship(command: RelationshipCommand) -> str:
    if command.buyer_id is None:
        return f"customer-{command.seller_id}:{command.customer_id}"
    return f"customers-{command.seller_id}:{command.buyer_id}"
