"""Requests that no description leads to: they are refused, and nothing breaks."""

import json
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.apis.described import SERVED
from tests.tokens import asking

RECEIVING = {"lot_id": "lot-1", "units": 1, "manufactured_on": "2026-01-05"}
RECEIPTS = "/sellers/s-1/products/p-1/receipts"


@pytest.fixture
def http() -> TestClient:
    return asking(cast("FastAPI", SERVED["catalog"].app))


def said(body: object) -> dict[str, Any]:
    """A body as its bytes are written, half characters too."""
    return {
        "content": json.dumps(body) if not isinstance(body, bytes) else body,
        "headers": {"Content-Type": "application/json", "Idempotency-Key": "odd"},
    }


@pytest.mark.parametrize("key", ["a\0b", "\ud800", "", "x" * 201, 7, None])
def test_a_key_that_cannot_be_kept_is_refused_with_its_command(
    key: object, http: TestClient
) -> None:
    told = {"key": key, "command": "receive-inventory", "seller_id": "s-1"}
    more = {"product_id": "p-1", "at": "2026-03-06T18:00:00Z"} | RECEIVING

    answer = http.post("/commands", **said({"commands": [told | more]}))

    (result,) = answer.json()["results"]
    assert result["outcome"] == "refused"
    assert result["problem"]["detail"].startswith("key: ")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (RECEIVING | {"lot_id": "\ud800"}, 422),
        (RECEIVING | {"\ud800": 1}, 422),
        (RECEIVING | {"lot_id": "a\0b"}, 422),
        (RECEIVING | {"units": float("nan")}, 422),
        (RECEIVING | {"units": 10**400}, 422),
        (b'{"lot_id": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"units": ' + b"9" * 5_000 + b"}", 400),
        (b"{", 422),
        (b"", 422),
    ],
)
def test_a_body_that_says_nothing_is_refused(
    body: object, status: int, http: TestClient
) -> None:
    answer = http.post(RECEIPTS, **said(body))

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/parked/orders.v1/a%00b",
        "/parked/a%00b/order-1",
        "/sellers/s-1/products/a%00b/listing",
        "/sellers/a%00b/products/p-1/stock",
        "/browse?buyer_id=a%00b",
    ],
)
def test_a_name_that_nothing_can_have_is_refused(path: str, http: TestClient) -> None:
    answer = http.get(path)

    assert (answer.status_code, answer.json()["type"]) == (422, "invalid-request")


def test_a_method_that_a_path_does_not_have_is_told_which_it_has(http: TestClient) -> None:
    answer = http.delete("/sellers/s-1/products/p-1/listing")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert answer.json()["type"] == "method-not-allowed"
