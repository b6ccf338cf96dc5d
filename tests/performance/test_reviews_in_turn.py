"""Reviews are one run's at a time; one that loses its turn midway records nothing more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from kit.eventstore.requests import Answer, AnyRequest, Preview
from kit.eventstore.streams import Streams
from kit.schedule import Scheduler
from kit.turns import TurnLost
from services.performance import runs
from services.performance.model.policy import load_policies
from services.performance.model.standing.refusals import ReviewGoesOn
from services.performance.queries.reviews import last_day
from services.performance.runs import Platform
from services.performance.schedules import ARRIVES, schedules_by
from tests.kit.test_turns import end_holders
from tests.performance.reviewed import Performance, orders, performance_on
from tests.performance.world import AS_OF


@pytest.fixture
def performance(fresh_database: str) -> Iterator[Performance]:
    with performance_on(fresh_database) as parts:
        yield parts


@dataclass(frozen=True)
class Freezing:
    """Streams of a process that freezes after its first batch, until its turn is taken."""

    engine: Engine
    streams: Streams

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        answers = self.streams.submit(requests)
        end_holders(self.engine)
        return answers

    def preview(self, request: AnyRequest) -> Preview:
        return self.streams.preview(request)

    def answered(self, request: AnyRequest) -> Answer | None:
        return self.streams.answered(request)


def test_while_one_run_goes_on_another_is_told_to_wait(
    performance: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PATIENCE_S", 0.3)
    parts = performance.engine, performance.streams
    with (
        runs.its_turn(*parts),
        pytest.raises(ReviewGoesOn, match="ask again"),
        runs.its_turn(*parts),
    ):
        pass
    with runs.its_turn(*parts):
        pass


def test_a_run_that_loses_its_turn_stops_and_the_next_goes_on(
    performance: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 3)
    for n in range(7):
        performance.hear(orders(seller_id=f"s-{n}"))
    reviews = schedules_by(load_policies())[0]
    keeper = Scheduler(
        performance.engine,
        Freezing(performance.engine, performance.streams),
        [reviews],
        lambda: AS_OF + ARRIVES,
    )

    with pytest.raises(TurnLost):
        keeper.turn(reviews)
    assert (performance.count(), last_day(performance.engine)) == (6, None)

    keeper.streams = performance.streams
    assert keeper.turn(reviews) == 8
    assert (performance.count(), last_day(performance.engine)) == (14, AS_OF.date())


def test_who_asks_for_a_review_and_loses_its_turn_is_told_to_ask_again(
    performance: Performance,
) -> None:
    performance.hear(orders())

    def review() -> None:
        with runs.its_turn(performance.engine, performance.streams) as streams:
            end_holders(performance.engine)
            platform = Platform(performance.engine, streams, load_policies())
            runs.review_day(AS_OF.date(), platform, AS_OF)

    with pytest.raises(ReviewGoesOn, match="ask again"):
        review()

    assert (performance.count(), last_day(performance.engine)) == (0, None)
