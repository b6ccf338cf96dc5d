"""Catalog over HTTP, on a real database."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from kit.eventstore.history import History
from kit.eventstore.records import Recorded
from kit.readmodels.own import verify_own
from kit.serving import build
from services.catalog.app import BLUEPRINT
from tests.catalog.stored import StoredCatalog
from tests.samples import (
    ACCEPTED,
    APPROVED,
    CANCELLED,
    FRIDAY,
    MONDAY,
    PLACED,
    RULE_SET,
    SATURDAY,
)
from tests.tokens import asking, bearing, settings

MUG: dict[str, Any] = {"title": "Mug", "image_count": 2, "description_chars": 300}
LOT = {"lot_id": "lot-1", "units": 10, "manufactured_on": "2026-01-05"}
P1 = "/sellers/s-1/products/p-1"


@pytest.fixture
def catalog(fresh_database: str) -> Iterator[StoredCatalog]:
    made = StoredCatalog(fresh_database)
    yield made
    made.engine.dispose()


@pytest.fixture
def http(catalog: StoredCatalog) -> Iterator[TestClient]:
    with asking(build(BLUEPRINT, settings(catalog.url))) as client:
        yield client


def post(http: TestClient, path: str, body: object = None) -> tuple[int, Any]:
    answer = http.post(path, json=body, headers={"Idempotency-Key": f"{path} {body}"})
    return answer.status_code, answer.json()


def reserve(http: TestClient, order_id: str, **units: int) -> tuple[int, Any]:
    lines = [{"product_id": f"p-{p[1:]}", "units": n} for p, n in units.items()]
    body = {"seller_id": "s-1", "order_id": order_id, "lines": lines}
    answer = http.post("/reservations", json=body)
    return answer.status_code, answer.json()


class TestListings:
    def test_a_listing_shows_its_points_and_what_is_missing(self, http: TestClient) -> None:
        post(http, f"{P1}/listing", MUG)

        found = http.get(f"{P1}/listing").json()["completeness"]

        assert found["points"] == 45
        assert [one["fields"] for one in found["missing"]] == [
            ["length_mm", "width_mm", "height_mm"],
            ["weight_g"],
            ["image_count"],
        ]

    def test_a_seller_sees_all_listings_a_page_at_a_time(self, http: TestClient) -> None:
        for n in range(5):
            post(http, f"/sellers/s-1/products/p-{n}/listing", MUG)
        post(http, "/sellers/s-1/products/p-2/delisting")
        post(http, "/sellers/s-2/products/p-9/listing", MUG)

        pages, after = [], ""
        while after is not None:
            asked = {"limit": 2} | ({"after": after} if after else {})
            page = http.get("/sellers/s-1/listings", params=asked).json()
            pages.append([(one["product_id"], one["state"]) for one in page["listings"]])
            after = page["next"]

        assert pages == [
            [("p-0", "listed"), ("p-1", "listed")],
            [("p-2", "delisted"), ("p-3", "listed")],
            [("p-4", "listed")],
        ]


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
        assert told[2]["said"] == {"units": 4, "reason": "sold", "ref": "o-1"}
        assert told[2]["lots"] == {"lot-1": -4}
        assert rest["next"] is None

    @pytest.mark.parametrize("what", ["stock", "stock/history"])
    def test_what_was_never_stocked_is_not_found(self, http: TestClient, what: str) -> None:
        answer = http.get(f"{P1}/{what}")

        assert (answer.status_code, answer.json()["type"]) == (404, "never-stocked")

    @pytest.mark.parametrize("units", [-1, 1.5, "7", 2**63, None])
    def test_a_count_is_a_number_of_units(self, http: TestClient, units: object) -> None:
        status, body = post(http, f"{P1}/counts", {"units": units})

        assert (status, body["errors"][0]["field"]) == (422, "units")


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


class TestBrowsing:
    @pytest.fixture(autouse=True)
    def for_sale(self, http: TestClient) -> None:
        for seller in ("s-1", "s-2"):
            for n in range(3):
                post(http, f"/sellers/{seller}/products/p-{n}/listing", MUG)

    def page(self, http: TestClient, **asked: str) -> tuple[list[str], str | None]:
        said = http.get("/browse", params={"buyer_id": "b-1", "limit": "2", **asked}).json()
        return [f"{p['seller_id']}/{p['product_id']}" for p in said["products"]], said[
            "next"
        ]

    def seen(self, http: TestClient, **asked: str) -> list[str]:
        found, after = self.page(http, **asked)
        while after is not None:
            more, after = self.page(http, **(asked | {"after": after}))
            found += more
        return found

    def test_a_buyer_sees_what_is_for_sale_the_newest_first(self, http: TestClient) -> None:
        post(http, "/sellers/s-1/products/p-1/delisting")

        assert self.seen(http) == ["s-2/p-2", "s-2/p-1", "s-2/p-0", "s-1/p-2", "s-1/p-0"]
        assert self.seen(http, seller_id="s-1") == ["s-1/p-2", "s-1/p-0"]

    def test_of_a_gated_seller_a_buyer_sees_nothing_without_approval(
        self, http: TestClient, catalog: StoredCatalog
    ) -> None:
        catalog.hear(RULE_SET, topic="buyers.v1")
        assert self.seen(http) == ["s-2/p-2", "s-2/p-1", "s-2/p-0"]

        catalog.hear(APPROVED, topic="buyers.v1")
        assert len(self.seen(http)) == 6
        assert len(self.seen(http, buyer_id="b-2")) == 3

    def test_a_seller_who_opens_up_is_seen_by_everybody(
        self, http: TestClient, catalog: StoredCatalog
    ) -> None:
        opened = RULE_SET.model_copy(update={"approval_required": False, "set_at": MONDAY})
        catalog.hear(RULE_SET, opened, topic="buyers.v1")

        assert len(self.seen(http, buyer_id="b-2")) == 6

    def test_what_is_listed_meanwhile_neither_repeats_nor_hides_anything(
        self, http: TestClient
    ) -> None:
        first, after = self.page(http)
        post(http, "/sellers/s-3/products/p-0/listing", MUG)
        rest = self.seen(http, after=str(after))

        assert len({*first, *rest}) == len([*first, *rest]) == 6
        assert "s-3/p-0" not in [*first, *rest]

    def test_units_on_hand_are_shown_where_stock_is_kept(self, http: TestClient) -> None:
        post(http, f"{P1}/receipts", LOT)
        products = http.get("/browse", params={"buyer_id": "b-1"}).json()["products"]

        available = {(p["seller_id"], p["product_id"]): p["available"] for p in products}
        assert (available["s-1", "p-1"], available["s-1", "p-2"]) == (10, None)

    @pytest.mark.parametrize("after", ["x", "", "W10", "%00", "W251bGxd"])
    def test_a_place_that_no_page_ended_at_is_refused(
        self, http: TestClient, after: str
    ) -> None:
        answer = http.get("/browse", params={"buyer_id": "b-1", "after": after})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


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
