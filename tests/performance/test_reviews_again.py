"""Who could not be reviewed is tried again until it is done, and told of until then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl
import pytest

from services.performance import runs
from services.performance.commands import LiftStep, ReviewSeller
from services.performance.model.policy import load_policies
from services.performance.model.standing.findings import found_of
from services.performance.model.standing.restating import fallen
from services.performance.model.standing.state import Standing
from services.performance.queries.reviews import days_reviewed
from services.performance.runs import Platform, review_again
from services.performance.schedules import ARRIVES, TRY_AGAIN, review_sellers
from tests.performance.reviewed import Performance, orders, performance_on
from tests.performance.standings import kinds
from tests.performance.test_reviews import left_early, warning_of
from tests.performance.world import AS_OF, DAY

WARNED = ["SellerReviewed", "SellerWarned"]
NOW = AS_OF + ARRIVES
MINUTE = timedelta(minutes=1)


@dataclass
class Trouble:
    """Facts of these sellers are not understood, until they are."""

    of: set[str] = field(default_factory=set)
    tried: int = 0

    def found_of(self, sayings: pl.DataFrame, *asked: object) -> Iterator[ReviewSeller]:
        if self.of & {*sayings["seller_id"]}:
            self.tried += 1
            raise ValueError("nobody understands these facts")
        return found_of(sayings, *asked)  # type: ignore[arg-type]  # as given


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> Trouble:
    found = Trouble({"s-2"})
    monkeypatch.setattr(runs, "found_of", found.found_of)
    return found


@pytest.fixture
def performance(fresh_database: str) -> Iterator[Performance]:
    with performance_on(fresh_database) as parts:
        for name in ("s-1", "s-2", "s-3"):
            parts.hear(orders(seller_id=name))
        yield parts


def turn(performance: Performance, at: datetime) -> int:
    """A turn of the clock's."""
    return review_sellers(load_policies(), at, performance.streams, performance.engine)


def states(performance: Performance) -> list[tuple[datetime, list[tuple[str, str]]]]:
    with performance.engine.connect() as db:
        return [
            (day["day"], [(each["seller_id"], each["state"]) for each in day["failures"]])
            for day in days_reviewed(None, 9, db)
        ]


def test_once_the_fault_is_gone_the_next_turn_reviews_the_seller_of_that_day(
    performance: Performance, trouble: Trouble
) -> None:
    assert turn(performance, NOW) == 4
    assert states(performance) == [(AS_OF.date(), [("s-2", "waiting")])]
    trouble.of.clear()

    assert turn(performance, NOW + MINUTE) == 2

    assert [kinds(performance.told(f"s-{n}")) for n in (1, 2, 3)] == [WARNED] * 3
    assert {fact.happened_at for fact in performance.told("s-2")} == {AS_OF}
    assert states(performance) == [(AS_OF.date(), [("s-2", "reviewed")])]
    assert turn(performance, NOW + 2 * MINUTE) == 0
    assert performance.count() == 6


def test_while_it_lasts_it_is_tried_now_and_then_and_told_of_always(
    performance: Performance, trouble: Trouble
) -> None:
    trouble.of.add("s-3")
    tried = list[int]()
    for minutes in range(13):
        turn(performance, NOW + minutes * MINUTE)
        tried.append(trouble.tried)

    again = [n for n in range(1, 13) if tried[n] > tried[n - 1]]
    assert again == [1, 1 + TRY_AGAIN // MINUTE]
    trouble.of.remove("s-3")
    assert turn(performance, NOW + 30 * MINUTE) == 2
    assert states(performance) == [
        (AS_OF.date(), [("s-2", "waiting"), ("s-3", "reviewed")])
    ]


def test_a_later_day_that_judged_the_seller_leaves_nothing_to_try_of_the_one_before(
    performance: Performance, trouble: Trouble
) -> None:
    turn(performance, NOW)
    turn(performance, NOW + DAY)
    assert states(performance) == [
        (AS_OF.date() + DAY, [("s-2", "waiting")]),
        (AS_OF.date(), [("s-2", "waiting")]),
    ]
    trouble.of.clear()

    assert turn(performance, NOW + DAY + TRY_AGAIN) == 2

    assert states(performance) == [
        (AS_OF.date() + DAY, [("s-2", "reviewed")]),
        (AS_OF.date(), [("s-2", "passed over")]),
    ]
    assert {fact.happened_at for fact in performance.told("s-2")} == {AS_OF + DAY}


def test_it_is_judged_on_what_the_run_that_failed_knew(
    performance: Performance, trouble: Trouble
) -> None:
    turn(performance, NOW)
    early = [one.model_copy(update={"seller_id": "s-2"}) for one in left_early(range(8))]
    performance.hear(early, late=11 * DAY)
    trouble.of.clear()

    turn(performance, NOW + MINUTE)

    told = performance.told("s-2")
    (ground,) = warning_of(told).grounds
    assert (kinds(told), ground.due, ground.kept) == (WARNED, 20, 12)
    assert warning_of(told).known_at == AS_OF


def test_who_asks_tries_again_at_once_and_is_told_how_it_went(
    performance: Performance, trouble: Trouble
) -> None:
    platform = Platform(performance.engine, performance.streams, load_policies())
    performance.review(AS_OF)

    (again,) = review_again(platform, NOW, not_since=NOW)
    assert (again.sellers, again.recorded) == (1, 0)
    assert again.failed == {"standing-s-2": "nobody understands these facts"}
    trouble.of.clear()
    (again,) = review_again(platform, NOW, not_since=NOW)
    assert (again.day, again.recorded, again.failed) == (AS_OF.date(), 2, {})
    assert [*review_again(platform, NOW, not_since=NOW)] == []


def test_steps_that_cannot_be_looked_at_again_hold_up_nobody(
    performance: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn(performance, NOW)

    def broken(standings: Mapping[str, Standing], *rest: object) -> Iterator[LiftStep]:
        if "s-2" in standings:
            raise ValueError("nobody understands these facts")
        return fallen(standings, *rest)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(runs, "fallen", broken)
    turn(performance, NOW + DAY)

    assert states(performance)[0] == (AS_OF.date() + DAY, [("s-2", "waiting")])
    monkeypatch.undo()
    turn(performance, NOW + DAY + TRY_AGAIN)
    assert states(performance)[0] == (AS_OF.date() + DAY, [("s-2", "reviewed")])
