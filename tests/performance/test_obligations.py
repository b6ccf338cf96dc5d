"""Each standard by example: what falls due when, what keeps it, what frees of it."""

import pytest

from contracts.fact import Fact
from contracts.orders import RejectReason
from tests.performance.facts import (
    accepted,
    cancelled,
    cut,
    expired,
    placed,
    rejected,
    removed,
    shipped,
    tracked,
)
from tests.performance.world import AS_OF, DAY, HOUR, TICK, card, cards_of, received
from tests.samples import SPLIT

MONDAY = AS_OF - 9 * DAY
FRIDAY_EVENING = MONDAY - 3 * DAY + 18 * HOUR
MONDAY_EVENING = MONDAY + 18 * HOUR
KEPT, BROKEN, NOTHING = (90, 1, 1), (90, 1, 0), (0, 0, 0)

Windowed = tuple[int, int, int | None]


class TestTimelyAcceptance:
    @staticmethod
    def outcome(*facts: Fact) -> Windowed:
        return card("acceptance.timely", *facts)

    def test_an_answer_to_the_instant_of_its_deadline_is_in_time(self) -> None:
        order = placed(at=FRIDAY_EVENING)

        assert self.outcome(order, accepted(MONDAY_EVENING)) == KEPT
        assert self.outcome(order, rejected(at=MONDAY_EVENING)) == KEPT
        assert self.outcome(order, accepted(MONDAY_EVENING + TICK)) == BROKEN

    def test_no_answer_is_none(self) -> None:
        assert self.outcome(placed()) == BROKEN

    def test_what_is_not_due_yet_does_not_count(self) -> None:
        order = placed(at=FRIDAY_EVENING)

        assert card("acceptance.timely", order, as_of=MONDAY_EVENING - TICK) == NOTHING
        assert card("acceptance.timely", order, as_of=MONDAY_EVENING) == BROKEN

    def test_a_split_order_keeps_the_clock_of_its_root(self) -> None:
        child = placed("o-2", at=MONDAY, clock_started_at=FRIDAY_EVENING, split_from="o-1")

        assert self.outcome(child, accepted(MONDAY_EVENING, "o-2")) == KEPT
        assert self.outcome(child, accepted(MONDAY_EVENING + TICK, "o-2")) == BROKEN

    def test_a_buyer_who_cancels_before_the_decision_frees_the_seller(self) -> None:
        late = MONDAY + 2 * DAY

        assert self.outcome(placed(at=MONDAY), cancelled("buyer", late)) == NOTHING

    def test_a_cancellation_at_or_after_the_decision_changes_nothing(self) -> None:
        order, answer = placed(at=MONDAY), accepted(MONDAY + HOUR)

        assert self.outcome(order, answer, cancelled("buyer", MONDAY + HOUR)) == KEPT
        assert (
            self.outcome(order, answer, cancelled("buyer", MONDAY + HOUR - TICK)) == NOTHING
        )

    def test_only_the_buyers_cancellation_frees(self) -> None:
        for by in ("seller", "marketplace"):
            assert self.outcome(placed(at=MONDAY), cancelled(by, MONDAY + HOUR)) == BROKEN


class TestAcceptance:
    @staticmethod
    def outcome(*facts: Fact) -> Windowed:
        return card("acceptance.accepted", *facts)

    def test_a_yes_is_kept_and_a_no_is_not(self) -> None:
        assert self.outcome(accepted()) == KEPT
        assert self.outcome(rejected("out_of_stock")) == BROKEN
        assert self.outcome(rejected("other")) == BROKEN

    def test_an_expired_order_was_not_accepted(self) -> None:
        assert self.outcome(placed(), expired()) == BROKEN

    def test_a_yes_after_expiry_came_too_late(self) -> None:
        assert self.outcome(expired(MONDAY), accepted(MONDAY + TICK)) == BROKEN

    def test_an_undecided_order_does_not_count(self) -> None:
        assert self.outcome(placed()) == NOTHING

    @pytest.mark.parametrize("reason", ["out_of_territory", "buyer_request"])
    def test_a_no_that_is_not_the_sellers_fault_does_not_count(
        self, reason: RejectReason
    ) -> None:
        assert self.outcome(rejected(reason)) == NOTHING

    def test_it_counts_on_the_day_of_the_decision(self) -> None:
        order = placed(at=AS_OF - 100 * DAY)

        assert self.outcome(order, accepted(AS_OF)) == KEPT
        assert self.outcome(order, accepted(AS_OF + TICK)) == NOTHING


