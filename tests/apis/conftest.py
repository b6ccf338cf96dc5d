"""The services as they run, on databases of their own, with something in each."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from kit.database import connect
from kit.process import prepare
from kit.serving import build
from tests.apis.described import BLUEPRINTS, SERVED
from tests.apis.judged import let_a_seller_be_judged
from tests.infrastructure import drop_database, new_database
from tests.tokens import asking, settings

_LINE: Final = {"line_id": "l-1", "quantity": 5}
_ORDER: Final = {
    "order_id": "o-1",
    "seller_id": "s-1",
    "buyer_id": "b-1",
    "lines": [_LINE | {"product_id": "p-1", "title": "Mug", "unit_price_cents": 2_100}],
    "currency": "USD",
    "payment_method": "card",
    "ship_to_country": "US",
    "ship_by": "2026-03-11T18:00:00Z",
}
_SHIPMENT: Final = {
    "order_id": "o-1",
    "shipment_id": "h-1",
    "lines": [_LINE | {"quantity": 1}],
    "carrier": "a cart",
    "shipped_by": "seller",
    "shipped_at": "2026-03-09T10:00:00Z",
}
_SELLER: Final = {"seller_id": "s-1"}
_BOTH: Final = _SELLER | {"buyer_id": "b-1"}
_PRODUCT: Final = _SELLER | {"product_id": "p-1"}
_LOT: Final = {"lot_id": "lot-1", "units": 9, "manufactured_on": "2026-01-05"}
_CUSTOMER: Final = {"customer_id": "c-1", "customer_link": "created"}
_MESSAGE: Final = {"conversation_id": "v-1", "message_id": "m-1", "text": "?"}

THERE: Final[dict[str, list[tuple[str, dict[str, Any]]]]] = {
    "orders": [
        ("place-order", _ORDER),
        ("accept-order", {"order_id": "o-1"} | _CUSTOMER),
        ("save-shipment", _SHIPMENT),
    ],
    "catalog": [
        ("list-product", _PRODUCT | {"title": "Mug", "description": "Stoneware."}),
        ("receive-inventory", _PRODUCT | _LOT),
    ],
    "buyers": [
        ("request-access", _BOTH | {"request_id": "r-1"}),
        ("create-customer", _SELLER | {"customer_id": "c-1", "name": "Shop"}),
        ("write-to-seller", _BOTH | _MESSAGE),
    ],
}


@pytest.fixture(scope="package", autouse=True)
def serving(postgres_url: str) -> Iterator[None]:
    """Each service runs."""
    with ExitStack() as stack:
        for name, blueprint in BLUEPRINTS.items():
            url = new_database(postgres_url)
            stack.callback(drop_database, postgres_url, url)
            engine = connect(url)
            prepare(engine, blueprint)
            engine.dispose()
            # What others tell is on a broker; its tables are there all the same.
            app = build(replace(blueprint, foreign=()), settings(url))
            http = stack.enter_context(asking(app))
            if name in THERE:
                _tell(http, THERE[name])
            else:
                let_a_seller_be_judged(app)
            SERVED[name].app = app
        yield


def _tell(http: TestClient, told: list[tuple[str, dict[str, Any]]]) -> None:
    at = "2026-03-06T18:00:00Z"
    said = [
        {"key": f"there-{n}", "command": command, **fields, "at": at}
        for n, (command, fields) in enumerate(told)
    ]
    results = http.post("/commands", json={"commands": said}).json()["results"]
    assert {one["outcome"] for one in results} == {"recorded"}, results
