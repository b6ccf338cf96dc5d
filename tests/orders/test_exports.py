"""Orders as CSV: the whole table, however many parts, whoever wrote some of them."""

import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from kit.serving import build, now
from services.orders.app import BLUEPRINT
from services.orders.model.export_refusals import ExportsRunning
from services.orders.queries import exports
from services.orders.queries.table import Filter
from tests.orders.test_api import ACCEPT, PLACE, bulk, post
from tests.tokens import asking, settings

ASKED = {"seller_id": "s-1"}
EXPORT = UUID(int=1)


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    with asking(build(BLUEPRINT, settings(fresh_database))) as client:
        yield client


@pytest.fixture(autouse=True)
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PART", 4)


def place(http: TestClient, count: int, **changed: object) -> None:
    commands = [
        {**bulk(f"placed-{n}", "place-order", **PLACE), "order_id": f"o-{n:02}", **changed}
        for n in range(count)
    ]
    http.post("/commands", json={"commands": commands})


def written(http: TestClient, export_id: str) -> list[dict[str, Any]]:
    answer = http.get(f"/order-exports/{export_id}/csv", params=ASKED)
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(StringIO(answer.text)))


@pytest.mark.parametrize("count", [0, 3, 4, 10])
def test_an_export_has_each_order_once(http: TestClient, count: int) -> None:
    place(http, count)

    status, begun = post(http, "/order-exports", ASKED)
    export = http.get(f"/order-exports/{begun['export_id']}", params=ASKED).json()

    assert (status, begun["total"]) == (202, count)
    assert (export["state"], export["done"]) == ("done", count)
    rows = written(http, begun["export_id"])
    assert [row["order_id"] for row in rows] == [f"o-{n:02}" for n in range(count)]


@pytest.mark.usefixtures("http")
def test_no_more_exports_of_a_seller_run_at_once_than_may(engine: Engine) -> None:
    with engine.begin() as db:
        for number in range(exports.RUNNING):
            exports.begin(UUID(int=number), Filter(seller_id="s-1"), now(), db)
        exports.begin(UUID(int=0), Filter(seller_id="s-1"), now(), db)
        exports.begin(UUID(int=8), Filter(seller_id="s-2"), now(), db)

        with pytest.raises(ExportsRunning):
            exports.begin(UUID(int=9), Filter(seller_id="s-1"), now(), db)


@pytest.mark.usefixtures("http")
def test_a_file_is_forgotten_when_it_was_kept_for_long_enough(engine: Engine) -> None:
    with engine.begin() as db:
        exports.begin(UUID(int=1), Filter(seller_id="s-1"), now(), db)
        later = now() + exports.KEPT_FOR + timedelta(seconds=1)
        exports.begin(UUID(int=2), Filter(seller_id="s-2"), later, db)

        assert exports.progress(UUID(int=1), "s-1", db) is None


def test_an_export_has_what_the_filter_asks_for(http: TestClient) -> None:
    place(http, 3)
    post(http, "/orders/o-01/acceptance", ACCEPT, "k-accept")

    _, begun = post(http, "/order-exports", ASKED | {"state": ["accepted"]})

    (row,) = written(http, begun["export_id"])
    assert (row["order_id"], row["state"], row["total_cents"]) == (
        "o-01",
        "accepted",
        "4200",
    )


def test_the_same_request_begins_one_export(http: TestClient) -> None:
    first, again = (post(http, "/order-exports", ASKED) for _ in range(2))
    other = post(http, "/order-exports", ASKED | {"overdue": True})

    assert first[1]["export_id"] == again[1]["export_id"]
    assert (other[0], other[1]["type"]) == (409, "idempotency-key-reused")


def test_another_sellers_export_is_unknown(http: TestClient) -> None:
    _, begun = post(http, "/order-exports", ASKED)

    for path in ("", "/csv"):
        answer = http.get(
            f"/order-exports/{begun['export_id']}{path}", params={"seller_id": "s-2"}
        )
        assert (answer.status_code, answer.json()["type"]) == (404, "export-unknown")


def test_an_export_that_nobody_writes_any_more_is_gone_on_with(
    http: TestClient, engine: Engine
) -> None:
    place(http, 10)
    with engine.begin() as db:
        exports.begin(EXPORT, Filter(seller_id="s-1"), now(), db)
    exports._write_part(EXPORT, engine)  # noqa: SLF001 - and then its process died

    early = http.get(f"/order-exports/{EXPORT}/csv", params=ASKED)
    asked = http.get(f"/order-exports/{EXPORT}", params=ASKED).json()

    assert (early.status_code, early.json()["type"]) == (409, "export-not-ready")
    assert (asked["state"], asked["done"], asked["total"]) == ("running", 4, 10)
    assert len(written(http, str(EXPORT))) == 10


def test_several_who_write_one_export_write_it_once(
    http: TestClient, engine: Engine
) -> None:
    place(http, 30)
    with engine.begin() as db:
        exports.begin(EXPORT, Filter(seller_id="s-1"), now(), db)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            list(pool.map(lambda _: exports.finish(EXPORT, engine), range(4)))

    ids = [row["order_id"] for row in written(http, str(EXPORT))]
    assert ids == [f"o-{n:02}" for n in range(30)]


def test_what_a_spreadsheet_takes_for_a_formula_is_written_as_text(
    http: TestClient,
) -> None:
    place(http, 1, buyer_id='=cmd("x"),\n"y"')

    _, begun = post(http, "/order-exports", ASKED)

    (row,) = written(http, begun["export_id"])
    assert row["buyer_id"] == '\'=cmd("x"),\n"y"'
