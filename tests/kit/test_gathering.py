"""Many who ask at once are answered in one transaction, and nobody notices."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from sqlalchemy import Connection, Engine

from contracts.envelope import ACTOR
from kit.database import connect
from kit.eventstore.gathering import GatheredStreams
from kit.eventstore.history import History
from kit.eventstore.records import Recorded
from kit.eventstore.requests import Answer, AnyRequest
from kit.eventstore.streams import StoreUnavailable, Streams, transact
from market.ports import LOOPBACK, free_port
from market.waiting import wait_until
from services.orders.model.refusals import OrderUnknown
from tests.kit.test_streams import ACCEPT, PLACE, StreamsContract, asked, streams_on


class Slow:
    """A projection that notes each transaction's facts, and holds the first one back."""

    def __init__(self) -> None:
        self.transactions: list[Sequence[Recorded]] = []
        self.begun, self.go_on = Event(), Event()

    def __call__(self, events: Sequence[Recorded], _: Connection) -> None:
        self.transactions.append(events)
        self.begun.set()
        self.go_on.wait(30)

    def sizes(self) -> list[int]:
        return [len(events) for events in self.transactions]


def place(number: int, **how: object) -> AnyRequest:
    order = f"o-{number}"
    return asked(replace(PLACE, order_id=order), order=order, **how)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def gathered(engine: Engine, slow: Slow) -> Iterator[GatheredStreams]:
    yield GatheredStreams(replace(streams_on(History(engine)), projections=[slow]))
    slow.go_on.set()


class TestGatheredStreams(StreamsContract):
    @pytest.fixture
    def streams(self, engine: Engine) -> Streams:
        return GatheredStreams(streams_on(History(engine)))


class TestThoseWhoComeMeanwhile:
    def ask(
        self,
        requests: Sequence[AnyRequest],
        gathered: GatheredStreams,
        slow: Slow,
        pool: ThreadPoolExecutor,
    ) -> list[Future[Answer]]:
        """The first one's transaction is held back until all others wait."""
        first, *others = requests
        waiting = [pool.submit(transact, gathered, first)]
        assert slow.begun.wait(30)
        waiting += [pool.submit(transact, gathered, one) for one in others]
        wait_until(lambda: gathered.waiting == len(others), what="the others", within_s=30)
        slow.go_on.set()
        return waiting

    def test_share_one_transaction(self, gathered: GatheredStreams, slow: Slow) -> None:
        with ThreadPoolExecutor(8) as pool:
            answers = self.ask([place(n) for n in range(8)], gathered, slow, pool)

            assert {one.result() for one in answers} == {Answer(1, 1)}
        assert slow.sizes() == [1, 7]

    def test_are_each_refused_for_themselves(
        self, gathered: GatheredStreams, slow: Slow
    ) -> None:
        requests = [place(1), place(2), place(3), asked(ACCEPT, order="nowhere")]
        with ThreadPoolExecutor(8) as pool:
            *placed, refused = self.ask(requests, gathered, slow, pool)

            with pytest.raises(OrderUnknown):
                refused.result()
            assert {one.result() for one in placed} == {Answer(1, 1)}

    def test_are_not_hindered_by_one_that_fails(
        self, gathered: GatheredStreams, slow: Slow
    ) -> None:
        def fail(_: Connection) -> None:
            raise ZeroDivisionError

        requests = [place(1), place(2), place(3, premise=fail), place(4)]
        with ThreadPoolExecutor(8) as pool:
            answers = self.ask(requests, gathered, slow, pool)

            with pytest.raises(ZeroDivisionError):
                answers[2].result()
            assert {answers[n].result() for n in (0, 1, 3)} == {Answer(1, 1)}

    def test_are_recorded_as_their_own(self, gathered: GatheredStreams, slow: Slow) -> None:
        requests = [
            place(n, actor=f"seller:s-{n}", trace={"traceparent": f"trace-{n}"})
            for n in range(4)
        ]
        with ThreadPoolExecutor(8) as pool:
            for answer in self.ask(requests, gathered, slow, pool):
                answer.result()

        said = {
            recorded.stream_id: (recorded.meta[ACTOR], recorded.meta["traceparent"])
            for events in slow.transactions
            for recorded in events
        }
        assert said == {f"order-o-{n}": (f"seller:s-{n}", f"trace-{n}") for n in range(4)}


def test_all_are_told_when_the_database_is_away() -> None:
    nowhere = connect(f"postgresql://nobody@{LOOPBACK}:{free_port()}/nothing")
    gathered = GatheredStreams(replace(streams_on(History(nowhere)), patience_s=0.1))

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(transact, gathered, place(n)) for n in range(4)]

        assert {type(one.exception()) for one in waiting} == {StoreUnavailable}


def test_many_requests_of_one_caller_are_one_transaction(
    gathered: GatheredStreams, slow: Slow
) -> None:
    slow.go_on.set()

    gathered.submit([place(n) for n in range(3)])

    assert slow.sizes() == [3]


def test_who_comes_later_is_led_anew(gathered: GatheredStreams, slow: Slow) -> None:
    slow.go_on.set()

    for number in range(3):
        transact(gathered, place(number))

    assert slow.sizes() == [1, 1, 1]
