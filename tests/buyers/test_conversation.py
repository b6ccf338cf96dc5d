"""Conversations: what waits for an answer, what answers it, what is spam."""

from dataclasses import replace

import pytest

from contracts.fact import Fact
from services.buyers.commands import Writing
from services.buyers.model import CONVERSATION
from services.buyers.model.refusals import (
    ConversationIsAbout,
    ConversationUnknown,
    MessageAsksNothing,
    MessageExists,
    MessageUnknown,
)
from tests.buyers.given import MARK_SPAM, by_buyer, by_seller, by_system, sent
from tests.samples import MARKED_SPAM
from tests.spec import Given

ASKED = sent("m-1", "buyer")
ADDED = sent("m-2", "buyer", answers="m-1")
ANSWERED = sent("m-3", "seller", answers="m-1")


def given(*facts: Fact) -> Given:
    return Given(CONVERSATION, facts)


def test_a_buyers_first_message_opens_a_conversation() -> None:
    given().when(by_buyer("m-1")).then(ASKED)


def test_what_a_buyer_adds_before_the_answer_goes_with_the_first() -> None:
    given(ASKED).when(by_buyer("m-2")).then(ADDED)


def test_a_seller_answers_what_waits() -> None:
    given(ASKED).when(by_seller("m-3")).then(ANSWERED)
    given(ASKED, ADDED).when(by_seller("m-3")).then(ANSWERED)


def test_what_a_buyer_writes_after_the_answer_asks_again() -> None:
    given(ASKED, ANSWERED).when(by_buyer("m-4")).then(sent("m-4", "buyer"))


def test_a_seller_may_write_when_nothing_waits() -> None:
    given().when(by_seller("m-1")).then(sent("m-1", "seller"))
    given(ASKED, ANSWERED).when(by_seller("m-4")).then(sent("m-4", "seller"))


def test_a_seller_may_name_what_they_answer() -> None:
    again = sent("m-4", "buyer")

    given(ASKED, ANSWERED, again).when(by_seller("m-5", answers="m-1")).then(
        sent("m-5", "seller", answers="m-1")
    )
    given(ASKED, ANSWERED, again, sent("m-5", "seller", answers="m-1")).when(
        by_seller("m-6")
    ).then(sent("m-6", "seller", answers="m-4"))


@pytest.mark.parametrize("named", ["m-9", "m-3"])
def test_only_a_message_of_the_buyer_is_answered(named: str) -> None:
    given(ASKED, ANSWERED).when(by_seller("m-5", answers=named)).then_refused(
        MessageUnknown, saying="answers"
    )


def test_what_goes_on_about_another_is_not_answered_by_itself() -> None:
    given(ASKED, ADDED).when(by_seller("m-5", answers="m-2")).then_refused(
        MessageAsksNothing, saying="'m-1'"
    )


def test_the_system_answers_nothing() -> None:
    given(ASKED).when(by_system("m-2")).then(sent("m-2", "system"))
    given(ASKED, sent("m-2", "system")).when(by_seller("m-3")).then(ANSWERED)


@pytest.mark.parametrize(
    ("writing", "fact"),
    [
        (by_buyer("m-1"), ASKED),
        (by_seller("m-1"), sent("m-1", "seller")),
        (by_system("m-1"), sent("m-1", "system")),
    ],
)
def test_a_message_is_sent_once(writing: Writing, fact: Fact) -> None:
    given(fact).when(writing).then_nothing()
    given(fact).when(replace(writing, text="other")).then_refused(MessageExists)


def test_a_conversation_is_about_one_order_or_none() -> None:
    about = sent("m-1", "buyer", order_id="o-1")

    given().when(by_buyer("m-1", order_id="o-1")).then(about)
    given(about).when(by_seller("m-2")).then(
        sent("m-2", "seller", answers="m-1", order_id="o-1")
    )
    given(about).when(by_buyer("m-2", order_id="o-2")).then_refused(
        ConversationIsAbout, saying="'o-1'"
    )
    given(ASKED).when(by_buyer("m-2", order_id="o-1")).then_refused(
        ConversationIsAbout, saying="no order"
    )


def test_two_others_have_no_such_conversation() -> None:
    given(ASKED).when(by_seller("m-2", seller_id="s-2")).then_refused(ConversationUnknown)
    given(ASKED).when(by_buyer("m-2", buyer_id="b-2")).then_refused(ConversationUnknown)


def test_spam_asks_for_no_answer() -> None:
    given(ASKED).when(MARK_SPAM).then(MARKED_SPAM)
    given(ASKED, MARKED_SPAM).when(MARK_SPAM).then_nothing()
    given(ASKED, MARKED_SPAM).when(by_seller("m-2")).then(sent("m-2", "seller"))


def test_what_a_buyer_writes_after_spam_asks_again() -> None:
    given(ASKED, MARKED_SPAM).when(by_buyer("m-2")).then(sent("m-2", "buyer"))


def test_spam_that_asked_nothing_leaves_the_rest_waiting() -> None:
    spam = MARKED_SPAM.model_copy(update={"message_id": "m-2"})

    given(ASKED, ADDED).when(replace(MARK_SPAM, message_id="m-2")).then(spam)
    given(ASKED, ADDED, spam).when(by_seller("m-3")).then(ANSWERED)


@pytest.mark.parametrize("message_id", ["m-3", "m-9"])
def test_only_a_buyers_message_is_spam(message_id: str) -> None:
    given(ASKED, ANSWERED).when(replace(MARK_SPAM, message_id=message_id)).then_refused(
        MessageUnknown, saying="message_id"
    )


def test_anothers_conversation_is_as_unknown_as_none() -> None:
    given().when(MARK_SPAM).then_refused(ConversationUnknown)
    given(ASKED).when(replace(MARK_SPAM, seller_id="s-2")).then_refused(
        ConversationUnknown, saying="no conversation 'v-1'"
    )
