"""Whatever comes late: a step is lifted by facts that it was taken without, and named."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl
from hypothesis import given, settings, strategies as st

from contracts.fact import Fact
from kit.consumers.records import Received
from services.performance.model.standing import STANDING
from services.performance.model.standing.findings import found_of
from services.performance.model.standing.heard import heard_of
from services.performance.model.standing.restating import fallen
from services.performance.model.standing.state import Standing
from tests.performance.facts import shipped
from tests.performance.reviewed import orders
from tests.performance.world import AS_OF, DAY, POLICY, recorded, sayings_of

LATER = AS_OF + 60 * DAY
NOTHING_ASIDE = pl.DataFrame(
    schema={"seller_id": pl.String, "source": pl.String, "pos": pl.Int64}
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Sequence[Received], Sequence[Received]]:
    """Orders shipped late, some of them in time as is told elsewhere; in any order.

    All of it, and what of it had come and been recorded at the review.
    """
    late = draw(st.integers(3, 12))
    saved = shipped(AS_OF - 10 * DAY)
    in_time = draw(st.sets(st.integers(0, late - 1)))
    facts: list[Fact] = orders(20, late)
    facts += [saved.model_copy(update={"order_id": f"o-{n}"}) for n in in_time]
    lags = st.sampled_from([0 * DAY, 0 * DAY, 0 * DAY, 30 * DAY])
    told = recorded((fact, draw(lags)) for fact in draw(st.permutations(facts)))
    come = told[: draw(st.integers(len(told) // 2, len(told)))]
    return told, [one for one in come if one.envelope.recordedtime <= AS_OF]


def placed(told: Iterable[Received]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the facts say, each with its place in the history of orders."""
    told = [*told]
    places = pl.DataFrame(
        {
            "event_id": [str(one.envelope.id) for one in told],
            "pos": [one.envelope.pos for one in told],
            "source": ["orders" for _ in told],
        },
        {"event_id": pl.String, "pos": pl.Int64, "source": pl.String},
    )
    sayings, listings = sayings_of(told)
    return (
        sayings.join(places, on="event_id", how="left"),
        listings.join(places, on="event_id", how="left"),
    )


def reviewed(heard: Sequence[Received]) -> Standing:
    """How the seller stands after a review that had heard so much."""
    standing, rows = STANDING.initial, placed(heard)
    for command in found_of(*sayings_of(heard), POLICY, AS_OF, AS_OF):
        known = heard_of(*rows, NOTHING_ASIDE)[command.seller_id]
        for fact in STANDING.decide(replace(command, heard=known), standing):
            standing = STANDING.evolve(standing, fact)
    return standing


@settings(max_examples=30, deadline=None)
@given(histories())
def test_a_lift_names_facts_that_the_step_was_taken_without_and_they_alone_lift_it(
    history: tuple[Sequence[Received], Sequence[Received]],
) -> None:
    told, heard = history
    stand = {"s-1": reviewed(heard)}
    policies = {POLICY.version: POLICY}
    known = {str(one.envelope.id) for one in heard}

    assert [*fallen(stand, *placed(heard), policies, LATER)] == []
    for lift in fallen(stand, *placed(told), policies, LATER):
        assert lift.because
        assert not known & {*lift.because}
        named = [one for one in told if str(one.envelope.id) in {*known, *lift.because}]
        again = [*fallen(stand, *placed(named), policies, LATER)]
        assert [one.step for one in again] == [lift.step]
