"""What sellers owe to buyers by example: an answer to requests, and to messages."""

import pytest

from contracts.buyers import (
    BuyerAccessApproved,
    BuyerAccessDeclined,
    BuyerAccessExpired,
    BuyerAccessWithdrawn,
    MessageMarkedSpam,
)
from contracts.fact import Fact
from tests.performance.facts import requested, sent
from tests.performance.world import AS_OF, DAY, HOUR, TICK, card

FRIDAY_EVENING = AS_OF - 12 * DAY + 18 * HOUR
MONDAY_EVENING = FRIDAY_EVENING + 3 * DAY
TUESDAY_EVENING = FRIDAY_EVENING + 4 * DAY
KEPT, BROKEN, NOTHING = (90, 1, 1), (90, 1, 0), (0, 0, 0)
OF_REQUEST = {"seller_id": "s-1", "request_id": "r-1", "buyer_id": "b-1"}

Windowed = tuple[int, int, int | None]


class TestTimelyApprovals:
    request = requested(FRIDAY_EVENING)

    @staticmethod
    def outcome(*facts: Fact) -> Windowed:
        return card("approvals.timely", *facts)

    def test_a_yes_or_a_no_within_48_weekday_hours_keeps_it(self) -> None:
        at, late = TUESDAY_EVENING, TUESDAY_EVENING + TICK

        yes = BuyerAccessApproved(**OF_REQUEST, approved_at=at)
        no = BuyerAccessDeclined(**OF_REQUEST, declined_at=at)
        assert self.outcome(self.request, yes) == KEPT
        assert self.outcome(self.request, no) == KEPT
        yes = BuyerAccessApproved(**OF_REQUEST, approved_at=late)
        no = BuyerAccessDeclined(**OF_REQUEST, declined_at=late)
        assert self.outcome(self.request, yes) == BROKEN
        assert self.outcome(self.request, no) == BROKEN

    def test_it_is_owed_once_its_time_is_over_and_not_before(self) -> None:
        by = "approvals.timely"

        assert card(by, self.request, as_of=TUESDAY_EVENING - TICK) == NOTHING
        assert card(by, self.request, as_of=TUESDAY_EVENING) == BROKEN

    def test_a_request_that_expires_was_not_answered(self) -> None:
        over = BuyerAccessExpired(**OF_REQUEST, expired_at=FRIDAY_EVENING + HOUR)

        assert self.outcome(self.request, over) == BROKEN

    def test_a_buyer_who_withdraws_frees_the_seller(self) -> None:
        gone = BuyerAccessWithdrawn(**OF_REQUEST, withdrawn_at=AS_OF)

        assert self.outcome(self.request, gone) == NOTHING

    def test_an_answer_to_nothing_is_owed_by_nobody(self) -> None:
        yes = BuyerAccessApproved(**OF_REQUEST, approved_at=MONDAY_EVENING)

        assert self.outcome(yes) == NOTHING


class TestTimelyResponses:
    question = sent("buyer", FRIDAY_EVENING)

    @staticmethod
    def outcome(*facts: Fact) -> Windowed:
        return card("responses.timely", *facts)

    def test_the_sellers_answer_within_24_weekday_hours_keeps_it(self) -> None:
        at, late = MONDAY_EVENING, MONDAY_EVENING + TICK

        in_time = sent("seller", at, "m-2", answers="m-1")
        assert self.outcome(self.question, in_time) == KEPT
        too_late = sent("seller", late, "m-2", answers="m-1")
        assert self.outcome(self.question, too_late) == BROKEN

    @pytest.mark.parametrize(
        "other",
        [
            sent("seller", MONDAY_EVENING, "m-2"),
            sent("seller", MONDAY_EVENING, "m-2", answers="m-9"),
            sent("system", MONDAY_EVENING, "m-2", answers="m-1"),
            sent("buyer", MONDAY_EVENING, "m-2", answers="m-1"),
        ],
        ids=["no answer", "to another", "by the system", "by the buyer"],
    )
    def test_nothing_else_keeps_it(self, other: Fact) -> None:
        assert self.outcome(self.question, other) == BROKEN

    def test_what_a_buyer_adds_asks_for_nothing_more(self) -> None:
        added = sent("buyer", FRIDAY_EVENING, "m-2", answers="m-1")

        assert self.outcome(self.question, added) == BROKEN

    def test_what_the_seller_or_the_system_writes_asks_for_nothing(self) -> None:
        assert self.outcome(sent("seller"), sent("system", message_id="m-2")) == NOTHING

    def test_spam_frees_the_seller_whenever_it_is_marked(self) -> None:
        spam = MessageMarkedSpam(seller_id="s-1", message_id="m-1", marked_at=AS_OF)

        assert self.outcome(self.question, spam) == NOTHING
