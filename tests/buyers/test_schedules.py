"""Requests that nobody answered expire: on time, late, twice, never when answered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from contracts.buyers import BuyerAccessExpired
from kit.eventstore.streams import transact
from kit.schedule import SomeFailed
from services.buyers import schedules
from services.buyers.commands import ApproveAccess
from services.buyers.handlers import to_request
from services.buyers.schedules import expire_requests
from tests.buyers.given import REQUEST
from tests.buyers.parts import Parts
from tests.samples import FRIDAY, SATURDAY

OVER_AT = FRIDAY + timedelta(days=14)
TICK = timedelta(microseconds=1)


def ask(parts: Parts, *ids: str) -> None:
    parts.streams.submit([to_request(replace(REQUEST, request_id=r)) for r in ids])


def expired(parts: Parts) -> Sequence[BuyerAccessExpired]:
    return [f for _, f in parts.recorded() if isinstance(f, BuyerAccessExpired)]


def test_a_request_expires_at_the_instant_and_not_before(parts: Parts) -> None:
    ask(parts, "r-1")

    assert expire_requests(OVER_AT - TICK, parts.streams, parts.engine) == 0
    assert expire_requests(OVER_AT, parts.streams, parts.engine) == 1
    assert [fact.expired_at for fact in expired(parts)] == [OVER_AT]


def test_a_run_that_comes_twice_or_late_changes_nothing_more(parts: Parts) -> None:
    ask(parts, "r-1")
    later = OVER_AT + timedelta(days=40)

    done = [expire_requests(later, parts.streams, parts.engine) for _ in range(3)]

    assert done == [1, 0, 0]
    assert [fact.expired_at for fact in expired(parts)] == [later]


def test_a_request_that_cannot_be_read_is_told_of_and_stops_no_other(parts: Parts) -> None:
    ask(parts, "r-1", "r-2")
    with parts.engine.begin() as db:
        spoil = "UPDATE events SET type = 'odd.v1' WHERE stream_id = 'access-request-r-1'"
        db.execute(text(spoil))

    with pytest.raises(SomeFailed, match=r"^access-request-r-1: .*; 1 done$"):
        expire_requests(OVER_AT, parts.streams, parts.engine)

    with parts.engine.connect() as db:
        found = db.execute(text("SELECT request_id, state FROM access_requests ORDER BY 1"))
        assert found.all() == [("r-1", "waiting"), ("r-2", "expired")]


def test_an_answered_request_does_not_expire(parts: Parts) -> None:
    ask(parts, "r-1", "r-2")
    approve = ApproveAccess(request_id="r-1", seller_id="s-1", at=SATURDAY)
    transact(parts.streams, to_request(approve))

    assert expire_requests(OVER_AT, parts.streams, parts.engine) == 1
    assert [fact.request_id for fact in expired(parts)] == ["r-2"]


def test_a_request_that_is_answered_while_it_expires_stays_answered(parts: Parts) -> None:
    ask(parts, "r-1")
    approve = to_request(ApproveAccess(request_id="r-1", seller_id="s-1", at=SATURDAY))

    class Late:
        """Streams on which the seller answers just before."""

        def submit(self, requests: object) -> object:
            transact(parts.streams, approve)
            return parts.streams.submit(requests)  # type: ignore[arg-type]  # as given

    assert expire_requests(OVER_AT, Late(), parts.engine) == 0  # type: ignore[arg-type]  # all that is asked of it
    assert expired(parts) == []


@pytest.mark.parametrize(("late", "over"), [(timedelta(), 1), (TICK, 0)])
def test_a_request_of_the_past_waits_for_what_became_of_it(
    parts: Parts, late: timedelta, over: int
) -> None:
    told_at = FRIDAY + timedelta(days=1) + late
    told = replace(parts, streams=replace(parts.streams, now=lambda: told_at))
    ask(told, "r-1")

    assert expire_requests(OVER_AT, told.streams, told.engine) == over


def test_more_than_a_batch_expires_in_one_run(parts: Parts) -> None:
    ask(parts, *(f"r-{n}" for n in range(schedules.BATCH + 3)))

    assert expire_requests(OVER_AT, parts.streams, parts.engine) == schedules.BATCH + 3
