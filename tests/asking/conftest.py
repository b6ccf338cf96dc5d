"""All services on databases of their own, with something of two sellers in each."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from contracts.catalog import InventoryReceived
from contracts.performance import Claim
from kit.blueprint import Blueprint
from kit.database import connect, driver
from kit.eventstore.streams import transact
from kit.process import prepare
from kit.serving import build
from services.billing.app import BLUEPRINT as BILLING
from services.billing.projections import project_stock_movements
from services.buyers.app import BLUEPRINT as BUYERS
from services.catalog.app import BLUEPRINT as CATALOG
from services.orders.app import BLUEPRINT as ORDERS
from services.performance.app import BLUEPRINT as PERFORMANCE
from services.performance.commands import FileAppeal, SubmitPlan
from services.performance.consumers import OBLIGATIONS
from services.performance.handlers import to_request
from services.performance.queries.appeals import known_and_checked
from tests.asking.operations import CLAIM
from tests.infrastructure import drop_database, new_database
from tests.performance.standings import found as finding
from tests.performance.world import AS_OF
from tests.samples import ACCEPTED, PLACED, received
from tests.tokens import OPERATOR, settings

SELLERS: Final = {"s-1": "1", "s-2": "2"}
AT: Final = {"at": "2026-03-06T18:00:00Z"}
_numbers: Final = count()


class Services:
    """The services' apps by name, and what is recorded in all of them."""

    def __init__(self, apps: Mapping[str, FastAPI]) -> None:
        self.apps = apps

    def client(self, service: str, headers: Mapping[str, str]) -> TestClient:
        """Return a client that the lifespan of the app does not hang on."""
        return TestClient(self.apps[service], headers=dict(headers), follow_redirects=False)

    def recorded(self) -> list[tuple[str, int]]:
        return [(name, _facts(app.state.engine)) for name, app in self.apps.items()]


def _facts(engine: Engine) -> int:
    with engine.connect() as db:
        (found,) = driver(db).execute("SELECT count(*) FROM events").fetchone() or (0,)
    return int(found)


def _started(blueprint: Blueprint, url: str) -> FastAPI:
    """Return the app, without the parts of it that need a broker."""
    engine = connect(url)
    prepare(engine, blueprint)
    engine.dispose()
    return build(replace(blueprint, foreign=(), warm_up=None), settings(url))


@pytest.fixture(scope="session")
def services(postgres_url: str) -> Iterator[Services]:
    made = {}
    with ExitStack() as stack:
        for blueprint in (ORDERS, CATALOG, BUYERS, PERFORMANCE, BILLING):
            url = new_database(postgres_url)
            stack.callback(drop_database, postgres_url, url)
            app = made[blueprint.name] = _started(blueprint, url)
            stack.enter_context(TestClient(app))
        found = Services(made)
        for seller_id, number in SELLERS.items():
            _fill(found, seller_id, number)
        yield found


def _fill(services: Services, seller_id: str, number: str) -> None:
    """Let a seller have an order, a shipment, a product and a stock, and be known of."""
    order = {"order_id": f"o-{number}"}
    line = {"line_id": "l-1", "quantity": 2}
    placing = {
        **order,
        "seller_id": seller_id,
        "buyer_id": f"b-{number}",
        "lines": [line | {"product_id": "p-1", "title": "Mug", "unit_price_cents": 2_100}],
        "currency": "USD",
        "payment_method": "card",
        "ship_to_country": "US",
        "ship_by": "2026-03-11T18:00:00Z",
    }
    shipping = {
        **order,
        "shipment_id": f"h-{number}",
        "lines": [line | {"quantity": 1}],
        "carrier": "UPS",
        "shipped_by": "seller",
        "shipped_at": "2026-03-09T10:00:00Z",
    }
    customer = {"customer_id": f"c-{number}", "customer_link": "created"}
    _tell(services, "orders", "place-order", placing)
    _tell(services, "orders", "accept-order", order | customer)
    _tell(services, "orders", "save-shipment", shipping)
    product = {"seller_id": seller_id, "product_id": f"p-{number}"}
    lot = {"lot_id": "lot-1", "units": 9, "manufactured_on": "2026-01-05"}
    _tell(services, "catalog", "list-product", product | {"title": "Mug"})
    _tell(services, "catalog", "receive-inventory", product | lot)
    _let_meet(services, seller_id, number)
    _export(services, seller_id, number)
    _come_to_know(services, seller_id, int(number))
    _suspend(services, seller_id, number)


