"""What is done by the clock: by one at a time, again after a failure, until the stop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event, Semaphore

import pytest
from sqlalchemy import Engine

from contracts.orders import OrderPlaced
from kit.eventstore.streams import Streams
from kit.schedule import Due, Run, Schedule, Scheduler
from kit.turns import InTurn, TurnLost
from tests.fakes import MemoryStreams
from tests.kit.test_streams import ACCEPT, CANCEL, PLACE, asked
from tests.kit.test_turns import end_holders
from tests.samples import FRIDAY

SOON = timedelta(milliseconds=1)


def scheduler(engine: Engine, *schedules: Schedule) -> Scheduler:
    return Scheduler(engine, MemoryStreams(), schedules, lambda: FRIDAY)


def every(run: Run, name: str = "expiry", often: timedelta = SOON) -> Schedule:
    return Schedule(name, often, run)


def test_a_run_is_given_the_moment_and_where_to_work(engine: Engine) -> None:
    given: list[tuple[datetime, Streams, Engine]] = []

    def run(at: datetime, streams: Streams, where: Engine) -> int:
        given.append((at, streams, where))
        return 3

    keeper = scheduler(engine)

    assert keeper.turn(every(run)) == 3
    ((at, streams, where),) = given
    assert isinstance(streams, InTurn)
    assert (at, streams.streams, where) == (FRIDAY, keeper.streams, engine)


def test_while_one_process_is_at_it_another_leaves_it_alone(engine: Engine) -> None:
    begun, go_on = Event(), Event()

    def slow(*_: object) -> int:
        begun.set()
        go_on.wait(60)
        return 1

    def quick(*_: object) -> int:
        return 2

    with ThreadPoolExecutor(1) as first:
        slowly = first.submit(scheduler(engine).turn, every(slow))
        begun.wait(60)
        meanwhile = scheduler(engine).turn(every(quick))
        of_another_name = scheduler(engine).turn(every(quick, "payouts"))
        go_on.set()

        assert (slowly.result(), meanwhile, of_another_name) == (1, None, 2)
    assert scheduler(engine).turn(every(quick)) == 2


def test_who_fails_lets_the_next_one_in(engine: Engine) -> None:
    def failing(*_: object) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scheduler(engine).turn(every(failing))

    assert scheduler(engine).turn(every(lambda *_: 1)) == 1


def test_who_loses_their_session_lets_the_next_one_in(engine: Engine) -> None:
    def cut_off(*_: object) -> int:
        end_holders(engine)
        return scheduler(engine).turn(every(lambda *_: 7)) or 0

    assert scheduler(engine).turn(every(cut_off)) == 7


def test_who_loses_their_session_records_nothing_more(engine: Engine) -> None:
    def expiring(_: datetime, streams: Streams, where: Engine) -> int:
        due = Due(streams)
        due.submit([asked(PLACE)])
        end_holders(where)
        due.submit([asked(ACCEPT), asked(CANCEL)])
        return due.count()

    keeper = scheduler(engine)
    with pytest.raises(TurnLost, match="is gone"):
        keeper.turn(every(expiring))

    assert isinstance(keeper.streams, MemoryStreams)
    assert [type(fact) for fact in keeper.streams.facts["order-o-1"]] == [OrderPlaced]


async def test_what_failed_is_told_and_done_the_next_time(engine: Engine) -> None:
    stop, outcomes, others = asyncio.Event(), iter([1, 0, 1]), Semaphore(0)
    loop = asyncio.get_running_loop()

    def sometimes(*_: object) -> int:
        try:
            return 1 // next(outcomes)
        except StopIteration:
            loop.call_soon_threadsafe(stop.set)
            raise KeyError("it is the end") from None

    def always(*_: object) -> int:
        others.release()
        return 0

    keeper = scheduler(engine, every(sometimes), every(always, "payouts"))
    await keeper.run(stop)

    assert keeper.troubles() == [("expiry", "'it is the end'")]
    assert others.acquire(blocking=False)


async def test_nothing_is_begun_once_it_is_told_to_stop(engine: Engine) -> None:
    stop = asyncio.Event()
    stop.set()

    await scheduler(engine, every(lambda *_: 1 // 0)).run(stop)
