"""What each fact says of obligations: opened, due, kept, void, or lost."""

from datetime import datetime
from typing import Any, NamedTuple

from contracts.fact import Fact
from tests.performance.facts import (
    accepted,
    cancelled,
    changed,
    cut,
    delisted,
    expired,
    listed,
    placed,
    rejected,
    removed,
    shipped,
    tracked,
)
from tests.performance.world import AS_OF, DAY, received, sayings_of
from tests.samples import CHARGED, CORRECTED, DELIVERED, INVOICED, REASSIGNED, SPLIT

TIMELY, ACCEPTED = "acceptance.timely", "acceptance.accepted"
ON_TIME, TRACKED = "shipping.on_time", "shipping.tracked"
UNITS = "inventory.units_filled"
LATER = AS_OF + DAY


class Said(NamedTuple):
    """A row of obligations, without its evidence."""

    metric: str
    subject_id: str
    seller_id: str
    says: str
    at: datetime
    amount: int | None = None
    part_of: str | None = None


def whenever(fact: Fact) -> tuple[Said, ...]:
    """What the fact says of obligations, rule by rule."""
    rows, _ = sayings_of(received([fact]))
    return tuple(Said(*row) for row in rows.select(Said._fields).rows())


def whenever_listing(fact: Fact) -> tuple[Any, ...] | None:
    """What the fact says of a listing, without its evidence."""
    _, rows = sayings_of(received([fact]))
    return rows.drop("version", "event_id", "recorded_at").row(0) if len(rows) else None


def said(fact: Fact) -> set[tuple[object, ...]]:
    return {
        (s.metric, s.says, s.at) if s.amount is None else (s.metric, s.says, s.at, s.amount)
        for s in whenever(fact)
    }


def test_an_order_asks_for_an_answer_a_parcel_and_its_units() -> None:
    order = placed("o-1", AS_OF, units=3, ship_by=LATER, clock_started_at=AS_OF - DAY)

    assert whenever(order) == (
        Said(TIMELY, "o-1", "s-1", "opened", AS_OF - DAY),
        Said(ON_TIME, "o-1", "s-1", "due", LATER),
        Said(UNITS, "o-1", "s-1", "due", AS_OF, 3),
    )


def test_units_of_a_split_child_moved_there_from_its_parent() -> None:
    child = placed("o-2", AS_OF, units=2, split_from="o-1")

    assert whenever(child)[-1] == Said(UNITS, "o-2", "s-1", "opened", AS_OF, 2, "o-1")


def test_a_yes_answers_accepts_and_makes_the_order_one_to_ship() -> None:
    assert said(accepted(AS_OF)) == {
        (TIMELY, "kept", AS_OF),
        (ACCEPTED, "due", AS_OF),
        (ACCEPTED, "kept", AS_OF),
        (ON_TIME, "opened", AS_OF),
    }


def test_a_no_is_an_answer_too() -> None:
    assert said(rejected("other", AS_OF)) == {
        (TIMELY, "kept", AS_OF),
        (ACCEPTED, "due", AS_OF),
    }


def test_a_no_for_territory_or_at_the_buyers_request_is_not_held_against_the_seller() -> (
    None
):
    for reason in ("out_of_territory", "buyer_request"):
        assert (ACCEPTED, "void", AS_OF) in said(rejected(reason, AS_OF))


def test_a_no_for_want_of_stock_loses_all_that_was_left() -> None:
    (lost,) = [s for s in whenever(rejected("out_of_stock", AS_OF)) if s.metric == UNITS]

    assert lost == Said(UNITS, "o-1", "s-1", "amount", AS_OF, None)


def test_an_expired_order_falls_due_as_not_accepted() -> None:
    assert said(expired(AS_OF)) == {(ACCEPTED, "due", AS_OF)}


def test_a_buyers_cancellation_ends_both_the_answer_and_the_shipping() -> None:
    assert said(cancelled("buyer", AS_OF)) == {
        (ON_TIME, "void", AS_OF),
        (TIMELY, "void", AS_OF),
    }


def test_a_sellers_cancellation_ends_the_shipping_only() -> None:
    assert said(cancelled("seller", AS_OF)) == {(ON_TIME, "void", AS_OF)}


def test_a_cancellation_for_want_of_stock_loses_all_that_was_left() -> None:
    (lost,) = [
        s for s in whenever(cancelled("seller", AS_OF, "out_of_stock")) if s.metric == UNITS
    ]

    assert (lost.says, lost.amount) == ("amount", None)


def test_units_cut_for_want_of_stock_are_lost_and_others_only_go() -> None:
    assert said(cut(10, 7, at=AS_OF)) == {(UNITS, "amount", AS_OF, 3)}
    assert said(cut(10, 7, "buyer_request", AS_OF)) == {(UNITS, "kept", AS_OF, 3)}


def test_more_units_than_before_are_no_loss() -> None:
    assert said(cut(7, 10)) == set()


def test_a_removed_line_is_lost_for_want_of_stock_and_else_only_goes() -> None:
    assert [s.says for s in whenever(removed(4))] == ["amount"]
    assert [s.says for s in whenever(removed(4, "other"))] == ["kept"]


def test_the_last_shipment_keeps_the_order_at_the_moment_it_left() -> None:
    assert said(shipped(AS_OF, saved_at=LATER)) == {
        (ON_TIME, "kept", AS_OF),
        (TRACKED, "opened", AS_OF),
    }


def test_a_part_shipment_keeps_only_its_units() -> None:
    assert said(shipped(AS_OF, units=4, completes_order=False)) == {
        (UNITS, "kept", AS_OF, 4),
        (TRACKED, "opened", AS_OF),
    }


def test_a_correction_keeps_what_can_be_followed_by_it() -> None:
    assert {s.says for s in whenever(CORRECTED)} == {"kept"}
    assert whenever(CORRECTED.model_copy(update={"tracking_number": None})) == ()


def test_a_tracking_number_counts_from_when_it_was_saved() -> None:
    first = shipped(AS_OF, saved_at=LATER, tracking_number="1Z9")

    assert (TRACKED, "kept", LATER) in said(first)
    assert said(tracked(LATER)) == {(TRACKED, "kept", LATER)}


def test_shipments_of_the_marketplace_need_no_tracking_by_the_seller() -> None:
    assert (TRACKED, "void", AS_OF) in said(shipped(AS_OF, by="marketplace"))


def test_a_shipment_is_told_apart_by_its_order_too() -> None:
    assert {s.subject_id for s in whenever(tracked(AS_OF, "o-7"))} == {"o-7/h-1"}


def test_a_listing_is_said_with_its_description() -> None:
    described = (3, 300, 350, 120, 90, 100)
    unsaid = (None,) * 4

    assert whenever_listing(listed(AS_OF)) == ("s-1", "p-1", "listed", AS_OF, *described)
    assert whenever_listing(changed(AS_OF, images=1)) == (
        "s-1", "p-1", "changed", AS_OF, 1, 0, *unsaid,
    )  # fmt: skip
    assert whenever_listing(delisted(AS_OF)) == (
        "s-1", "p-1", "delisted", AS_OF, None, None, *unsaid,
    )  # fmt: skip


def test_other_facts_say_nothing() -> None:
    for fact in (SPLIT, DELIVERED, REASSIGNED, CHARGED, INVOICED):
        assert whenever(fact) == ()
        assert whenever_listing(fact) is None
