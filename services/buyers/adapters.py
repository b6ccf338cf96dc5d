"""The front door with what must hold beside a command's own stream: looked up, locked.

Looked up in the transaction that decides, so nothing may change before it commits.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias
from zlib import crc32

from sqlalchemy import Connection, select

from kit.asker import Asker
from kit.database import Claim
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

LOCKS: Final = 256
Premise: TypeAlias = Callable[[Connection], None]


def checked_request(command: BuyersCommand, _: Asker | None = None) -> AnyRequest:
    """Return `command` as what is asked of its stream, with its premise if it has one.

    Shape: a command names its seller and its buyer, one of whom is the asker unless the
        marketplace asks; what is of others is unknown to it.
    """
    return replace(to_request(command), premise=_premise(command))


def _premise(command: BuyersCommand) -> Premise | None:
    match command:
        case RequestAccess():
            return partial(asks_once, command)
        case CreateCustomer():
            return partial(creates_once, command)
        case AssociateBuyer():
            return partial(knows_customer, command)
        case WriteToSeller() | WriteToBuyer() | WriteAsSystem():
            return partial(sends_once, command)
        case _:
            return None


def asks_once(command: RequestAccess, db: Connection) -> None:
    """Let a buyer ask a seller once at a time.

    Raises:
        AccessIsRequested: Another request of theirs waits for an answer.
    """
    _hold("access", f"{command.seller_id}:{command.buyer_id}", db)
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
    _hold("customer", f"{command.seller_id}:{command.customer_id}", db)
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
    _hold("message", f"{command.seller_id}:{command.message_id}", db)
    row = messages.c
    elsewhere = select(row.message_id).where(
        row.seller_id == command.seller_id,
        row.message_id == command.message_id,
        row.conversation_id != command.conversation_id,
    )
    if db.scalars(elsewhere).first():
        raise MessageExists(command.message_id)


def _hold(kind: str, name: str, db: Connection) -> None:
    """Let nobody else ask for the same until the transaction is over.

    Names share a few locks: a bulk request of thousands must not fill the server's table.
    """
    few = str(crc32(name.encode()) % LOCKS)
    db.execute(Claim(kind, few).asked("pg_advisory_xact_lock"))
