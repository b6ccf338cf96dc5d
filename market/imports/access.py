"""Who may buy of whom: sellers' settings, buyers' requests and what became of them.

Source: docs/decisions/0006-imports.md.
"""

from collections.abc import Iterator
from typing import Final, Literal, Self

from pydantic import model_validator

from market.imports.cells import (
    IdCell,
    MomentCell,
    MomentIfGiven,
    SellerIdCell,
    SwitchCell,
)
from market.imports.plan import Json
from market.imports.rows import HistoryRow, Kind, Step

ANSWERS: Final = {
    "approved": "approve-access",
    "declined": "decline-access",
    "withdrawn": "withdraw-access",
    "expired": "expire-access",
}


class AccessRuleRow(HistoryRow):
    """A seller switched "Buyer Access Requires Approval" on or off."""

    seller_id: SellerIdCell
    at: MomentCell
    approval_required: SwitchCell

    @property
    def identity(self) -> tuple[str, ...]:
        """The seller, at that moment."""
        return (self.seller_id, self.at.isoformat())

    def steps(self) -> Iterator[Step]:
        """Yield that it was set."""
        fields: dict[str, Json] = {
            "seller_id": self.seller_id,
            "approval_required": self.approval_required,
        }
        key_parts = ("access-rules", *self.identity)
        yield Step("set-access-rule", self.at, key_parts, fields)


class AccessRequestRow(HistoryRow):
    """A buyer asked a seller for leave to place orders, and what became of it, if known."""

    request_id: IdCell
    seller_id: SellerIdCell
    buyer_id: IdCell
    requested_at: MomentCell
    outcome: Literal["approved", "declined", "withdrawn", "expired"] | None
    outcome_at: MomentIfGiven

    @model_validator(mode="after")
    def an_outcome_has_its_moment(self) -> Self:
        """Return the row if it says both what became of the request and when, or neither.

        Raises:
            ValueError: It says one of both.
        """
        if self.outcome is not None and self.outcome_at is None:
            raise ValueError(f"outcome_at: is empty; say when it was {self.outcome}")
        if self.outcome is None and self.outcome_at is not None:
            raise ValueError("outcome_at: is given; say in outcome what it was")
        return self

    @property
    def identity(self) -> tuple[str, ...]:
        """The request."""
        return (self.request_id,)

    def steps(self) -> Iterator[Step]:
        """Yield that it was made, and its outcome. A buyer asks a seller once at a time."""
        whose: dict[str, Json] = {
            "request_id": self.request_id,
            "seller_id": self.seller_id,
        }
        of_buyer: dict[str, Json] = {**whose, "buyer_id": self.buyer_id}
        name = "request-access"
        key_parts = ("access-requests", name, self.request_id)
        yield Step(name, self.requested_at, key_parts, of_buyer)
        if self.outcome is not None and self.outcome_at is not None:
            name = ANSWERS[self.outcome]
            fields = of_buyer if self.outcome == "withdrawn" else whose
            key_parts = ("access-requests", name, self.request_id)
            yield Step(name, self.outcome_at, key_parts, fields)


ACCESS_RULES: Final = Kind(
    title="access-rules",
    service="buyers",
    file_name="access_rules.csv",
    row=AccessRuleRow,
    summary='Import when sellers set "Buyer Access Requires Approval".',
    columns="approval_required is on or off.",
)
ACCESS_REQUESTS: Final = Kind(
    title="access-requests",
    service="buyers",
    file_name="access_requests.csv",
    row=AccessRequestRow,
    summary="Import requests for access, and their outcomes.",
    columns="outcome is approved, declined, withdrawn or expired, and outcome_at when; "
    "both are empty of a request that waits.",
)