class TestShippingOnTime:
    order = placed(at=MONDAY, ship_by=MONDAY + 2 * DAY)
    ship_by = MONDAY + 2 * DAY

    @staticmethod
    def outcome(*facts: Fact) -> Windowed:
        return card("shipping.on_time", *facts)

    def test_the_last_parcel_has_left_by_ship_by(self) -> None:
        yes = accepted(MONDAY)

        assert self.outcome(self.order, yes, shipped(self.ship_by)) == KEPT
        assert self.outcome(self.order, yes, shipped(self.ship_by + TICK)) == BROKEN

    def test_when_it_was_saved_does_not_matter(self) -> None:
        late = shipped(self.ship_by, saved_at=self.ship_by + 5 * DAY)

        assert self.outcome(self.order, accepted(MONDAY), late) == KEPT

    def test_a_part_is_not_the_whole(self) -> None:
        part = shipped(MONDAY, completes_order=False)

        assert self.outcome(self.order, accepted(MONDAY), part) == BROKEN

    def test_an_edit_that_leaves_nothing_to_ship_makes_the_part_the_whole(self) -> None:
        part = shipped(MONDAY, completes_order=False)
        edits = (cut(2, 1), removed(1), SPLIT)

        for edit in edits:
            for left_at, outcome in ((self.ship_by, KEPT), (self.ship_by + TICK, BROKEN)):
                last = edit.model_copy(update={"completed_at": left_at})
                assert self.outcome(self.order, accepted(MONDAY), part, last) == outcome
            assert self.outcome(self.order, accepted(MONDAY), part, edit) == BROKEN

    def test_an_order_never_accepted_does_not_count(self) -> None:
        assert self.outcome(self.order, shipped(MONDAY)) == NOTHING
        assert self.outcome(self.order, rejected()) == NOTHING

    def test_an_order_accepted_late_counts_from_then_on(self) -> None:
        facts = self.order, accepted(self.ship_by + DAY)

        before = card("shipping.on_time", *facts, as_of=self.ship_by + DAY - TICK)
        assert before == NOTHING
        assert self.outcome(*facts) == BROKEN

    def test_cancelled_before_ship_by_frees_and_at_ship_by_does_not(self) -> None:
        yes = accepted(MONDAY)

        for by in ("seller", "buyer", "marketplace"):
            early = cancelled(by, self.ship_by - TICK)
            assert self.outcome(self.order, yes, early) == NOTHING
        assert self.outcome(self.order, yes, cancelled("buyer", self.ship_by)) == BROKEN

    def test_a_parcel_that_left_before_the_yes_is_kept(self) -> None:
        early = shipped(MONDAY - DAY)

        assert self.outcome(self.order, accepted(MONDAY), early) == KEPT


class TestTracking:
    @staticmethod
    def outcome(*facts: Fact) -> Windowed:
        return card("shipping.tracked", *facts)

    def test_a_number_saved_within_24_weekday_hours_keeps_it(self) -> None:
        at, late = MONDAY_EVENING, MONDAY_EVENING + TICK
        first = shipped(FRIDAY_EVENING)

        assert self.outcome(first, tracked(at)) == KEPT
        assert self.outcome(first, tracked(late)) == BROKEN
        numbered = shipped(FRIDAY_EVENING, saved_at=at, tracking_number="1Z9")
        assert self.outcome(numbered) == KEPT
        numbered = shipped(FRIDAY_EVENING, saved_at=late, tracking_number="1Z9")
        assert self.outcome(numbered) == BROKEN

    def test_no_number_is_none(self) -> None:
        assert self.outcome(shipped()) == BROKEN

    def test_shipments_of_the_marketplace_do_not_count(self) -> None:
        assert self.outcome(shipped(by="marketplace")) == NOTHING

    def test_shipments_of_two_orders_with_one_id_are_two(self) -> None:
        both = shipped(), shipped().model_copy(update={"order_id": "o-2"})

        assert self.outcome(*both, tracked(shipped().shipped_at, "o-2")) == (90, 2, 1)


