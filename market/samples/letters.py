"""What buyers and sellers of the generated history wrote to each other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from market.samples.orders import Order
from market.samples.sellers import (
    BY_ID,
    DAY,
    EXPORTED_AT,
    HOUR,
    SATURDAY,
    Cells,
    Draws,
    Seller,
    happened,
    is_one,
    stamp,
)

QUESTIONS: Final = (
    "When will my parcel leave?",
    "Can you add a gift note?",
    "Is the blue one still to be had?",
    "The address has changed, is it too late?",
)
ANSWERS: Final = (
    "It leaves tomorrow morning.",
    "Yes, gladly.",
    "It is, we keep one for you.",
    "No, we have changed it.",
)
SPAM: Final = ("ash", "cedar", "cedar", "dogwood")
"""Who gets mail that asks for no answer."""


@dataclass(frozen=True)
class Letter:
    """A message. Shape: `talk` numbers its conversation; an answer `names` its question."""

    talk: int
    seller_id: str
    buyer_id: str
    order_id: str
    sender: str
    text: str
    sent_at: datetime
    spam_at: datetime | None = None
    names: bool = False


def letters(made: Sequence[Order], draws: Draws) -> list[Letter]:
    """Return all messages, in the order of the file: conversation by conversation."""
    sold: Counter[str] = Counter()
    found: list[Letter] = []
    talk = 0
    for number, order in enumerate(made, 1):
        for seller in (BY_ID[seller_id] for seller_id in order.sellers):
            sold[seller.id] += 1
            if is_one(sold[seller.id], seller.writes):
                talk += 1
                first = _question(talk, number, order, seller, draws)
                found += _talk(first, seller, sold[seller.id] // seller.writes, draws)
    found += _spam(talk)
    return [letter for letter in found if happened(letter.sent_at)]


def _question(talk: int, number: int, order: Order, seller: Seller, draws: Draws) -> Letter:
    return Letter(
        talk=talk,
        seller_id=seller.id,
        buyer_id=f"buyer-{number:04}",
        order_id=f"order-{number:04}:{seller.id}",
        sender="buyer",
        text=QUESTIONS[talk % len(QUESTIONS)],
        sent_at=order.placed_at + draws.between(HOUR, 6 * HOUR, f"talk {talk}"),
    )


def _talk(first: Letter, seller: Seller, nth: int, draws: Draws) -> Iterator[Letter]:
    asked_at = first.sent_at
    if is_one(nth, 6):
        text = "We have told the seller of your order."
        at = asked_at - HOUR / 2
        yield replace(first, sender="system", text=text, sent_at=at)
    yield first
    if is_one(nth, 5):
        yield replace(first, text="Are you there?", sent_at=asked_at + HOUR / 2)
    if is_one(nth, seller.never_answers):
        return
    late = is_one(nth, seller.answers_late)
    yield replace(
        first,
        sender="seller",
        text=ANSWERS[first.talk % len(ANSWERS)],
        sent_at=_answered_at(first, seller, draws, late=late),
        names=late,
    )


def _answered_at(first: Letter, seller: Seller, draws: Draws, *, late: bool) -> datetime:
    """Return when the seller answers: who works on weekdays alone, from Monday morning."""
    took = draws.between(HOUR, 20 * HOUR, f"talk {first.talk}/answer")
    asked_at = first.sent_at
    if seller.at_weekends and asked_at.weekday() >= SATURDAY:
        midnight = asked_at.replace(hour=0, minute=0, second=0)
        return midnight + (7 - asked_at.weekday()) * DAY + 8 * HOUR + took / 2
    return asked_at + took + (4 * DAY if late else 0 * DAY)


def _spam(talks: int) -> Iterator[Letter]:
    for number, seller in enumerate(SPAM, 1):
        at = EXPORTED_AT - (3 + 5 * number) * DAY
        text = "Be the first on every list! Ask me how."
        one = Letter(talks + number, f"seller-{seller}", "shop-12", "", "buyer", text, at)
        yield replace(one, spam_at=at + number * 9 * HOUR)


def letter_rows(made: Sequence[Letter]) -> Iterator[Cells]:
    """Yield the rows of the messages file. A late answer names the question."""
    question: dict[int, str] = {}
    for number, letter in enumerate(made, 1):
        message_id = f"message-{number:04}"
        if letter.sender == "buyer":
            question.setdefault(letter.talk, message_id)
        yield {
            "seller_id": letter.seller_id,
            "conversation_id": f"talk-{letter.talk:04}",
            "message_id": message_id,
            "buyer_id": letter.buyer_id,
            "order_id": letter.order_id,
            "sender": letter.sender,
            "answers": question[letter.talk] if letter.names else "",
            "text": letter.text,
            "sent_at": stamp(letter.sent_at),
            "spam_at": stamp(letter.spam_at),
        }
