from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from contracts.catalog import InventoryReceived
from kit.database import driver
from kit.eventstore.requests import Answer, AnyRequest
from kit.eventstore.streams import Streams
from kit.serving import build
from services.billing import queries
from services.billing.app import BLUEPRINT
from services.billing.projections import project_stock_movements
from tests.samples import received
from tests.tokens import asking, settings

LOT = InventoryReceived(
    seller_id="s-1",
    product_id="p-1",
    lot_id="lot-1",
    units=1_000,
    manufactured_on=date(2025, 1, 1),
    received_at=datetime(2025, 1, 2, tzinfo=UTC),
)


@pytest.fixture
def app(fresh_database: str) -> FastAPI:
    return build(BLUEPRINT, settings(fresh_database))


@pytest.fixture
def http(app: FastAPI, engine: Engine) -> Iterator[TestClient]:
    with asking(app) as http:
        arrive(engine, LOT)
        yield http


def arrive(engine: Engine, *lots: InventoryReceived) -> None:
    """Let facts of stock become known, each its own."""
    for lot in lots:
        with engine.begin() as db:
            project_stock_movements([received(lot, int(lot.lot_id[4:]))], db)


def late(lot_id: str, units: int) -> InventoryReceived:
    """A lot of the same day that nobody had told of; it costs its part of March."""
    return LOT.model_copy(update={"lot_id": lot_id, "units": units})


def adjustments(engine: Engine) -> list[int]:
    """What was put right, in the order in which it was recorded."""
    sql = "SELECT (data->>'cents')::int FROM events WHERE type LIKE %s ORDER BY append_seq"
    with engine.connect() as db:
        rows = driver(db).execute(sql, ("billing.store-fee-adjusted%",))
        return [cents for (cents,) in rows]


def run(http: TestClient, month: object, key: str = "k-1") -> tuple[int, Any]:
    answer = http.post(
        "/store-fee-runs", json={"month": month}, headers={"Idempotency-Key": key}
    )
    return answer.status_code, answer.json()


def test_a_months_fees_open_to_their_days(http: TestClient) -> None:
    answer = http.get("/store-fees/2025-04", params={"explain": True}).json()

    assert answer["lines"] == [
        {
            "seller_id": "s-1",
            "product_id": "p-1",
            "unit_days": 30_000,
            "days_in_month": 30,
            "cents": 20_000,
        }
    ]
    assert sum(day["units"] for day in answer["days"] if day["chargeable"]) == 30_000


def test_fees_say_by_what_terms_and_whether_the_month_is_over(http: TestClient) -> None:
    then, ahead, before = (
        http.get(f"/store-fees/{month}").json()
        for month in ("2025-04", "2999-01", "1999-01")
    )

    assert (then["rate_cents"], then["free_days"], then["over"]) == (20, 60, True)
    assert ahead["over"] is False
    assert (before["rate_cents"], before["free_days"]) == (None, None)


def test_a_run_names_the_months_that_it_puts_right(http: TestClient) -> None:
    _, first = run(http, "2025-05", "k-1")
    _, second = run(http, "2025-06", "k-2")

    # March and April were never closed: the run for May settles what they owe.
    assert first["re_rated"] == {"s-1": ["2025-03", "2025-04"]}
    assert second["re_rated"] == {}


def test_a_month_in_which_all_is_free_has_no_line(http: TestClient) -> None:
    assert http.get("/store-fees/2025-02").json()["lines"] == []


def test_a_run_charges_once_whatever_it_is_called(http: TestClient) -> None:
    first = run(http, "2025-03", "k-1")
    again = run(http, "2025-03", "k-1")
    another = run(http, "2025-03", "k-2")

    # 30 of the 31 days: free until the 1st of March, 60 days after manufacture.
    charged = {"sellers": 1, "charged_cents": 19_355, "adjusted_cents": 0, "re_rated": {}}
    assert first == again == another == (200, {"month": "2025-03", **charged})


def test_a_run_asked_for_again_is_answered_as_it_was_then(
    http: TestClient, engine: Engine
) -> None:
    run(http, "2025-03", "k-1")
    arrive(engine, late("lot-2", 100))
    first = run(http, "2025-03", "k-2")
    arrive(engine, late("lot-3", 10))
    run(http, "2025-04", "k-3")

    again = run(http, "2025-03", "k-2")

    assert again == first
    assert first[1]["adjusted_cents"] == 1_935
    assert first[1]["re_rated"] == {"s-1": ["2025-03"]}


def test_a_key_of_a_run_for_another_month_is_refused(http: TestClient) -> None:
    run(http, "2025-03", "k-1")

    status, body = run(http, "2025-04", "k-1")

    assert (status, body["type"]) == (409, "idempotency-key-reused")


def test_a_run_that_is_taken_up_again_tells_all_that_was_done_under_its_key(
    http: TestClient, engine: Engine
) -> None:
    run(http, "2025-03", "k-1")
    arrive(engine, late("lot-2", 100))
    first = run(http, "2025-03", "k-2")
    with engine.begin() as db:  # as if it had died before it could reply
        driver(db).execute("DELETE FROM answered_requests WHERE key = 'k-2'")

    again = run(http, "2025-03", "k-2")

    assert again == first
    assert adjustments(engine) == [1_935]


@dataclass(frozen=True)
class Held:
    """Streams whose first writer waits until it is let go."""

    streams: Streams
    reached: Event = field(default_factory=Event)
    let_go: Event = field(default_factory=Event)

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        if not self.reached.is_set():
            self.reached.set()
            self.let_go.wait()
        return self.streams.submit(requests)


def somebody_waits(engine: Engine) -> bool:
    sql = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with engine.connect() as db:
        return driver(db).execute(sql).fetchone() is not None


def test_of_two_runs_at_once_the_second_waits_and_nothing_is_taken_back(
    http: TestClient, app: FastAPI, engine: Engine
) -> None:
    run(http, "2025-03", "k-1")
    held = app.state.streams = Held(app.state.streams)
    arrive(engine, late("lot-2", 100))

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(run, http, "2025-03", "k-2")
        held.reached.wait()
        arrive(engine, late("lot-3", 10))
        quick = pool.submit(run, http, "2025-03", "k-3")
        while not (somebody_waits(engine) or quick.done()):
            pass
        held.let_go.set()
        done = slow.result(), quick.result()

    assert adjustments(engine) == [1_935, 194]
    assert [said["adjusted_cents"] for _, said in done] == [1_935, 1_935 + 194]
    owed = http.get("/store-fees/2025-03").json()["lines"][0]["cents"]
    assert owed == 19_355 + 1_935 + 194


def test_a_run_that_waits_too_long_is_told_to_ask_again(
    http: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "RUN_WAIT_S", 0.1)
    with queries.one_at_a_time(engine):
        status, body = run(http, "2025-03", "k-1")

    assert (status, body["type"]) == (409, "run-under-way")
    assert run(http, "2025-03", "k-1")[0] == 200


@pytest.mark.parametrize("month", ["2025-13", "2025-3", "March", "2025-03-01", ""])
def test_a_month_that_is_none_is_refused_and_named(http: TestClient, month: str) -> None:
    status, body = run(http, month)

    assert (status, body["type"]) == (422, "month-unreadable")
    assert repr(month) in body["detail"]


def test_a_month_with_days_to_come_is_not_charged(http: TestClient) -> None:
    status, body = run(http, "2999-01")

    assert (status, body["type"]) == (409, "month-not-over")


def test_a_run_without_a_key_is_refused(http: TestClient) -> None:
    answer = http.post("/store-fee-runs", json={"month": "2025-03"})

    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]