class TestUnitsFilled:
    @staticmethod
    def outcome(*facts: Fact) -> tuple[int, int | None]:
        return card("inventory.units_filled", *facts)[1:]

    def test_units_fall_due_when_the_order_is_placed(self) -> None:
        order = placed(at=AS_OF, units=4)

        assert self.outcome(order) == (4, 4)
        before = card("inventory.units_filled", order, as_of=AS_OF - TICK)
        assert before == NOTHING

    def test_the_ten_that_are_enough_are_units(self) -> None:
        assert card("inventory.units_filled", placed(units=10)) == (30, 10, 10)

    def test_units_cut_or_removed_for_want_of_stock_are_lost(self) -> None:
        assert self.outcome(placed(units=10), cut(10, 7), removed(2)) == (10, 5)

    def test_units_cut_for_other_reasons_are_not(self) -> None:
        facts = cut(10, 7, "buyer_request"), removed(2, "other")

        assert self.outcome(placed(units=10), *facts) == (10, 10)

    def test_never_more_than_all_is_lost(self) -> None:
        assert self.outcome(placed(units=3), cut(9, 1)) == (3, 0)

    def test_an_order_refused_for_want_of_stock_loses_all_units(self) -> None:
        assert self.outcome(placed(units=3), rejected("out_of_stock")) == (3, 0)
        gone = cancelled("seller", reason="out_of_stock")
        assert self.outcome(placed(units=3), gone) == (3, 0)

    def test_an_order_refused_for_other_reasons_loses_none(self) -> None:
        assert self.outcome(placed(units=3), rejected("other")) == (3, 3)
        assert self.outcome(placed(units=3), cancelled("seller")) == (3, 3)

    def test_what_the_buyer_took_back_before_is_not_lost_later(self) -> None:
        facts = cut(10, 6, "buyer_request"), rejected("out_of_stock")

        assert self.outcome(placed(units=10), *facts) == (10, 4)

    def test_what_has_left_is_not_lost_when_the_rest_is_cancelled(self) -> None:
        part = shipped(units=4, completes_order=False)
        rest = cancelled("seller", reason="out_of_stock")

        assert self.outcome(placed(units=10), part, rest) == (10, 4)

    def test_a_split_moves_units_and_owes_no_more(self) -> None:
        child = placed("o-2", units=4, split_from="o-1")

        assert self.outcome(placed(units=10), child) == (10, 10)

    def test_what_a_split_child_loses_counts_against_its_root(self) -> None:
        child = placed("o-2", units=4, split_from="o-1")

        facts = [child, cut(4, 3, order_id="o-2")]
        assert self.outcome(placed(units=10), *facts) == (10, 9)
        facts = [child, rejected("out_of_stock", order_id="o-2")]
        assert self.outcome(placed(units=10), *facts) == (10, 6)

    def test_a_root_refused_after_a_split_loses_only_what_stayed(self) -> None:
        child = placed("o-2", units=4, split_from="o-1")

        assert self.outcome(placed(units=10), child, rejected("out_of_stock")) == (10, 4)

    def test_a_grandchild_counts_against_the_root_too(self) -> None:
        child = placed("o-2", units=6, split_from="o-1")
        grandchild = placed("o-3", units=5, split_from="o-2")
        facts = child, grandchild, rejected("out_of_stock", order_id="o-3")

        assert self.outcome(placed(units=10), *facts) == (10, 5)

    def test_a_loss_after_as_of_has_not_happened(self) -> None:
        facts = placed(units=10), cut(10, 7, at=AS_OF + TICK)

        assert self.outcome(*facts) == (10, 10)

    def test_a_loss_told_twice_counts_once(self) -> None:
        told = received([placed(units=10), cut(10, 7)])

        (*_, once) = cards_of(told)
        assert (once[1], *once[3:5]) == ("inventory.units_filled", 10, 7)
        assert cards_of([*told, *told]) == cards_of(told)

    def test_a_circle_of_splits_ends(self) -> None:
        one = placed("o-1", units=3, split_from="o-2")
        other = placed("o-2", units=3, split_from="o-1")

        assert self.outcome(one, other, cut(3, 2)) == (0, 0)
