"""Reviews over all sellers, on a real database: once each day, late or twice; undone."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import polars as pl
import pytest
from sqlalchemy import select

from contracts.fact import Fact
from contracts.performance import (
    SanctionLifted,
    SellerReviewed,
    SellerWarned,
    StandingEvent,
)
from kit.consumers.tables import parked_events
from kit.readmodels.own import verify_own
from kit.schedule import Due, SomeFailed
from services.performance import runs, schedules
from services.performance.app import BLUEPRINT
from services.performance.commands import ReviewSeller
from services.performance.model.policy import load_policies
from services.performance.model.standing.findings import found_of
from services.performance.model.standing.refusals import DayNotBegun
from services.performance.projections.standing import standings
from services.performance.queries.reviews import last_day
from services.performance.queries.standing import sellers_with_late_facts
from services.performance.runs import Platform, review_until
from services.performance.schedules import ARRIVES, restate_steps, review_sellers
from tests.performance.facts import shipped
from tests.performance.reviewed import Performance, orders, performance_on
from tests.performance.standings import kinds
from tests.performance.test_one_seller import set_aside
from tests.performance.world import AS_OF, DAY, TICK


@pytest.fixture
def performance(fresh_database: str) -> Iterator[Performance]:
    with performance_on(fresh_database) as parts:
        yield parts


def left_early(orders: Iterable[int]) -> list[Fact]:
    """Shipments of those orders: they left in time."""
    saved = shipped(AS_OF - 10 * DAY)
    return [saved.model_copy(update={"order_id": f"o-{n}"}) for n in orders]


def restated(performance: Performance, at: datetime) -> int:
    return restate_steps(load_policies(), at, performance.streams, performance.engine)


def warning_of(facts: list[StandingEvent]) -> SellerWarned:
    (found,) = [fact for fact in facts if isinstance(fact, SellerWarned)]
    return found


def test_a_warning_names_what_was_late_by_the_ids_of_the_facts(
    performance: Performance,
) -> None:
    told = performance.hear(orders())
    (day,) = performance.review(AS_OF)

    reviewed, warned = performance.told()
    assert (day.sellers, day.recorded) == (1, 2)
    assert isinstance(reviewed, SellerReviewed)
    assert reviewed.level == "limit"
    (ground,) = warning_of([warned]).grounds
    assert (ground.metric, ground.due, ground.kept) == ("shipping.on_time", 20, 12)
    assert (ground.broken, ground.threshold) == (8, 0.9)
    assert {one.subject_id for one in ground.obligations} == {f"o-{n}" for n in range(8)}
    named = {name for one in ground.obligations for name in one.fact_ids}
    late = {str(one.envelope.id) for one in told[: 8 * 3]}
    assert named == late
    assert (ground.way_out.good_in_a_row, ground.way_out.days) == (80, 84)


def test_a_day_that_is_reviewed_again_or_twice_at_once_changes_nothing(
    performance: Performance,
) -> None:
    for n in range(5):
        performance.hear(orders(seller_id=f"s-{n}"))
    platform = Platform(performance.engine, performance.streams, load_policies())

    def run() -> None:
        runs.review_day(AS_OF.date(), platform, AS_OF)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(run) for _ in range(2)]:
            each.result()

    assert performance.count() == 10
    assert performance.review(AS_OF) == []


def test_late_reviews_say_what_reviews_in_time_had_said(
    performance: Performance, fresh_databases: Callable[[], str]
) -> None:
    performance.hear(orders())
    with performance_on(fresh_databases()) as other:
        other.hear(orders())
        days = [AS_OF + n * DAY for n in range(15)]
        for at in days:
            review_sellers(
                load_policies(), at + ARRIVES, performance.streams, performance.engine
            )
        other.review(days[0])
        done = other.review(days[-1])

        assert [one.day for one in done] == [at.date() for at in days[1:]]
        assert other.told() == performance.told()
    assert kinds(performance.told()) == [
        "SellerReviewed",
        "SellerWarned",
        "SellerReviewed",
        "VisibilityReduced",
    ]


def test_days_that_were_missed_are_caught_up_with_in_one_turn_as_many_as_it_takes(
    performance: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def turn(at: datetime) -> date | None:
        parts = performance.streams, performance.engine
        review_sellers(load_policies(), at + ARRIVES, *parts)
        return last_day(performance.engine)

    performance.hear([*orders(late=0), *orders(late=0, seller_id="s-2")])
    turn(AS_OF)
    assert turn(AS_OF + 40 * DAY) == (AS_OF + 40 * DAY).date()

    monkeypatch.setattr(schedules, "MOST_DAYS", 3)
    assert turn(AS_OF + 47 * DAY) == (AS_OF + 43 * DAY).date()
    assert turn(AS_OF + 47 * DAY) == (AS_OF + 46 * DAY).date()
    assert turn(AS_OF + 47 * DAY) == (AS_OF + 47 * DAY).date()
    monkeypatch.setattr(schedules, "MOST_SELLERS", 4)  # of two, on two days
    assert turn(AS_OF + 50 * DAY) == (AS_OF + 49 * DAY).date()


def test_a_turn_that_takes_long_ends_after_a_day_and_the_next_goes_on(
    performance: Performance,
) -> None:
    performance.hear(orders(late=0))
    seconds = iter(range(0, 1_000_000, 200))  # each look at the clock is 200 s later

    def turn(at: datetime) -> date | None:
        parts = performance.streams, performance.engine
        review_sellers(load_policies(), at + ARRIVES, *parts, clock=lambda: next(seconds))
        return last_day(performance.engine)

    assert turn(AS_OF) == AS_OF.date()
    assert turn(AS_OF + 5 * DAY) == (AS_OF + 2 * DAY).date()
    assert turn(AS_OF + 5 * DAY) == (AS_OF + 4 * DAY).date()
    assert turn(AS_OF + 5 * DAY) == (AS_OF + 5 * DAY).date()


def test_a_seller_whom_a_later_review_knew_is_judged_of_no_day_before(
    performance: Performance,
) -> None:
    performance.hear(orders())
    performance.review(AS_OF + 120 * DAY)  # nothing is measured any more
    assert performance.told() == []
    performance.hear(orders(seller_id="s-2"), late=140 * DAY)  # a past that is told since
    now = AS_OF + 160 * DAY

    (day,) = performance.review(AS_OF, known_at=now)
    assert (day.sellers, day.passed_over, kinds(performance.told())) == (1, 1, [])
    assert kinds(performance.told("s-2")) == ["SellerReviewed", "SellerWarned"]

    (day,) = performance.review(AS_OF - DAY, known_at=now)
    assert (day.sellers, day.passed_over, len(performance.told("s-2"))) == (0, 2, 2)


def test_what_was_told_late_lifts_a_step_and_is_named(performance: Performance) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    told = performance.hear(left_early(range(8)), late=11 * DAY)

    later = AS_OF + 2 * DAY
    assert restated(performance, later) == 1
    assert restated(performance, later) == 0

    last = performance.told()[-1]
    assert isinstance(last, SanctionLifted)
    assert (last.why, last.step, last.lifted_at) == ("restated", "healthy", later)
    assert {*last.because} == {str(one.envelope.id) for one in told}
    (metric,) = last.metrics
    assert (metric.was_rate, metric.is_rate, metric.is_due) == (0.6, 1.0, 20)


def test_what_was_recorded_in_time_and_came_late_lifts_a_step_and_is_named(
    performance: Performance,
) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    told = performance.hear(left_early(range(8)))

    assert restated(performance, AS_OF + DAY) == 1

    last = performance.told()[-1]
    assert isinstance(last, SanctionLifted)
    assert {*last.because} == {str(one.envelope.id) for one in told}
    assert (last.why, last.changed) == ("restated", 8)


def test_what_was_set_aside_at_the_review_and_applied_since_is_named(
    performance: Performance,
) -> None:
    early = performance.told_by(left_early(range(8)))
    for one in early:
        set_aside(performance.engine, one.envelope.id, one.envelope.pos)
    performance.hear(orders())
    performance.review(AS_OF)
    with performance.engine.begin() as db:
        db.execute(parked_events.delete())
    performance.take(early)

    assert restated(performance, AS_OF + DAY) == 1

    last = performance.told()[-1]
    assert isinstance(last, SanctionLifted)
    assert {*last.because} == {str(one.envelope.id) for one in early}


def test_late_facts_that_lift_nothing_are_looked_at_once(performance: Performance) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    engine = performance.engine
    performance.hear(left_early([0]))
    now = AS_OF + DAY
    assert [*sellers_with_late_facts(engine, now)] == ["s-1"]

    for _ in range(2):
        assert restated(performance, now) == 0
        assert sellers_with_late_facts(engine, now) == {}

    performance.hear(left_early(range(1, 8)))  # more of it: now the step falls
    assert [*sellers_with_late_facts(engine, now)] == ["s-1"]
    assert restated(performance, now) == 1
    assert sellers_with_late_facts(engine, now) == {}


def test_a_lift_that_could_not_be_recorded_is_tried_again(
    performance: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    performance.hear(left_early(range(8)))

    def failing(*_: object) -> None:
        raise ValueError("not now")

    monkeypatch.setattr(type(performance.streams), "submit", failing)
    with pytest.raises(SomeFailed, match="not now"):
        restated(performance, AS_OF + DAY)

    monkeypatch.undo()
    assert restated(performance, AS_OF + DAY) == 1


def test_what_changes_nothing_of_its_ground_lifts_no_step(performance: Performance) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    one_early = shipped(AS_OF - 10 * DAY).model_copy(update={"order_id": "o-0"})
    performance.hear([one_early], late=11 * DAY)
    performance.hear(orders(late=0, day=9))

    later = AS_OF + 20 * DAY
    assert restated(performance, later) == 0


def test_a_newer_policy_lifts_no_step(performance: Performance) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    [old] = load_policies()
    lax = {
        name: each.model_copy(update={"limit": 0.0, "warn": 0.0})
        for name, each in old.standards.items()
    }
    newer = old.model_copy(
        update={"version": "lax", "applies_from": AS_OF - 90 * DAY, "standards": lax}
    )
    performance.hear(orders(1, late=0, day=-1), late=30 * DAY)

    for policies in ([old, newer], [newer]):  # beside the old one, or in its place
        platform = Platform(performance.engine, performance.streams, policies=policies)
        due = Due(performance.streams)
        runs.restate(platform, AS_OF + 40 * DAY, due)
        assert due.count() == 0


def test_a_review_that_knows_less_than_a_step_lifts_it_not(
    performance: Performance,
) -> None:
    performance.hear(orders())
    performance.review(AS_OF)

    performance.review(AS_OF - 40 * DAY)

    assert kinds(performance.told()) == ["SellerReviewed", "SellerWarned"]


def test_who_is_looked_at_again_has_facts_that_came_late_for_a_step(
    performance: Performance,
) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    performance.hear(orders(3, late=0, day=20))  # between the steps, and no ground of any
    performance.review(AS_OF + 14 * DAY)
    now = AS_OF + 30 * DAY
    assert sellers_with_late_facts(performance.engine, now) == {}

    performance.hear(orders(1, late=0, day=-1), late=29 * DAY)
    assert [*sellers_with_late_facts(performance.engine, now)] == ["s-1"]


def test_one_who_cannot_be_reviewed_holds_up_nobody(
    performance: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("s-1", "s-2", "s-3"):
        performance.hear(orders(seller_id=name))

    def failing(sayings: pl.DataFrame, *asked: object) -> Iterator[ReviewSeller]:
        if "s-2" in sayings["seller_id"]:
            raise ValueError("nobody understands these facts")
        return found_of(sayings, *asked)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(runs, "found_of", failing)
    (day,) = performance.review(AS_OF)

    assert day.failed == {"standing-s-2": "nobody understands these facts"}
    assert [len(performance.told(name)) for name in ("s-1", "s-2", "s-3")] == [2, 0, 2]

    monkeypatch.undo()
    performance.review(AS_OF + DAY)
    assert kinds(performance.told("s-2")) == ["SellerReviewed", "SellerWarned"]


def test_a_day_that_has_not_begun_is_refused(performance: Performance) -> None:
    performance.hear(orders())
    tomorrow = AS_OF + DAY
    platform = Platform(performance.engine, performance.streams, load_policies())

    with pytest.raises(DayNotBegun, match=r"^as_of: 2026-04-02 has not begun"):
        next(review_until(tomorrow.date(), tomorrow - TICK, platform))
    assert performance.count() == 0


def test_of_nobody_there_is_nothing_to_say(performance: Performance) -> None:
    (day,) = performance.review(AS_OF)

    assert (day.sellers, day.recorded) == (0, 0)
    assert performance.review(AS_OF) == []


def test_what_is_read_is_what_the_facts_say(performance: Performance) -> None:
    performance.hear(orders())
    performance.hear(orders(late=20, seller_id="s-2"))
    performance.review(AS_OF)
    performance.review(AS_OF + 4 * DAY)

    (same,) = verify_own(performance.engine, BLUEPRINT.own[0])
    assert (same.equal, same.live_rows) == (True, 2)
    with performance.engine.connect() as db:
        steps = dict(db.execute(select(standings.c.seller_id, standings.c.step)).all())
    assert steps["s-2"] == "suspended"


def test_more_than_a_batch_is_reviewed(
    performance: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 3)
    for n in range(7):
        performance.hear(orders(seller_id=f"s-{n}"))
    (day,) = performance.review(AS_OF)

    assert (day.sellers, day.recorded, performance.count()) == (7, 14, 14)
