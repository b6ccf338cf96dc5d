"""Listings over HTTP, on a real database."""

import pytest
from fastapi.testclient import TestClient

from tests.catalog.client import IMAGES, MUG, P1, post, tell
from tests.tokens import bearing

BLUE = MUG | {"title": "Blue mug", "images": [*IMAGES, "https://cdn.example/mug-3.jpg"]}
COUNTS = {"image_count": 2, "description_chars": 300}


def listing(http: TestClient) -> dict[str, object]:
    found: dict[str, object] = http.get(f"{P1}/listing").json()
    return found


class TestContent:
    def test_a_listing_shows_its_text_and_its_images(self, http: TestClient) -> None:
        post(http, f"{P1}/listing", MUG)

        found = listing(http)

        assert {name: found[name] for name in MUG} == MUG
        assert (found["image_count"], found["description_chars"]) == (2, 300)

    def test_a_listing_shows_its_points_and_what_is_missing(self, http: TestClient) -> None:
        post(http, f"{P1}/listing", MUG)

        found = http.get(f"{P1}/listing").json()["completeness"]

        assert found["points"] == 45
        assert [one["fields"] for one in found["missing"]] == [
            ["length_mm", "width_mm", "height_mm"],
            ["weight_g"],
            ["images"],
        ]

    @pytest.mark.parametrize("role", ["seller", "operator"])
    @pytest.mark.parametrize("field", COUNTS)
    def test_nobody_claims_more_than_they_show(
        self, http: TestClient, role: str, field: str
    ) -> None:
        if role == "seller":
            http.headers.update(bearing("seller", "s-1"))

        status, body = post(http, f"{P1}/listing", MUG | {field: COUNTS[field]})

        assert (status, body["errors"][0]["field"]) == (422, field)

    def test_of_what_was_listed_elsewhere_the_counts_are_enough(
        self, http: TestClient
    ) -> None:
        told = tell(http, "list-product", title="Mug", **COUNTS)
        found = listing(http)

        assert told["outcome"] == "recorded"
        assert {name: found[name] for name in COUNTS} == COUNTS
        assert (found["images"], found["description"]) == (None, None)

    def test_what_is_told_is_not_contradicted_by_its_counts(self, http: TestClient) -> None:
        told = tell(http, "list-product", **(MUG | COUNTS | {"image_count": 3}))

        assert told["outcome"] == "refused"
        assert told["problem"]["type"] == "invalid-request"
        assert told["problem"]["detail"].startswith("image_count: ")
        assert "`images` has 2" in told["problem"]["detail"]

    def test_what_a_seller_shows_replaces_what_was_only_counted(
        self, http: TestClient
    ) -> None:
        tell(http, "list-product", title="Mug", **COUNTS)

        assert post(http, f"{P1}/change", MUG, seen='"1"')[0] == 200
        assert listing(http)["images"] == IMAGES

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("images", ["http://cdn.example/1"]),
            ("images", ["https://cdn.example/1"] * 2),
            ("images", "https://cdn.example/1"),
            ("images", 3),
            ("description", "x" * 10_001),
            ("description", "\0"),
            ("description", None),
            ("title", "x" * 1_001),
            *(
                (f"{of}_{unit}", value)
                for of, unit in (("weight", "g"), ("length", "mm"))
                for value in (-1, 0.5, "7", 2**31, 2**63)
            ),
        ],
    )
    def test_bad_content_is_refused_by_the_name_of_its_field(
        self, http: TestClient, field: str, value: object
    ) -> None:
        status, body = post(http, f"{P1}/listing", MUG | {field: value})

        assert status == 422
        assert {error["field"].split(".")[0] for error in body["errors"]} == {field}

    def test_a_key_names_one_listing_alone(self, http: TestClient) -> None:
        key = {"Idempotency-Key": "k-1"}
        http.post(f"{P1}/listing", json=MUG, headers=key)

        again = http.post(f"{P1}/listing", json=MUG, headers=key)
        other = http.post(f"{P1}/listing", json=BLUE, headers=key)

        assert (again.status_code, again.json()) == (200, {"version": 1})
        assert (other.status_code, other.json()["type"]) == (409, "idempotency-key-reused")


