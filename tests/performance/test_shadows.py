"""Shadows beside the official policy in reviews: how many sellers would stand where."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

import pytest
from hypothesis import given, settings, strategies as st
from sqlalchemy import select

from kit.consumers.records import Received
from services.performance import runs
from services.performance.model.policy import Policy
from services.performance.model.scorecard import LEVELS, NOT_ENOUGH, by_policies, sellers
from services.performance.model.shadows import Move, moves_of, shadows_at
from services.performance.queries import read_in_parts
from services.performance.tables import shadow_reviews
from tests.performance import naive
from tests.performance.facts import listed
from tests.performance.history import histories
from tests.performance.policy_files import SHIPPED, with_standard
from tests.performance.reviewed import Performance, orders, performance_on
from tests.performance.test_confirmation import came_in, counted as stock_counted
from tests.performance.test_scorecard_laws import as_ofs, known_ats, policies
from tests.performance.test_what_if import LONGER, PATIENT
from tests.performance.world import AS_OF, DAY, TICK, sayings_of

ORDER = (*LEVELS, NOT_ENOUGH)


def shadow(policy: Policy, begins: datetime | None = None, version: str = "s") -> Policy:
    changes = {"version": version, "shadow": True, "applies_from": begins}
    return policy.model_copy(update=changes)


LAX = shadow(
    with_standard("shipping.on_time", star=0.1, warn=0.1, limit=0.1), version="lax"
)


def change(official: str, proposed: str) -> str:
    if official == proposed:
        return "same"
    if NOT_ENOUGH in {official, proposed}:
        return "other"
    return "better" if ORDER.index(proposed) < ORDER.index(official) else "worse"


def counted(
    told: list[Received],
    by: tuple[Policy, Policy],
    as_of: datetime,
    known_at: datetime | None,
) -> Counter[Move]:
    """The same, one seller and metric after the other."""
    official, proposed = (
        {
            card[:2]: card[-1]
            for rule in (naive.scorecards, naive.overall)
            for card in rule(told, policy, as_of, known_at)
        }
        for policy in by
    )
    return Counter(
        Move(by[1].version, of[1], *pair, change(*pair))
        for of in {*official, *proposed}
        for pair in [(official.get(of, NOT_ENOUGH), proposed.get(of, NOT_ENOUGH))]
    )


@settings(max_examples=40, deadline=None)
@given(histories, policies, st.permutations([LONGER, PATIENT]), as_ofs, known_ats)
def test_each_seller_counts_once_for_each_shadow_and_metric(
    told: list[Received],
    official: Policy,
    others: list[Policy],
    as_of: datetime,
    known_at: datetime | None,
) -> None:
    shadows = [shadow(policy, version=f"s-{n}") for n, policy in enumerate(others)]
    rows, by = sayings_of(told), [official, *shadows]

    found = moves_of(
        by_policies(*rows, by, as_of, known_at), sellers(*rows, as_of, known_at), by
    )

    alone = [counted(told, (official, each), as_of, known_at) for each in shadows]
    assert found == alone[0] + alone[1]


def test_a_shadow_judges_from_its_day_on() -> None:
    later = shadow(SHIPPED, AS_OF, "later")

    assert shadows_at(AS_OF - TICK, [SHIPPED, LAX, later]) == [LAX]
    assert shadows_at(AS_OF, [SHIPPED, LAX, later]) == [LAX, later]


@pytest.fixture
def performance(fresh_database: str) -> Iterator[Performance]:
    with performance_on(fresh_database) as parts:
        yield parts


def noted(
    performance: Performance, metric: str = "overall"
) -> Sequence[tuple[object, ...]]:
    row = shadow_reviews.c
    columns = (row.day, row.shadow, row.official, row.proposed, row.changes, row.sellers)
    query = select(*columns).where(row.metric == metric).order_by(*columns[:4])
    with performance.engine.connect() as db:
        return [tuple(each) for each in db.execute(query)]


def sell(performance: Performance) -> None:
    performance.hear(orders())
    performance.hear(orders(late=0, seller_id="s-2"))
    performance.hear(orders(late=9, seller_id="s-3"))


def test_a_review_notes_how_many_would_stand_otherwise(performance: Performance) -> None:
    sell(performance)
    tomorrow = AS_OF + DAY
    by = [SHIPPED, LAX, shadow(SHIPPED, tomorrow, "soon")]

    performance.review(AS_OF, policies=by)
    performance.review(tomorrow, policies=by)

    today = AS_OF.date()
    assert noted(performance, "shipping.on_time")[:2] == [
        (today, "lax", "limit", "star", "better", 2),
        (today, "lax", "star", "star", "same", 1),
    ]
    assert [(day, name) for day, name, *_ in noted(performance)] == [
        (today, "lax"),
        (today, "lax"),
        (tomorrow.date(), "lax"),
        (tomorrow.date(), "lax"),
        (tomorrow.date(), "soon"),
        (tomorrow.date(), "soon"),
    ]


def test_a_shadow_sees_what_it_needs_though_the_official_policy_does_not(
    performance: Performance,
) -> None:
    """A stock that was counted a month ago is confirmed by one that asks for two."""
    patient = shadow(with_standard("inventory.confirmed", days=60))
    came = AS_OF - 70 * DAY
    performance.hear([listed(came), came_in(came), stock_counted(AS_OF - 30 * DAY)])

    performance.review(AS_OF, policies=[SHIPPED, patient])

    assert noted(performance, "inventory.confirmed") == [
        (AS_OF.date(), "s", "limit", "star", "better", 1)
    ]


def test_what_a_review_noted_stays_if_it_is_done_again(performance: Performance) -> None:
    sell(performance)
    performance.review(AS_OF, policies=[SHIPPED, LAX])
    before = noted(performance)
    performance.hear(orders(seller_id="s-4"))

    platform = runs.Platform(performance.engine, performance.streams, [SHIPPED, LAX])
    runs.review_day(AS_OF.date(), platform, AS_OF + DAY)

    assert noted(performance) == before
    assert sum(count for *_, count in before) == 3  # type: ignore[misc]  # sellers


def test_parts_of_the_sellers_add_up(
    performance: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "read_in_parts", partial(read_in_parts, most_rows=1))
    sell(performance)

    (day,) = performance.review(AS_OF, policies=[SHIPPED, LAX])

    assert day.sellers == sum(count for *_, count in noted(performance))  # type: ignore[misc]
    assert noted(performance, "shipping.on_time")[0][-1] == 2


def test_of_whom_a_later_review_knew_nobody_is_counted(performance: Performance) -> None:
    performance.hear(orders())
    performance.review(AS_OF + 9 * DAY, policies=[SHIPPED])
    performance.hear(orders(seller_id="s-2"), late=40 * DAY)

    performance.review(AS_OF, AS_OF + 90 * DAY, [SHIPPED, LAX])

    assert sum(count for *_, count in noted(performance)) == 1  # type: ignore[misc]


def test_shadows_change_nothing_of_what_is_official(
    performance: Performance, fresh_databases: Callable[[], str]
) -> None:
    patient = with_standard("inventory.confirmed", days=60)
    with performance_on(fresh_databases()) as other:
        for each, by in (
            (performance, [SHIPPED]),
            (other, [SHIPPED, LAX, shadow(patient)]),
        ):
            sell(each)
            for n in range(15):
                each.review(AS_OF + n * DAY, policies=by)

        for name in ("s-1", "s-2", "s-3"):
            assert other.told(name) == performance.told(name)
        assert noted(performance) == []
        assert performance.count() == other.count() > 0
