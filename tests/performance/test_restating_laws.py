"""Whatever comes late: a step is lifted by facts that it was taken without, and named."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl
from hypothesis import given, settings, strategies as st

from contracts.fact import Fact
from kit.consumers.records import Received
from services.performance.commands import LiftStep
from services.performance.model.completeness import DESCRIBED
from services.performance.model.standing import STANDING
from services.performance.model.standing.findings import found_of
from services.performance.model.standing.heard import heard_of
from services.performance.model.standing.restating import fallen
from services.performance.model.standing.state import Standing
from tests.performance.facts import accepted, changed, listed, placed as ordered, shipped
from tests.performance.reviewed import orders
from tests.performance.world import AS_OF, DAY, HOUR, POLICY, received, recorded, sayings_of

LATER = AS_OF + 60 * DAY
ON_TIME = "shipping.on_time"


@dataclass(frozen=True)
class History:
    """What is told of a seller; what of it a review had heard, and what was set aside.

    Shape: `broken` are the orders that left late, however much is known.
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


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Orders and listings, some of them better, or worse, as is told elsewhere."""
    late = draw(st.integers(3, 9))
    saved = draw(st.sets(st.integers(0, late - 1), min_size=late - 2))
    bad, good = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    poor = draw(st.sampled_from([0, 0, 16]))
    first = [*orders(20, late)]
    first += [
        listed(AS_OF - 9 * DAY, product_id=f"p-{n}", images=0, chars=0) for n in range(poor)
    ]
    facts = in_time(saved)
    for n in range(bad + good):
        facts += further(f"f-{n}", late=n < bad)
    facts += [described(f"p-{n}") for n in range(poor)]
    facts = draw(st.permutations(facts))
    lags = st.sampled_from([0 * DAY, 0 * DAY, 0 * DAY, 30 * DAY])
    told = recorded(
        [
            *((fact, 0 * DAY) for fact in draw(st.permutations(first))),
            *((fact, draw(lags)) for fact in facts),
        ]
    )
    come = told[: draw(st.integers(len(first) - 3, len(told)))]
    aside = draw(st.lists(st.sampled_from(come), max_size=5))
    left_late = {f"o-{n}" for n in {*range(late)} - saved} | {f"f-{n}" for n in range(bad)}
    heard = [one for one in come if one not in aside and one.envelope.recordedtime <= AS_OF]
    return History(told, heard, aside, frozenset(left_late))


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


@settings(max_examples=30, deadline=None)
@given(histories())
def test_a_lift_names_facts_that_the_step_was_taken_without_and_they_alone_lift_it(
    history: History,
) -> None:
    standing, known = reviewed(history), ids_of(history.heard)

    assert lifts_of(standing, history.heard) == []
    for lift in lifts_of(standing, history.told):
        assert lift.because
        assert not known & {*lift.because}
        named = [
            one for one in history.told if str(one.envelope.id) in {*known, *lift.because}
        ]
        assert [one.step for one in lifts_of(standing, named)] == [lift.step]
        if {metric.metric for metric in lift.metrics} == {ON_TIME}:
            orders_named = {
                getattr(one.fact, "order_id", None)
                for one in named
                if str(one.envelope.id) in lift.because
            }
            assert not orders_named & history.broken


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


def test_a_step_that_says_not_what_had_come_falls_and_may_name_nothing() -> None:
    told = received([*orders(), *in_time(range(8))])
    standing = reviewed(History(told, told[:-8]))
    before = replace(standing.rungs[0], heard=())
    old = replace(standing, rungs=(before,))
    assert lifts_of(old, told[:-8]) == []

    (lift,) = lifts_of(old, told)
    assert (lift.because, lift.changed, lift.metrics[0].is_rate) == ((), 0, 1.0)
