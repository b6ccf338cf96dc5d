"""What every command over HTTP has in common."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from kit.serving import build
from services.orders.app import BLUEPRINT
from tests.orders.test_api import PLACE, post
from tests.tokens import asking, bearing, settings

CROWD = 120


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    with asking(build(BLUEPRINT, settings(fresh_database))) as client:
        yield client


def test_a_trial_where_there_is_none_is_refused_and_not_carried_out(
    http: TestClient,
) -> None:
    post(http, "/orders", PLACE, "k-1")
    body = {"reason": "out_of_stock"}

    status, said = post(http, "/orders/o-1/rejection?dry_run=true", body, "k-2")

    assert (status, said["errors"][0]["field"]) == (422, "dry_run")
    assert http.get("/orders/o-1").json()["state"] == "open"


@pytest.mark.parametrize("order_id", ["a/b", "/", "a?b", "a#b", "a%2Fb", "a\\b", ".", ".."])
def test_an_id_that_no_path_could_name_is_refused(http: TestClient, order_id: str) -> None:
    status, said = post(http, "/orders", PLACE | {"order_id": order_id})

    assert (status, said["errors"][0]["field"]) == (422, "order_id")
    assert "leave out / ? #" in said["errors"][0]["reason"]


def test_keys_of_two_sellers_never_meet(http: TestClient) -> None:
    for number, seller in enumerate(("s", "s 1")):
        order = PLACE | {"order_id": f"o-{number}", "seller_id": seller}
        post(http, "/orders", order, f"k-{number}")

    def reject(seller: str, number: int, key: str) -> int:
        answer = http.post(
            f"/orders/o-{number}/rejection",
            json={"reason": "out_of_stock"},
            headers={"Idempotency-Key": key, **bearing("seller", seller)},
        )
        return answer.status_code

    assert (reject("s", 0, "1 k"), reject("s 1", 1, "k")) == (200, 200)


def test_a_crowd_of_readers_is_answered(http: TestClient) -> None:
    post(http, "/orders", PLACE)

    def read(_: int) -> int:
        return http.get("/orders/o-1").status_code

    with ThreadPoolExecutor(CROWD) as pool:
        assert set(pool.map(read, range(CROWD))) == {200}
