"""The rows on a real database: facts in any order and any number of times."""

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations
from random import Random  # noqa: TID251 - Hypothesis makes it, and shrinks it

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Connection, func, select

from contracts.performance import MOST_CLAIMS, Claim
from kit.consumers.records import Received
from services.performance.consumers import OBLIGATIONS
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.projections import (
    listing_sayings,
    metadata,
    obligation_sayings,
)
from tests.performance.facts import accepted, changed, listed, placed, shipped
from tests.performance.history import histories
from tests.performance.test_pleading import UPHELD
from tests.performance.world import AS_OF, DAY, TICK, received, sayings_of
from tests.samples import ONE_OF_EACH

PLACED, ACCEPTED, SHIPPED = received(
    [
        placed("o-1", AS_OF - 5 * DAY, units=3),
        accepted(AS_OF - 4 * DAY),
        shipped(AS_OF - 3 * DAY),
    ]
)
project = OBLIGATIONS.handler


@pytest.fixture
def performance(db: Connection) -> Connection:
    metadata.create_all(db)
    return db


def rows(db: Connection) -> tuple[list[str], list[str]]:
    """All that is kept, as the model takes it, in an order that says nothing."""
    obligations = [obligation_sayings.c[name] for name in SAYINGS]
    listings = [listing_sayings.c[name] for name in LISTINGS]
    return (
        sorted(map(repr, db.execute(select(*obligations)))),
        sorted(map(repr, db.execute(select(*listings)))),
    )


def expected(told: Sequence[Received]) -> tuple[int, int]:
    """How many rows the facts make, each counted once."""
    once = {received.envelope.id: received for received in told}
    sayings, listings = sayings_of(once.values())
    return sayings.height, listings.height


@pytest.mark.parametrize("order", [*permutations([PLACED, ACCEPTED, SHIPPED])])
def test_facts_in_any_order_and_twice_are_kept_once(
    performance: Connection, order: tuple[Received, ...]
) -> None:
    project(order[:2], performance)
    project(order, performance)

    found, _ = rows(performance)
    project([*order, *order], performance)
    assert (len(found), 0) == expected(order)
    assert rows(performance) == (found, [])


def test_a_fact_twice_in_one_batch_is_kept_once(performance: Connection) -> None:
    project([PLACED, PLACED], performance)

    assert performance.scalar(select(func.count()).select_from(obligation_sayings)) == 3


def test_of_what_two_appeals_claim_what_was_upheld_first_is_kept(
    performance: Connection,
) -> None:
    claims = tuple(
        Claim(
            type="orders.order-accepted.v1",
            data=accepted(AS_OF - 9 * DAY, f"o-{n}").model_dump(mode="json"),
        )
        for n in range(MOST_CLAIMS)
    )
    appeals = [
        UPHELD.model_copy(
            update={"appeal_id": name, "claims": claims, "decided_at": AS_OF - ago * DAY}
        )
        for name, ago in (("a-1", 5), ("a-2", 1))
    ]
    told = received(appeals)

    project(told, performance)

    recorded = select(obligation_sayings.c.recorded_at).distinct()
    assert performance.scalars(recorded).all() == [told[0].envelope.recordedtime]


def test_a_row_names_its_fact_and_when_it_was_recorded(performance: Connection) -> None:
    project([PLACED], performance)

    units = select(obligation_sayings).where(
        obligation_sayings.c.metric == "inventory.units_filled"
    )
    row = performance.execute(units).one()
    assert (row.event_id, row.recorded_at, row.amount) == (
        PLACED.envelope.id,
        PLACED.envelope.recordedtime,
        3,
    )


def test_ids_may_hold_any_character(performance: Connection) -> None:
    odd = 'o\t1\r\n\\.\n\\N,"\\t'

    project(received([placed(odd, AS_OF)]), performance)

    found = select(obligation_sayings.c.subject_id).distinct()
    assert performance.scalars(found).all() == [odd]


@pytest.mark.parametrize(
    "moment",
    [
        AS_OF + 7 * TICK,
        AS_OF - TICK,
        AS_OF.replace(year=999, month=1, day=2, hour=3, minute=4, second=5),
    ],
)
def test_moments_are_kept_to_the_microsecond(
    performance: Connection, moment: datetime
) -> None:
    project(received([accepted(moment)]), performance)

    kept = obligation_sayings.c["at", "recorded_at"]
    assert set(performance.execute(select(*kept))) == {(moment, moment)}


def test_listings_are_kept_with_the_version_of_their_stream(
    performance: Connection,
) -> None:
    project(received([listed(AS_OF - DAY), changed(AS_OF, images=1)]), performance)

    versions = select(listing_sayings.c.version, listing_sayings.c.image_count)
    assert sorted(performance.execute(versions)) == [(1, 3), (2, 1)]


def test_a_batch_without_anything_for_us_changes_nothing(
    performance: Connection,
) -> None:
    project([], performance)

    assert rows(performance) == ([], [])


def test_no_fact_says_the_same_of_two_subjects_of_one_metric() -> None:
    for fact in ONE_OF_EACH:
        said, _ = sayings_of(received([fact]))
        assert said.select("metric", "says").is_unique().all()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=histories, random=st.randoms(use_true_random=False), size=st.integers(1, 50))
def test_batches_cut_anywhere_shuffled_and_repeated_make_the_same_rows(
    performance: Connection, told: list[Received], random: Random, size: int
) -> None:
    again = told + random.sample(told, len(told) // 2)
    random.shuffle(again)

    with performance.begin_nested() as once:
        project(told, performance)
        straight = rows(performance)
        once.rollback()
    with performance.begin_nested() as twice:
        for start in range(0, len(again), size):
            project(again[start : start + size], performance)
        shuffled = rows(performance)
        twice.rollback()

    assert shuffled == straight
    assert tuple(map(len, straight)) == expected(told)