def _let_meet(services: Services, seller_id: str, number: str) -> None:
    """Let a seller and a buyer have a request, a customer and a conversation."""
    both = {"seller_id": seller_id, "buyer_id": f"b-{number}"}
    customer = {"seller_id": seller_id, "customer_id": f"c-{number}", "name": "Shop"}
    message = {"conversation_id": f"v-{number}", "message_id": f"m-{number}", "text": "?"}
    _tell(services, "buyers", "request-access", both | {"request_id": f"r-{number}"})
    _tell(services, "buyers", "create-customer", customer)
    _tell(services, "buyers", "write-to-seller", both | message)


def _export(services: Services, seller_id: str, number: str) -> None:
    key = {"Idempotency-Key": export_key(number)}
    client = services.client("orders", OPERATOR | key)
    begun = client.post("/order-exports", json={"seller_id": seller_id}).json()
    assert begun["export_id"] == export_id(number), begun


def export_key(number: str) -> str:
    return f"given-export-{number}"


def export_id(number: str) -> str:
    """The id of the export that a seller has, or nobody."""
    return str(uuid5(NAMESPACE_URL, f"order-export/{export_key(number)}"))


def _tell(services: Services, service: str, command: str, said: Mapping[str, Any]) -> None:
    bulk = {
        "commands": [{"key": f"given-{next(_numbers)}", "command": command, **said, **AT}]
    }
    answer = services.client(service, OPERATOR).post("/commands", json=bulk).json()
    assert answer["results"][0]["outcome"] == "recorded", answer


def _come_to_know(services: Services, seller_id: str, number: int) -> None:
    whose = {"seller_id": seller_id, "order_id": f"o-{number}"}
    facts = [PLACED.model_copy(update=whose), ACCEPTED.model_copy(update=whose)]
    lot = InventoryReceived(
        seller_id=seller_id,
        product_id=f"p-{number}",
        lot_id="lot-1",
        units=1_000,
        manufactured_on=date(2025, 1, 1),
        received_at=datetime(2025, 1, 2, tzinfo=UTC),
    )
    with services.apps["performance"].state.engine.begin() as db:
        told = [
            received(f, 10 * number + n, whose["order_id"]) for n, f in enumerate(facts)
        ]
        OBLIGATIONS.handler(told, db)
    with services.apps["billing"].state.engine.begin() as db:
        project_stock_movements([received(lot, number)], db)


def _suspend(services: Services, seller_id: str, number: str) -> None:
    """Let a seller be suspended, and have a plan and an appeal that wait."""
    app = services.apps["performance"]
    review = replace(finding("limit", very_poor=True), seller_id=seller_id)
    words: dict[str, Any] = {"seller_id": seller_id, "statement": "More hands", "at": AS_OF}
    transact(app.state.streams, to_request(review))
    with app.state.engine.connect() as db:
        sql = "SELECT event_id::text FROM events WHERE stream_id = %s AND version = 2"
        row = driver(db).execute(sql, (f"standing-{seller_id}",)).fetchone()
    plan = SubmitPlan(plan_id=f"n-{number}", **words)
    against = row[0] if row else ""
    appeal = FileAppeal(
        appeal_id=f"a-{number}",
        against=against,
        claims=(Claim.model_validate(CLAIM),),
        **words,
    )
    with app.state.engine.connect() as db:
        written_out = known_and_checked(appeal, db)
    for command in (plan, written_out):
        transact(app.state.streams, to_request(command))
