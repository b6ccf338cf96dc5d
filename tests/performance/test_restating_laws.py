"""Whatever comes late: a step is lifted by facts that it was taken without, and named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from hypothesis import given, settings, strategies as st

from contracts.catalog import (
    InventoryCounted,
    InventoryReceived,
    ProductChanged,
    ProductListed,
)
from contracts.fact import Fact
from contracts.orders import OrderAccepted, OrderPlaced, ShipmentSaved
from kit.consumers.records import Received
from services.performance.commands import LiftStep
from services.performance.model.completeness import DESCRIBED
from services.performance.model.metrics import LISTINGS_COMPLETE, STOCK_CONFIRMED
from services.performance.model.standing import STANDING
from services.performance.model.standing.findings import found_of
from services.performance.model.standing.heard import heard_of
from services.performance.model.standing.restating import fallen
from services.performance.model.standing.state import Standing
from tests.performance.facts import accepted, changed, listed, placed as ordered, shipped
from tests.performance.reviewed import orders
from tests.performance.test_confirmation import came_in
from tests.performance.world import AS_OF, DAY, HOUR, POLICY, received, recorded, sayings_of

LATER = AS_OF + 60 * DAY
NO_MORE = pl.DataFrame(
    schema={"seller_id": pl.String, "source": pl.String, "pos": pl.Int64}
)
"""Nothing was set aside."""
ON_TIME, COMPLETE, CONFIRMED = "shipping.on_time", LISTINGS_COMPLETE, STOCK_CONFIRMED


@dataclass(frozen=True)
class History:
    """What is told of a seller; what of it a review had heard, and what was set aside.

    Shape: `broken` are the orders and products that stay bad, however much is known.
    """

    told: Sequence[Received]
    heard: Sequence[Received]
    aside: Sequence[Received] = ()
    broken: frozenset[str] = frozenset()


def further(name: str, *, late: bool) -> list[Fact]:
    """One more order, that left too late or in time."""
    at = AS_OF - 11 * DAY
    left = shipped(at + (6 if late else 2) * DAY, tracking_number="1Z9")
    shipment = left.model_copy(update={"order_id": name})
    return [ordered(name, at), accepted(at + HOUR, name), shipment]


def in_time(orders_of: Iterable[int]) -> list[Fact]:
    """Shipments of those of `orders`: they left in time."""
    saved = shipped(AS_OF - 10 * DAY)
    return [saved.model_copy(update={"order_id": f"o-{n}"}) for n in orders_of]


def described(product_id: str) -> Fact:
    """A listing, poor until then, that lacks nothing from then on."""
    whole = {name: getattr(listed(), name) for name in DESCRIBED}
    return changed(AS_OF - DAY, images=3, product_id=product_id).model_copy(update=whole)


def counted(product_id: str) -> Fact:
    return InventoryCounted(
        seller_id="s-1", product_id=product_id, units=10, counted_at=AS_OF - 2 * DAY
    )


@dataclass(frozen=True)
class Share:
    """What a part of a history tells at first, and elsewhere; and what stays bad in it."""

    first: Sequence[Fact] = ()
    further: Sequence[Fact] = ()
    broken: frozenset[str] = frozenset()


@st.composite
def of_orders(draw: st.DrawFn) -> Share:
    """Orders that were shipped late, most of them in time after all; and a few more."""
    late = draw(st.integers(3, 9))
    saved = draw(st.sets(st.integers(0, late - 1), min_size=late - 2))
    bad, good = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    facts = in_time(saved)
    for n in range(bad + good):
        facts += further(f"f-{n}", late=n < bad)
    left_late = {f"o-{n}" for n in {*range(late)} - saved} | {f"f-{n}" for n in range(bad)}
    return Share(orders(20, late), facts, frozenset(left_late))


@st.composite
def of_products(draw: st.DrawFn) -> Share:
    """Products poorly described, or not counted for long, most put right; and a few more.

    Those beyond `stocked` were never in stock: counting them confirms nothing.
    """
    poor, stocked = draw(st.sampled_from([(9, 0), (0, 9), (9, 9)]))
    saved = draw(st.sets(st.integers(0, 8), min_size=7))
    bad = draw(st.integers(0, 2))
    first, facts = list[Fact](), list[Fact]()
    for name in (f"p-{n}" for n in range(9)):
        first.append(listed(product_id=name, images=0 if poor else 3, chars=0))
    for n in range(stocked):
        first.append(came_in(product_id=f"p-{n}"))
    for name in (f"p-{n}" for n in sorted(saved)):
        facts += [described(name), counted(name)]
    for name in (f"q-{n}" for n in range(bad)):
        facts += [listed(product_id=name, images=0, chars=0), came_in(product_id=name)]
    worse = {f"p-{n}" for n in {*range(9)} - saved} | {f"q-{n}" for n in range(bad)}
    return Share(first, facts, frozenset(worse))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Orders, products or both, some of them better, or worse, as is told elsewhere."""
    shares = draw(
        st.one_of(
            st.tuples(of_orders()),
            st.tuples(of_products()),
            st.tuples(of_orders(), of_products()),
        )
    )
    first = draw(st.permutations([fact for share in shares for fact in share.first]))
    facts = draw(st.permutations([fact for share in shares for fact in share.further]))
    lags = st.sampled_from([0 * DAY, 0 * DAY, 0 * DAY, 30 * DAY])
    told = recorded(
        [*((fact, 0 * DAY) for fact in first), *((fact, draw(lags)) for fact in facts)]
    )
    come = told[: draw(st.integers(len(first) - 3, len(told)))]
    aside = draw(st.lists(st.sampled_from(come), max_size=5))
    heard = [one for one in come if one not in aside and one.envelope.recordedtime <= AS_OF]
    return History(told, heard, aside, frozenset().union(*(s.broken for s in shares)))


