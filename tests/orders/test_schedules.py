"""Orders that nobody decided expire: on time, late, twice, never once they are decided."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from contracts.orders import OrderExpired, OrderPlaced
from kit.readmodels.own import rebuild_own, verify_own
from kit.schedule import SomeFailed
from services.orders import schedules
from services.orders.app import BLUEPRINT
from services.orders.commands import (
    AcceptOrder,
    ExpireOrder,
    LineToSplit,
    PlaceOrder,
    SplitOrder,
)
from services.orders.schedules import expire_orders
from tests.orders.parts import Parts, parts_on
from tests.orders.test_family_laws import ACCEPT as ACCEPT_LATER, PLACE as PLACE_THREE
from tests.orders.test_model import PLACE, TICK
from tests.samples import FRIDAY, MONDAY, NEXT_FRIDAY, SATURDAY

YEARS = timedelta(days=3_000)
ACCEPT = AcceptOrder(
    order_id="o-1", customer_id="c-1", customer_link="created", at=NEXT_FRIDAY
)


@pytest.fixture
def parts(fresh_database: str) -> Iterator[Parts]:
    with parts_on(fresh_database) as made:
        yield made


def placed(order_id: str) -> PlaceOrder:
    return replace(PLACE, order_id=order_id)


def split(parent: str, child: str, line: int) -> SplitOrder:
    lines = (LineToSplit(line_id=f"l-{line}"),)
    return SplitOrder(order_id=parent, new_order_id=child, lines=lines, at=MONDAY)


def expire(parts: Parts, at: object = NEXT_FRIDAY) -> int:
    return expire_orders(at, parts.streams, parts.engine)  # type: ignore[arg-type]  # a moment


def test_an_order_expires_at_the_instant_and_not_before(parts: Parts) -> None:
    parts.do(placed("o-1"))

    assert (expire(parts, NEXT_FRIDAY - TICK), parts.states()) == (0, {"o-1": "open"})
    assert (expire(parts), parts.states()) == (1, {"o-1": "expired"})
    assert parts.facts()[-1].happened_at == NEXT_FRIDAY


def test_a_run_that_comes_twice_or_late_changes_nothing_more(parts: Parts) -> None:
    parts.do(placed("o-1"))
    later = NEXT_FRIDAY + timedelta(days=40)

    assert [expire(parts, later) for _ in range(3)] == [1, 0, 0]
    assert [type(fact) for fact in parts.facts()] == [OrderPlaced, OrderExpired]


def test_an_order_that_was_decided_does_not_expire(parts: Parts) -> None:
    parts.do(placed("o-1"), placed("o-2"), replace(ACCEPT, at=SATURDAY))

    assert expire(parts) == 1
    assert parts.states() == {"o-1": "accepted", "o-2": "expired"}


def test_more_than_a_batch_expires_in_one_run(parts: Parts) -> None:
    orders = [f"o-{n}" for n in range(schedules.BATCH + 3)]
    parts.do(*map(placed, orders))

    assert expire(parts) == len(orders)


def test_an_order_that_cannot_be_read_is_told_of_and_stops_no_other(parts: Parts) -> None:
    parts.do(*map(placed, ("o-1", "o-2", "o-3")))
    with parts.engine.begin() as db:
        db.execute(text("UPDATE events SET type = 'odd.v1' WHERE stream_id = 'order-o-2'"))

    for done in (2, 0):
        with pytest.raises(SomeFailed, match=rf"^order-o-2: .*odd.v1.*; {done} done$"):
            expire(parts)

    assert parts.states() == {"o-1": "expired", "o-2": "open", "o-3": "expired"}


def test_two_processes_at_once_expire_each_order_once(parts: Parts) -> None:
    orders = [f"o-{n}" for n in range(40)]
    parts.do(*map(placed, orders))

    start = Barrier(2)

    def run(_: int) -> int:
        start.wait()
        return expire(parts)

    with ThreadPoolExecutor(2) as pool:
        done = sum(pool.map(run, range(2)))

    assert done == len(orders)
    assert {*parts.states().values()} == {"expired"}
    assert all(len(parts.facts(order)) == 2 for order in orders)


@pytest.mark.parametrize("_", range(5))
def test_of_an_acceptance_and_the_clock_one_wins_and_the_other_knows(
    parts: Parts, _: int
) -> None:
    parts.do(placed("o-1"))
    start = Barrier(2)

    def accept() -> str | None:
        start.wait()
        [answer] = parts.do(ACCEPT)
        return None if answer.refused is None else answer.refused.code

    def by_clock() -> int:
        start.wait()
        return expire(parts)

    with ThreadPoolExecutor(2) as pool:
        accepting, expiring = pool.submit(accept), pool.submit(by_clock)

    ended = parts.states()["o-1"], accepting.result(), expiring.result()
    assert ended in {("accepted", None, 0), ("expired", "order-expired", 1)}
    assert len(parts.facts()) == 2


class TestHistory:
    """What is told of the past expires when it is told to have, and by no clock."""

    def test_an_order_of_years_ago_waits_for_what_became_of_it(self, parts: Parts) -> None:
        parts.told_at = FRIDAY + YEARS
        parts.do(placed("o-1"))

        assert (expire(parts, parts.told_at), parts.states()) == (0, {"o-1": "open"})
        [answer] = parts.do(replace(ACCEPT, at=SATURDAY))
        assert (answer.refused, parts.states()) == (None, {"o-1": "accepted"})

    @pytest.mark.parametrize(("late", "expired"), [(timedelta(), 1), (TICK, 0)])
    def test_an_order_is_of_the_past_that_was_told_more_than_a_day_late(
        self, parts: Parts, late: timedelta, expired: int
    ) -> None:
        parts.told_at = FRIDAY + timedelta(days=1) + late
        parts.do(placed("o-1"))

        assert expire(parts) == expired

    def test_a_part_of_an_order_expires_with_it_however_late_it_was_split_off(
        self, parts: Parts
    ) -> None:
        parts.do(PLACE_THREE)
        parts.told_at = MONDAY
        parts.do(split("o-1", "o-2", 1))

        assert expire(parts) == 2
        assert parts.states() == {"o-1": "expired", "o-2": "expired"}

    def test_a_part_of_a_live_order_expires_though_it_was_told_late(
        self, parts: Parts
    ) -> None:
        parts.do(PLACE_THREE)
        parts.told_at = MONDAY + timedelta(days=2)
        parts.do(split("o-1", "o-2", 1))

        assert expire(parts) == 2
        assert parts.states() == {"o-1": "expired", "o-2": "expired"}

    def test_a_part_of_an_order_of_the_past_is_of_the_past(self, parts: Parts) -> None:
        parts.told_at = MONDAY
        parts.do(PLACE_THREE)
        parts.do(split("o-1", "o-2", 1))
        parts.do(replace(split("o-1", "o-3", 2), order_id="o-1"))

        assert expire(parts, MONDAY + YEARS) == 0
        [model, *_] = BLUEPRINT.own
        assert all(each.equal for each in verify_own(parts.engine, model))
        rebuild_own(parts.engine, model)
        assert expire(parts, MONDAY + YEARS) == 0

    def test_a_part_of_a_part_is_so_too_told_with_the_first(self, parts: Parts) -> None:
        parts.told_at = MONDAY
        two_units = (LineToSplit(line_id="l-2", quantity=2),)
        parts.do(
            PLACE_THREE,
            split("o-1", "o-2", 2),
            replace(split("o-2", "o-3", 2), lines=two_units),
        )

        assert len(parts.states()) == 3
        assert expire(parts, MONDAY + YEARS) == 0

    def test_it_expires_when_that_is_told(self, parts: Parts) -> None:
        parts.told_at = FRIDAY + YEARS
        parts.do(placed("o-1"))

        [answer] = parts.do(ExpireOrder(order_id="o-1", at=NEXT_FRIDAY))

        assert (answer.recorded, parts.states()) == (1, {"o-1": "expired"})


def test_a_part_of_an_accepted_order_does_not_expire(parts: Parts) -> None:
    parts.do(PLACE_THREE, ACCEPT_LATER, split("o-1", "o-2", 1))

    assert expire(parts) == 0
