from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from contracts.catalog import InventoryReceived
from kit.database import connect
from kit.serving import build
from kit.settings import Settings
from services.billing.app import BLUEPRINT
from services.billing.projections import project_stock_movements
from tests.samples import received

LOT = InventoryReceived(
    seller_id="s-1",
    product_id="p-1",
    lot_id="lot-1",
    units=1_000,
    manufactured_on=date(2025, 1, 1),
    received_at=datetime(2025, 1, 2, tzinfo=UTC),
)


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    settings = Settings.model_construct(
        database_url=fresh_database,
        kafka_bootstrap_servers="127.0.0.1:1",
        port=1,
        parts=frozenset({"api"}),
    )
    app = build(BLUEPRINT, settings)
    with TestClient(app) as http:
        engine = connect(fresh_database)
        with engine.begin() as db:
            project_stock_movements([received(LOT)], db)
        engine.dispose()
        yield http


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