class TestEdits:
    @pytest.fixture(autouse=True)
    def for_sale(self, http: TestClient) -> None:
        post(http, f"{P1}/listing", MUG)

    def test_what_was_read_is_named_to_change_it(self, http: TestClient) -> None:
        seen = http.get(f"{P1}/listing").headers["ETag"]

        status, body = post(http, f"{P1}/change", BLUE, seen=seen)

        assert (seen, status, body) == ('"1"', 200, {"version": 2})
        assert http.get(f"{P1}/listing").headers["ETag"] == '"2"'

    @pytest.mark.parametrize(("act", "said"), [("change", BLUE), ("delisting", None)])
    def test_who_saw_nothing_changes_nothing(
        self, http: TestClient, act: str, said: object
    ) -> None:
        status, body = post(http, f"{P1}/{act}", said)

        assert (status, body["type"]) == (428, "if-match-required")
        assert (listing(http)["version"], listing(http)["state"]) == (1, "listed")

    def test_of_two_who_change_at_once_one_is_told_what_changed(
        self, http: TestClient
    ) -> None:
        post(http, f"{P1}/change", BLUE, seen='"1"')

        status, body = post(http, f"{P1}/change", MUG | {"weight_g": 350}, seen='"1"')

        assert (status, body["type"], body["version"]) == (412, "changed", 2)
        (change,) = body["changed"]
        assert change["type"] == "catalog.product-changed.v1"
        assert change["fields"]["title"] == "Blue mug"
        assert listing(http)["weight_g"] is None

    def test_a_change_does_not_keep_a_product_on_sale(self, http: TestClient) -> None:
        post(http, f"{P1}/change", BLUE, seen='"1"')

        assert post(http, f"{P1}/delisting", seen='"1"') == (200, {"version": 3})

    def test_what_was_put_back_on_sale_meanwhile_stays_there(
        self, http: TestClient
    ) -> None:
        post(http, f"{P1}/delisting", seen='"1"')
        post(http, f"{P1}/listing", BLUE)

        status, body = post(http, f"{P1}/delisting", seen='"1"')

        assert (status, [one["version"] for one in body["changed"]]) == (412, [2, 3])
        assert listing(http)["state"] == "listed"

    def test_a_change_of_what_was_delisted_meanwhile_is_told_so(
        self, http: TestClient
    ) -> None:
        post(http, f"{P1}/delisting", seen='"1"')

        assert post(http, f"{P1}/change", BLUE, seen='"1"')[0] == 412
        assert post(http, f"{P1}/change", BLUE, seen='"2"')[1]["type"] == "product-delisted"

    @pytest.mark.parametrize("seen", ['"0"', '"1"', '"99"'])
    def test_what_was_never_listed_is_not_found_whatever_was_seen(
        self, http: TestClient, seen: str
    ) -> None:
        path = "/sellers/s-1/products/p-9"

        for act, said in (("change", MUG), ("delisting", None)):
            status, body = post(http, f"{path}/{act}", said, seen=seen)
            assert (status, body["type"]) == (404, "product-unknown")

    def test_a_trial_shows_the_points_and_changes_nothing(self, http: TestClient) -> None:
        status, body = post(http, f"{P1}/change?dry_run=true", BLUE | {"weight_g": 350})

        assert (status, body["version"], body["state"]) == (200, 1, "listed")
        assert body["completeness"]["points"] == 75
        assert [one["points"] for one in body["completeness"]["missing"]] == [25]
        assert listing(http)["version"] == 1

    def test_a_trial_of_delisting_shows_that_it_is_no_longer_for_sale(
        self, http: TestClient
    ) -> None:
        assert post(http, f"{P1}/delisting?dry_run=true") == (
            200,
            {"version": 1, "state": "delisted", "completeness": None},
        )
        assert listing(http)["state"] == "listed"


def test_a_seller_sees_all_listings_a_page_at_a_time(http: TestClient) -> None:
    for n in range(5):
        post(http, f"/sellers/s-1/products/p-{n}/listing", MUG)
    post(http, "/sellers/s-1/products/p-2/delisting", seen='"1"')
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
