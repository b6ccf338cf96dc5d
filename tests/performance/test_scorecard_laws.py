"""Laws of scorecards: columns say what the rule says, whatever came in which order."""

from datetime import datetime
from random import Random  # noqa: TID251 - Hypothesis makes it, and shrinks it

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from contracts.orders import (
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderSplit,
    ShipmentSaved,
)
from kit.consumers.records import Received
from services.performance.model.evidence import explain
from services.performance.model.policy import Policy
from services.performance.model.scorecard import scorecards
from tests.performance import naive
from tests.performance.history import histories
from tests.performance.world import AS_OF, DAY, POLICY, cards_of, overall_of, sayings_of

EASILY_JUDGED = POLICY.model_copy(update={"enough_due": 2})
ON_HOLIDAY = EASILY_JUDGED.model_copy(
    update={"holidays": frozenset({AS_OF.date(), (AS_OF - DAY).date()})}
)
policies = st.sampled_from([POLICY, EASILY_JUDGED, ON_HOLIDAY])
as_ofs = st.sampled_from([AS_OF, AS_OF - DAY, AS_OF - 30 * DAY, AS_OF + DAY])
known_ats = st.sampled_from([None, None, AS_OF, AS_OF - 2 * DAY])
many = settings(max_examples=100, deadline=None)
some = settings(max_examples=30, deadline=None)


@many
@given(histories, policies, as_ofs, known_ats)
def test_columns_say_what_the_rule_says(
    told: list[Received], policy: Policy, as_of: datetime, known_at: datetime | None
) -> None:
    cards = cards_of(told, as_of, known_at, policy)
    levels = overall_of(told, as_of, known_at, policy)

    assert cards == naive.scorecards(told, policy, as_of, known_at)
    assert levels == naive.overall(told, policy, as_of, known_at)


@some
@given(histories, st.randoms(use_true_random=False))
def test_order_and_repeats_of_facts_change_nothing(
    told: list[Received], random: Random
) -> None:
    again = told + random.sample(told, len(told) // 2)
    random.shuffle(again)

    assert cards_of(again, policy=EASILY_JUDGED) == cards_of(told, policy=EASILY_JUDGED)


@some
@given(histories, as_ofs)
def test_what_happens_later_does_not_change_what_was_true(
    told: list[Received], as_of: datetime
) -> None:
    by_then = [r for r in told if earliest_moment(r) <= as_of]

    assert cards_of(by_then, as_of) == cards_of(told, as_of)


@some
@given(histories, known_ats)
def test_what_was_recorded_later_was_not_known(
    told: list[Received], known_at: datetime | None
) -> None:
    recorded = [r for r in told if known_at is None or r.envelope.recordedtime <= known_at]

    assert cards_of(recorded) == cards_of(told, known_at=known_at)


@some
@given(histories)
def test_a_seller_alone_is_judged_as_among_all(told: list[Received]) -> None:
    alone = [r for r in told if r.fact.seller_id == "s-1"]

    assert cards_of(alone) == [row for row in cards_of(told) if row[0] == "s-1"]


@some
@given(histories, policies)
def test_the_obligations_of_a_number_add_up_to_it(
    told: list[Received], policy: Policy
) -> None:
    rows = sayings_of(told)
    cards = scorecards(*rows, policy, AS_OF)

    opened = explain(*rows, policy, AS_OF)

    totals = opened.group_by("seller_id", "metric").agg(
        pl.col("window_days").unique().first(), pl.col("due", "kept").sum()
    )
    kept = pl.col("kept").fill_null(0)
    shown = cards.select(*totals.columns[:3], "due", kept)
    assert totals.sort("seller_id", "metric").rows() == shown.rows()
    assert opened["facts"].list.len().eq(0).sum() == 0
    for points, rate in opened.select("points", "rate").drop_nulls().iter_rows():
        assert sum(part["points"] for part in points) == pytest.approx(rate * 100)


def earliest_moment(received: Received) -> datetime:
    match received.fact:
        case OrderPlaced(placed_at=at, ship_by=by, clock_started_at=start):
            return min(at, by, start)
        case ShipmentSaved(shipped_at=at, saved_at=saved):
            return min(at, saved)
        case OrderSplit() | OrderLineQuantityChanged() | OrderLineRemoved() as edit:
            return min(edit.happened_at, edit.completed_at or edit.happened_at)
        case fact:
            return fact.happened_at
