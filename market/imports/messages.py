"""What buyers, sellers and the marketplace wrote to each other, one message a row.

Source: docs/decisions/0006-imports.md.
"""

from collections.abc import Iterator
from typing import Final, Literal, Self

from pydantic import model_validator

from market.imports.cells import (
    IdCell,
    IdIfGiven,
    MomentCell,
    MomentIfGiven,
    SellerIdCell,
    TextCell,
)
from market.imports.plan import Json, apart
from market.imports.rows import HistoryRow, Kind, Step

COMMANDS: Final = {
    "buyer": "write-to-seller",
    "seller": "write-to-buyer",
    "system": "write-as-system",
}


class MessageRow(HistoryRow):
    """A message, and when the seller marked it as spam, if they did.

    Shape: without `answers`, a seller's message answers what waits in its conversation.
    """

    seller_id: SellerIdCell
    conversation_id: IdCell
    message_id: IdCell
    buyer_id: IdCell
    order_id: IdIfGiven
    sender: Literal["buyer", "seller", "system"]
    answers: IdIfGiven
    text: TextCell
    sent_at: MomentCell
    spam_at: MomentIfGiven

    @model_validator(mode="after")
    def sellers_answer_and_mark(self) -> Self:
        """Return the row if only a seller's message answers, and only a buyer's is spam.

        Raises:
            ValueError: It says so of another one.
        """
        if self.answers is not None and self.sender != "seller":
            raise ValueError("answers: is given; only a seller's message answers another")
        if self.spam_at is not None and self.sender != "buyer":
            raise ValueError("spam_at: is given; only a buyer's message is marked as spam")
        return self

    @property
    def identity(self) -> tuple[str, ...]:
        """The message, known by its seller."""
        return (self.seller_id, self.message_id)

    def steps(self) -> Iterator[Step]:
        """Yield that it was sent, and that it was marked."""
        place: dict[str, Json] = {
            "seller_id": self.seller_id,
            "conversation_id": self.conversation_id,
            "message_id": self.message_id,
        }
        sent: dict[str, Json] = {
            **place,
            "buyer_id": self.buyer_id,
            "order_id": self.order_id,
            "text": self.text,
        }
        if self.answers is not None:
            sent["answers"] = self.answers
        name = COMMANDS[self.sender]
        yield Step(name, self.sent_at, self._key_parts(name), sent)
        if self.spam_at is not None:
            name = "mark-spam"
            yield Step(name, self.spam_at, self._key_parts(name), place)

    def _key_parts(self, name: str) -> tuple[str, ...]:
        return ("messages", name, *map(apart, self.identity))


MESSAGES: Final = Kind(
    title="messages",
    service="buyers",
    file_name="messages.csv",
    row=MessageRow,
    summary="Import what buyers and sellers wrote to each other.",
    columns="sender is buyer, seller or system; answers names the message that a seller's "
    "answers, by default the one that waits; spam_at is when the seller marked a buyer's "
    "message as spam; order_id, answers and spam_at may be empty.",
)
