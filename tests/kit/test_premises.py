"""Requests that look at what is beside their own stream, many in a transaction."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine

from contracts.fact import Fact
from kit.database import driver
from kit.eventstore.history import History
from kit.eventstore.premises import hold
from kit.eventstore.records import Recorded
from kit.eventstore.requests import AnyRequest
from kit.eventstore.streams import PostgresStreams
from market.waiting import wait_until
from tests.kit.test_streams import PLACE, REJECT, asked, streams_on


def met(_: Connection) -> None:
    """A premise that always holds."""


def nothing(_: Fact) -> Collection[str]:
    return ()


def its_order(fact: Fact) -> Collection[str]:
    return (str(getattr(fact, "order_id", "")),)


def place(order: str, **how: object) -> AnyRequest:
    return asked(replace(PLACE, order_id=order), order=order, **how)


def told_of(requests: Sequence[AnyRequest], engine: Engine) -> list[int]:
    """How many facts the read models were told of at a time."""
    told: list[int] = []

    def project(recorded: Sequence[Recorded], _: Connection) -> None:
        told.append(len(recorded))

    replace(streams_on(History(engine)), projections=[project]).submit(requests)
    return told


LOOKS_AT_1 = place("o-9", premise=met, holds=["o-1"], touches=its_order)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        pytest.param(place("o-1", touches=its_order), [1, 1], id="what it looks at"),
        pytest.param(place("o-2", touches=its_order), [2], id="something else"),
        pytest.param(place("o-1", touches=nothing), [2], id="nothing"),
        pytest.param(place("o-2"), [1, 1], id="nobody says what"),
        pytest.param(asked(REJECT), [1], id="nothing, for it is refused"),
    ],
)
def test_a_premise_sees_what_its_batch_did_to_what_it_looks_at(
    engine: Engine, before: AnyRequest, told: list[int]
) -> None:
    assert told_of([before, LOOKS_AT_1], engine) == told


def test_a_premise_that_does_not_say_what_it_looks_at_sees_all(engine: Engine) -> None:
    cautious = place("o-9", premise=met, touches=its_order)

    assert told_of([place("o-2", touches=its_order), cautious], engine) == [1, 1]
    assert told_of([replace(cautious, holds=["o-2"])], engine) == []


def test_what_the_read_models_were_told_of_they_are_not_told_again(engine: Engine) -> None:
    looking = replace(LOOKS_AT_1, touches=nothing)
    others = [
        replace(place(f"o-{n}"), premise=met, holds=["o-1"], touches=nothing)
        for n in range(3, 6)
    ]

    told = told_of([place("o-1", touches=its_order), looking, *others], engine)

    assert told == [1, 4]


def holding_while_it_waits(names: Sequence[str], engine: Engine) -> set[int]:
    """The locks that a batch has, which holds `names`, while another has that of o-5."""
    streams = streams_on(History(engine))
    batch = [place(name, premise=met, holds=[name]) for name in names]
    sql = (
        "SELECT mine.objid FROM pg_locks AS mine JOIN pg_locks AS wanted USING (pid)"
        " WHERE mine.locktype = 'advisory' AND mine.granted AND NOT wanted.granted"
    )

    def taken() -> set[int]:
        with engine.connect() as db:
            return {number for (number,) in driver(db).execute(sql)}

    with ThreadPoolExecutor(1) as one, engine.connect() as other:
        hold([place("o-5", holds=["o-5"])], other)
        waiting = one.submit(streams.submit, batch)
        wait_until(taken, what="the batch to wait", within_s=30)
        found = taken()
        other.rollback()
        waiting.result()
    return found


def test_all_is_held_in_one_order_whatever_is_asked_first(engine: Engine) -> None:
    names = [f"o-{n}" for n in range(10)]

    one, other = (holding_while_it_waits(asked, engine) for asked in (names, names[::-1]))

    assert one == other


def test_those_who_hold_the_same_at_once_wait_for_each_other_and_never_in_a_circle(
    engine: Engine,
) -> None:
    names, looked = [f"o-{n}" for n in range(300)], list[int]()

    def look(_: Connection) -> None:
        looked.append(1)

    def write(writer: int) -> int:
        mixed = names[writer * 60 :] + names[: writer * 60]
        batch = [
            place(f"{writer}-{name}", premise=look, holds=[name], touches=nothing)
            for name in mixed
        ]
        streams: PostgresStreams = streams_on(History(engine))
        return sum(answer.recorded for answer in streams.submit(batch))

    with ThreadPoolExecutor(4) as writers:
        recorded = list(writers.map(write, range(4)))

    assert recorded == [300] * 4
    assert len(looked) == 1_200, "a batch was given up and done again"
