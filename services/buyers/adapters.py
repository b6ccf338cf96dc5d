"""The front door with what must hold beside a command's own stream: looked up, held.

Looked up in the transaction that decides, so nothing may change before it commits.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias, get_args

from sqlalchemy import Connection, select

from contracts.buyers import AccessEvent, CustomerCreated, MessageSent
from contracts.fact import Fact
from kit.asker import Asker
from kit.eventstore.requests import AnyRequest
from services.buyers.commands import (
    AssociateBuyer,
    BuyersCommand,
    CreateCustomer,
    RequestAccess,
    WriteAsSystem,
    WriteToBuyer,
    WriteToSeller,
    Writing,
)
from services.buyers.handlers import to_request
from services.buyers.model.refusals import (
    AccessIsRequested,
    CustomerExists,
    CustomerUnknown,
    MessageExists,
)
from services.buyers.tables import access_requests, customers, messages

Premise: TypeAlias = Callable[[Connection], None]

_OF_ACCESS: Final = get_args(AccessEvent)


def checked_request(command: BuyersCommand, _: Asker | None = None) -> AnyRequest:
    """Return `command` as what is asked of its stream, with its premise if it has one.

    Shape: a command names its seller and its buyer, one of whom is the asker unless the
        marketplace asks; what is of others is unknown to it.
    """
    held, premise = _premise(command)
    return replace(to_request(command), premise=premise, holds=held, touches=touched)


def _premise(command: BuyersCommand) -> tuple[Collection[str], Premise | None]:
    """Return what must hold, and the keys of what is looked at for that."""
    match command:
        case RequestAccess():
            held = _access(command.seller_id, command.buyer_id)
            return (held,), partial(asks_once, command)
        case CreateCustomer():
            held = _customer(command.seller_id, command.customer_id)
            return (held,), partial(creates_once, command)
        case AssociateBuyer():
            held = _customer(command.seller_id, command.customer_id)
            return (held,), partial(knows_customer, command)
        case WriteToSeller() | WriteToBuyer() | WriteAsSystem():
            held = _message(command.seller_id, command.message_id)
            return (held,), partial(sends_once, command)
        case _:
            return (), None


def touched(fact: Fact) -> Collection[str]:
    """Return the keys of what `fact` changes for a premise.

    An association changes nothing: it is with a customer that there was before.
    """
    match fact:
        case CustomerCreated():
            return (_customer(fact.seller_id, fact.customer_id),)
        case MessageSent():
            return (_message(fact.seller_id, fact.message_id),)
        case _ if isinstance(fact, _OF_ACCESS):
            return (_access(fact.seller_id, fact.buyer_id),)
        case _:
            return ()


def _access(seller_id: str, buyer_id: str) -> str:
    return f"access {seller_id}:{buyer_id}"


def _customer(seller_id: str, customer_id: str) -> str:
    return f"customer {seller_id}:{customer_id}"


def _message(seller_id: str, message_id: str) -> str:
    return f"message {seller_id}:{message_id}"


def asks_once(command: RequestAccess, db: Connection) -> None:
    """Let a buyer ask a seller once at a time.

    Raises:
        AccessIsRequested: Another request of theirs waits for an answer.
    """
    row = access_requests.c
    waiting = select(row.request_id).where(
        row.seller_id == command.seller_id,
        row.buyer_id == command.buyer_id,
        row.state == "waiting",
        row.request_id != command.request_id,
    )
    if other := db.scalars(waiting).first():
        raise AccessIsRequested(command.buyer_id, other)


def creates_once(command: CreateCustomer, db: Connection) -> None:
    """Let a seller create a customer under an id once.

    Raises:
        CustomerExists: It was created for another buyer, or for none.
    """
    row = customers.c
    taken = select(row.customer_id).where(
        row.seller_id == command.seller_id,
        row.customer_id == command.customer_id,
        row.is_known,
        row.created_for.is_distinct_from(command.buyer_id),
    )
    if db.scalars(taken).first():
        raise CustomerExists(command.customer_id)


def knows_customer(command: AssociateBuyer, db: Connection) -> None:
    """Let a seller associate buyers with their own customers, which never go away.

    Raises:
        CustomerUnknown: They have none of this id.
    """
    row = customers.c
    known = select(row.customer_id).where(
        row.seller_id == command.seller_id, row.customer_id == command.customer_id
    )
    if not db.scalars(known).first():
        raise CustomerUnknown(command.customer_id)


def sends_once(command: Writing, db: Connection) -> None:
    """Let the id of a message be used in one of a seller's conversations.

    Raises:
        MessageExists: Another conversation has it.
    """
    row = messages.c
    elsewhere = select(row.message_id).where(
        row.seller_id == command.seller_id,
        row.message_id == command.message_id,
        row.conversation_id != command.conversation_id,
    )
    if db.scalars(elsewhere).first():
        raise MessageExists(command.message_id)
