"""Customers of sellers, and the buyers that are them.

Source: docs/decisions/0006-imports.md.
"""

from collections.abc import Iterator
from typing import Final, Literal, Self

from pydantic import model_validator

from market.imports.cells import IdCell, IdIfGiven, MomentCell, SellerIdCell
from market.imports.plan import Json, apart
from market.imports.rows import HistoryRow, Kind, Step


class CustomerRow(HistoryRow):
    """A seller created a customer, perhaps for a buyer, or associated a buyer with one."""

    seller_id: SellerIdCell
    customer_id: IdCell
    link: Literal["created", "associated"]
    at: MomentCell
    name: str | None
    buyer_id: IdIfGiven

    @model_validator(mode="after")
    def only_a_new_customer_gets_a_name(self) -> Self:
        """Return the row if it says what its link needs, and no more.

        Raises:
            ValueError: A creation without a name, or an association with one, or of nobody.
        """
        if self.link == "created" and self.name is None:
            raise ValueError("name: is empty; a customer is created with a name")
        if self.link == "associated" and self.name is not None:
            raise ValueError("name: is given; the customer has one since it was created")
        if self.link == "associated" and self.buyer_id is None:
            raise ValueError("buyer_id: is empty; say which buyer is the customer")
        return self

    @property
    def identity(self) -> tuple[str, ...]:
        """The customer, or that a buyer is it."""
        who = (self.seller_id, self.link, self.customer_id)
        return who if self.link == "created" else (*who, self.buyer_id or "")

    def steps(self) -> Iterator[Step]:
        """Yield the creation, or the association, which is of a customer that is known."""
        fields: dict[str, Json] = {
            "seller_id": self.seller_id,
            "customer_id": self.customer_id,
            "buyer_id": self.buyer_id,
        }
        key_parts = ("customers", *map(apart, self.identity))
        if self.link == "created":
            fields["name"] = self.name
            yield Step("create-customer", self.at, key_parts, fields)
        else:
            yield Step("associate-buyer", self.at, key_parts, fields)


CUSTOMERS: Final = Kind(
    title="customers",
    service="buyers",
    file_name="customers.csv",
    row=CustomerRow,
    summary="Import customers, and the buyers that are them.",
    columns="link is created or associated; name is for created only; buyer_id may be "
    "empty of a customer that is no buyer.",
)
