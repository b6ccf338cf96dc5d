"""Stock and reservations over HTTP, on a real database."""

from typing import Any, Final, cast

import pytest
from fastapi.testclient import TestClient

from kit.eventstore.history import History
from kit.eventstore.records import Recorded
from kit.readmodels.own import verify_own
from services.catalog.app import BLUEPRINT
from tests.catalog.client import LOT, MUG, P1, post, tell
from tests.catalog.stored import StoredCatalog
from tests.samples import ACCEPTED, CANCELLED, FRIDAY, PLACED, SATURDAY
from tests.tokens import bearing

MOVEMENTS: Final[dict[str, dict[str, Any]]] = {
    "receipts": LOT | {"units": 2},
    "deductions": {"units": 2, "reason": "damaged"},
    "restorations": {"units": 2, "reason": "returned"},
}


def reserve(http: TestClient, order_id: str, **units: int) -> tuple[int, Any]:
    lines = [{"product_id": f"p-{p[1:]}", "units": n} for p, n in units.items()]
    body = {"seller_id": "s-1", "order_id": order_id, "version": 1, "lines": lines}
    answer = http.post("/reservations", json=body)
    return answer.status_code, answer.json()


class TestStock:
    def test_stock_shows_its_lots_and_what_is_set_aside(self, http: TestClient) -> None:
        newer = {**LOT, "lot_id": "lot-2", "manufactured_on": "2026-02-01", "units": 5}
        for lot in (newer, LOT):
            post(http, f"{P1}/receipts", lot)
        reserve(http, "o-1", p1=12)

        found = http.get(f"{P1}/stock").json()

        assert (found["on_hand"], found["set_aside"]) == (3, {"o-1": 12})
        left = {lot: said["on_hand"] for lot, said in found["lots"].items()}
        assert left == {"lot-1": 0, "lot-2": 3}

    def test_a_count_brings_stock_to_what_was_counted(self, http: TestClient) -> None:
        post(http, f"{P1}/receipts", LOT)

        assert post(http, f"{P1}/counts", {"units": 7, "ref": "spring"})[0] == 200
        found = http.get(f"{P1}/stock").json()

        assert (found["on_hand"], found["deducted_units"]) == (7, 3)
        assert found["last_counted_at"] is not None

    def test_the_history_tells_movements_from_the_last_on(self, http: TestClient) -> None:
        post(http, f"{P1}/receipts", LOT)
        reserve(http, "o-1", p1=4)
        post(http, f"{P1}/counts", {"units": 7})

        first = http.get(f"{P1}/stock/history", params={"limit": 3}).json()
        asked = {"limit": 3, "after": first["next"]}
        rest = http.get(f"{P1}/stock/history", params=asked).json()

        told = [*first["movements"], *rest["movements"]]
        assert [(m["type"].split(".")[1], m["change"], m["on_hand"]) for m in told] == [
            ("inventory-restored", 1, 7),
            ("inventory-counted", 0, 6),
            ("inventory-deducted", -4, 6),
            ("inventory-received", 10, 10),
        ]
        said = {"units": 4, "reason": "sold", "ref": "o-1", "order_id": "o-1"}
        assert told[2]["said"] == said
        assert told[2]["lots"] == {"lot-1": -4}
        assert rest["next"] is None

    def test_pages_of_the_history_say_together_what_all_of_it_says(
        self, http: TestClient
    ) -> None:
        for units in (3, 5):
            post(http, f"{P1}/receipts", {**LOT, "lot_id": f"lot-{units}", "units": units})
        told = {"units": 1, "reason": "sold", "ref": "till"}
        for at in ("2026-03-04T18:00:00Z", "2020-01-01T00:00:00Z", "2026-03-05T18:00:00Z"):
            assert tell(http, "deduct-inventory", **told, at=at)["outcome"] == "recorded"
        whole = http.get(f"{P1}/stock/history").json()["movements"]

        pages: list[list[Any]] = []
        after = None
        while not pages or after:
            asked = {"limit": 2} | ({"after": after} if after else {})
            page = http.get(f"{P1}/stock/history", params=asked).json()
            pages.append(page["movements"])
            after = page["next"]

        assert [len(page) for page in pages] == [2, 2, 1]
        assert [one for page in pages for one in page] == whole
        assert [one["on_hand"] for one in whole][-1] == -1
        assert whole[0]["on_hand"] == 5

    @pytest.mark.parametrize("what", ["stock", "stock/history"])
    def test_what_was_never_stocked_is_not_found(self, http: TestClient, what: str) -> None:
        answer = http.get(f"{P1}/{what}")

        assert (answer.status_code, answer.json()["type"]) == (404, "never-stocked")

    @pytest.mark.parametrize("units", [-1, 1.5, "7", 2**63, None])
    def test_a_count_is_a_number_of_units(self, http: TestClient, units: object) -> None:
        status, body = post(http, f"{P1}/counts", {"units": units})

        assert (status, body["errors"][0]["field"]) == (422, "units")

    @pytest.mark.parametrize("units", [0, -1, 1.5, "7", True, 2**31, 2**63, None])
    @pytest.mark.parametrize("movement", MOVEMENTS)
    def test_what_moves_is_a_whole_number_of_units(
        self, http: TestClient, movement: str, units: object
    ) -> None:
        post(http, f"{P1}/receipts", LOT)

        said = MOVEMENTS[movement] | {"units": units}
        status, body = post(http, f"{P1}/{movement}", said)

        assert status == 422
        assert [error["field"] for error in body["errors"]] == ["units"]
        assert http.get(f"{P1}/stock").json()["on_hand"] == 10

    @pytest.mark.parametrize("movement", MOVEMENTS)
    def test_a_key_names_one_movement_alone(self, http: TestClient, movement: str) -> None:
        post(http, f"{P1}/receipts", LOT)
        key, said = {"Idempotency-Key": "once"}, MOVEMENTS[movement]
        path = f"{P1}/{movement}"
        first, again = (http.post(path, json=said, headers=key).json() for _ in range(2))
        left = http.get(f"{P1}/stock").json()["on_hand"]

        other = http.post(path, json=said | {"units": 3}, headers=key)

        assert first == again
        assert (other.status_code, other.json()["type"]) == (409, "idempotency-key-reused")
        assert http.get(f"{P1}/stock").json()["on_hand"] == left