def placed(told: Iterable[Received]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the facts say, each with its place in the history of its source."""
    told = [*told]
    places = pl.DataFrame(
        {
            "event_id": [str(one.envelope.id) for one in told],
            "pos": [one.envelope.pos for one in told],
            "source": [one.envelope.source for one in told],
        },
        {"event_id": pl.String, "pos": pl.Int64, "source": pl.String},
    )
    sayings, listings = sayings_of(told)
    return (
        sayings.join(places, on="event_id", how="left"),
        listings.join(places, on="event_id", how="left"),
    )


def reviewed(history: History) -> Standing:
    """How the seller stands after a review that had heard so much."""
    standing, rows = STANDING.initial, placed(history.heard)
    places = [("s-1", o.envelope.source, o.envelope.pos) for o in history.aside]
    kinds = {"seller_id": pl.String, "source": pl.String, "pos": pl.Int64}
    aside = pl.DataFrame(places, kinds, orient="row")
    for command in found_of(*sayings_of(history.heard), POLICY, AS_OF, AS_OF):
        known = heard_of(*rows, aside)[command.seller_id]
        for fact in STANDING.decide(replace(command, heard=known), standing):
            standing = STANDING.evolve(standing, fact)
    return standing


def lifts_of(standing: Standing, told: Iterable[Received]) -> list[LiftStep]:
    """What is lifted once all of `told` is known."""
    policies = {POLICY.version: POLICY}
    return [*fallen({"s-1": standing}, *placed(told), policies, LATER)]


def ids_of(told: Iterable[Received]) -> set[str]:
    return {str(one.envelope.id) for one in told}


SAY_OF: Mapping[str, tuple[type[Fact], ...]] = {
    ON_TIME: (OrderPlaced, OrderAccepted, ShipmentSaved),
    COMPLETE: (ProductListed, ProductChanged),
    CONFIRMED: (ProductListed, InventoryReceived, InventoryCounted),
}
"""The facts that say anything of metrics on which steps stand by themselves here."""


@settings(max_examples=40, deadline=None)
@given(histories())
def test_a_lift_names_facts_that_the_step_was_taken_without_and_they_alone_lift_it(
    history: History,
) -> None:
    standing, known = reviewed(history), ids_of(history.heard)

    assert lifts_of(standing, history.heard) == []
    for lift in lifts_of(standing, history.told):
        assert lift.because
        assert not known & {*lift.because}
        named = [one for one in history.told if str(one.envelope.id) in lift.because]
        there = [one for one in history.told if one in history.heard or one in named]
        assert [one.step for one in lifts_of(standing, there)] == [lift.step]
        metrics = {metric.metric for metric in lift.metrics}
        if metrics <= SAY_OF.keys():
            assert not {subject_of(one.fact) for one in named} & history.broken
            of_these = tuple(kind for name in metrics for kind in SAY_OF[name])
            assert all(isinstance(one.fact, of_these) for one in named)


def subject_of(fact: Fact) -> object:
    return getattr(fact, "order_id", None) or getattr(fact, "product_id", None)


def test_a_bad_order_that_came_late_is_not_named_beside_the_good_ones() -> None:
    first = orders()
    told = received([*first, *further("f-1", late=True), *in_time(range(8))])
    history = History(told, told[: len(first)])

    (lift,) = lifts_of(reviewed(history), told)

    assert {*lift.because} == ids_of(told[-8:])
    assert lift.changed == 8


def test_what_falls_by_other_rules_is_not_lifted_by_a_fact_that_came_late() -> None:
    before = received(orders())
    standing = reviewed(History(before, before))
    rebuilt = orders(late=0)  # the same facts, that say something else by now
    assert lifts_of(standing, received(rebuilt)) == []

    for late in (True, False):
        assert lifts_of(standing, received([*rebuilt, *further("f-1", late=late)])) == []


class TestAStepThatSaysNotWhatHadCome:
    """As those that were taken before that was noted."""

    def old(self, heard: Sequence[Received]) -> Standing:
        standing = reviewed(History(heard, heard))
        return replace(standing, rungs=(replace(standing.rungs[0], heard=()),))

    def test_stays_as_long_as_it_stands(self) -> None:
        told = received([*orders(), *in_time(range(2))])

        assert lifts_of(self.old(told[:-2]), told) == []

    def test_is_lifted_by_what_came_late_and_names_none_of_it(self) -> None:
        told = received([*orders(), *in_time(range(8))])

        (lift,) = lifts_of(self.old(told[:-8]), told)

        assert (lift.because, lift.changed, lift.metrics[0].is_rate) == ((), 0, 1.0)

    def test_is_lifted_by_what_was_recorded_since_and_names_it(self) -> None:
        first = [(fact, 0 * DAY) for fact in orders()]
        since = [(fact, 30 * DAY) for fact in in_time(range(8))]
        told = recorded([*first, *since])

        (lift,) = lifts_of(self.old(told[:-8]), told)

        assert ({*lift.because}, lift.changed) == (ids_of(told[-8:]), 8)

    def test_names_nothing_that_would_not_have_lifted_it(self) -> None:
        first = [(fact, 0 * DAY) for fact in [*orders(), *in_time(range(7))]]
        since = [(fact, 30 * DAY) for fact in in_time([7])]
        told = recorded([*first, *since])

        (lift,) = lifts_of(self.old(told[:-8]), told)

        assert (lift.because, lift.changed) == ((), 0)
