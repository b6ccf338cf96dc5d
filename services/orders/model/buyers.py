"""What a buyer's standing with a seller lets them and the seller do.

Orders knows of it what buyers' facts have told it so far: less than is true by now,
perhaps. So what is refused for want of knowledge says how to go on if it is old.
"""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.orders import CustomerLink, OrderEvent, OrderPlaced
from services.orders.commands import AcceptOrder, BuyerStanding
from services.orders.model.refusals import (
    AccessNeeded,
    BuyerIsCustomer,
    CustomerExists,
    CustomerNeeded,
    CustomerUnknown,
    NameOfNobodyNew,
    NewBuyersLimited,
    SellerSuspended,
)
from services.orders.model.states import Accepted


class OrderCustomer(NamedTuple):
    """Which customer of the seller a buyer is, and since when."""

    customer_id: str
    link: CustomerLink


def refuse_unless_taken(
    facts: Sequence[OrderEvent], buyer: BuyerStanding
) -> Sequence[OrderEvent]:
    """Return the facts of a placing, if its seller takes orders, and of its buyer.

    Raises:
        SellerSuspended: The seller takes none.
        NewBuyersLimited: The seller takes none of buyers who are not customers yet.
        AccessNeeded: The seller lets only approved buyers order, and this one is none.
    """
    for fact in facts:
        if isinstance(fact, OrderPlaced):
            if buyer.step == "suspended":
                raise SellerSuspended(fact.seller_id)
            if buyer.step == "reduced_for_all" and buyer.customer_id is None:
                raise NewBuyersLimited(fact.buyer_id, fact.seller_id)
            if buyer.approval_required and buyer.access != "approved":
                raise AccessNeeded(fact.buyer_id, fact.seller_id, buyer.access)
    return facts


def settle_customer(command: AcceptOrder, buyer: BuyerStanding | None) -> OrderCustomer:
    """Return the customer that the buyer of an order is from here on.

    Who says that the buyer is a customer already, of which nothing was heard yet,
    associates them: if it was so, that changes nothing. Where nothing is known of the buyer
    at all, as in an import, all that is said has happened.

    Raises:
        BuyerIsCustomer: The buyer is another customer; only an association changes that.
        CustomerUnknown: They are said to be a customer who was not heard of.
        CustomerExists: The customer to create is somebody else.
        CustomerNeeded: Nobody says which customer the buyer is.
        NameOfNobodyNew: A name is given of a customer who is not created.
    """
    if command.customer_name is not None and command.customer_link != "created":
        raise NameOfNobodyNew
    said, link = command.customer_id, command.customer_link
    known = None if buyer is None else buyer.customer_id
    if said is None or link is None:
        if known is None or link == "created" or said not in {None, known}:
            raise CustomerNeeded(command.order_id)
        return OrderCustomer(known, "existing")
    if known is not None and known != said and link != "associated":
        raise BuyerIsCustomer(known, said)
    if buyer is None or known == said:
        return OrderCustomer(said, link)
    return _become(said, link, buyer)


def _become(said: str, link: CustomerLink, buyer: BuyerStanding) -> OrderCustomer:
    """Return the customer that a buyer becomes who was not heard to be this one.

    Raises:
        CustomerExists: To be created, and somebody else.
        CustomerUnknown: To be one whom nobody heard of.
    """
    if link == "created":
        if buyer.named == "others":
            raise CustomerExists(said)
        return OrderCustomer(said, link)
    if buyer.named is None:
        raise CustomerUnknown(said)
    return OrderCustomer(said, "associated")


def is_accepted_so(command: AcceptOrder, order: Accepted) -> bool:
    """Say whether the order was accepted just like this."""
    said, link = command.customer_id, command.customer_link
    alike = link in {None, order.customer_link} or (link, order.customer_link) == (
        "existing",
        "associated",
    )
    return alike and said in {None, order.customer_id}