class TestReservations:
    def test_what_an_order_needs_is_set_aside_once(self, http: TestClient) -> None:
        post(http, f"{P1}/receipts", LOT)

        answers = [reserve(http, "o-1", p1=4, p9=2) for _ in range(3)]

        assert answers == [(200, {"order_id": "o-1", "units": {"p-1": 4}})] * 3
        assert http.get(f"{P1}/stock").json()["on_hand"] == 6

    def test_what_is_set_aside_was_asked_for_by_who_asked(
        self, http: TestClient, catalog: StoredCatalog
    ) -> None:
        http.headers.update(bearing("service", "orders"))
        post(http, f"{P1}/receipts", LOT)
        reserve(http, "o-1", p1=2)

        facts = History(catalog.engine).events.get("inventory-s-1:p-1")
        actors = [cast("Recorded", fact).meta.get("actor") for fact in facts]
        assert actors == ["service:orders"] * 2

    def test_too_little_is_told_product_by_product(self, http: TestClient) -> None:
        post(http, f"{P1}/receipts", LOT)

        status, body = reserve(http, "o-1", p1=11)

        assert (status, body["type"]) == (409, "insufficient-stock")
        assert body["short"] == [{"product_id": "p-1", "units": 11, "on_hand": 10}]

    def test_an_order_that_ended_gets_nothing(
        self, http: TestClient, catalog: StoredCatalog
    ) -> None:
        catalog.hear(PLACED, CANCELLED)

        status, body = reserve(http, "o-1", p1=1)

        assert (status, body["type"]) == (409, "order-ended")

    @pytest.mark.parametrize("units", [0, -1, 1.5, 2**63])
    def test_units_are_whole_and_at_least_one(self, http: TestClient, units: int) -> None:
        status, body = reserve(http, "o-1", p1=units)

        assert (status, body["type"]) == (422, "invalid-request")

    def test_who_waits_for_units_is_listed(
        self, http: TestClient, catalog: StoredCatalog
    ) -> None:
        post(http, f"{P1}/receipts", {**LOT, "units": 1})
        accepted = ACCEPTED.model_copy(update={"accepted_at": FRIDAY.replace(year=2036)})
        catalog.hear(PLACED, accepted)

        answer = http.get("/shortages", params={"seller_id": "s-1"}).json()

        assert [(one["order_id"], one["product_id"], one["units"]) for one in answer] == [
            ("o-1", "p-1", 1)
        ]


def test_read_models_hold_what_their_facts_say(
    http: TestClient, catalog: StoredCatalog
) -> None:
    post(http, f"{P1}/listing", MUG)
    post(http, f"{P1}/receipts", LOT)
    reserve(http, "o-1", p1=4)
    post(http, f"{P1}/counts", {"units": 7})
    catalog.hear(PLACED, CANCELLED.model_copy(update={"cancelled_at": SATURDAY}))

    found = verify_own(catalog.engine, BLUEPRINT.own[0])

    assert {one.table: one.equal for one in found} == {
        "listings": True,
        "stock": True,
        "set_aside": True,
    }
