"""Which customer of a seller a buyer is; and customers that are no buyer yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from contracts.buyers import BuyerAssociated, CustomerCreated, CustomerEvent
from kit.domain import Decider
from services.buyers.commands import (
    AssociateBuyer,
    CreateCustomer,
    FollowAcceptance,
    RelationshipCommand,
)
from services.buyers.model.refusals import BuyerIsCustomer, CustomerExists


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """What a seller knows of a buyer: nothing, or which customer they are now.

    Shape: `created_as` is the customer that was created for this very buyer, and its name;
        a customer that is no buyer has one of these too, without a `customer_id`.
    """

    customer_id: str | None = None
    created_as: tuple[str, str] | None = None


def decide(
    command: RelationshipCommand, relationship: Relationship
) -> Sequence[CustomerEvent]:
    """Return the fact that `command` makes true, or none if it is true already.

    Raises:
        BuyerIsCustomer: The buyer is a customer; only an association may change which.
        CustomerExists: The customer that is no buyer was created under another name.
    """
    match command:
        case CreateCustomer():
            return create(command, relationship)
        case AssociateBuyer():
            return associate(command, relationship)
        case FollowAcceptance():
            return follow(command, relationship)
        case _:
            assert_never(command)


def create(command: CreateCustomer, relationship: Relationship) -> Sequence[CustomerEvent]:
    if relationship.created_as == (command.customer_id, command.name):
        return []
    if command.buyer_id is not None and relationship.customer_id is not None:
        raise BuyerIsCustomer(command.buyer_id, relationship.customer_id)
    if relationship.created_as is not None:
        raise CustomerExists(command.customer_id)
    return [
        CustomerCreated(
            seller_id=command.seller_id,
            customer_id=command.customer_id,
            buyer_id=command.buyer_id,
            name=command.name,
            created_at=command.at,
        )
    ]


def associate(
    command: AssociateBuyer | FollowAcceptance, relationship: Relationship
) -> Sequence[CustomerEvent]:
    if relationship.customer_id == command.customer_id:
        return []
    return [
        BuyerAssociated(
            seller_id=command.seller_id,
            customer_id=command.customer_id,
            buyer_id=command.buyer_id,
            associated_at=command.at,
        )
    ]


def follow(
    command: FollowAcceptance, relationship: Relationship
) -> Sequence[CustomerEvent]:
    """Return what an accepted order settles. Never refuses: it was accepted already.

    Where the order does not say what a new customer is called: by the id of its buyer.
    """
    if command.customer_link == "associated":
        return associate(command, relationship)
    if relationship.customer_id == command.customer_id:
        return []
    return [
        CustomerCreated(
            seller_id=command.seller_id,
            customer_id=command.customer_id,
            buyer_id=command.buyer_id,
            name=command.customer_name or command.buyer_id,
            created_at=command.at,
        )
    ]


def evolve(relationship: Relationship, event: CustomerEvent) -> Relationship:
    """Return the relationship after `event`. Never refuses: it already happened."""
    match event:
        case CustomerCreated():
            customer_id = None if event.buyer_id is None else event.customer_id
            created_as = (event.customer_id, event.name)
            return Relationship(customer_id=customer_id, created_as=created_as)
        case BuyerAssociated():
            return Relationship(
                customer_id=event.customer_id, created_as=relationship.created_as
            )
        case _:
            assert_never(event)


RELATIONSHIP: Final[Decider[Relationship, RelationshipCommand, CustomerEvent]] = Decider(
    Relationship(), decide, evolve, (Relationship,)
)
