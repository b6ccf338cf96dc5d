"""A service that dies between its COMMIT and the reply: ask again, and be told."""

from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
import pytest

from market.ports import free_port
from market.waiting import wait_until
from tests.faults.load import bodies
from tests.faults.processes import PATIENCE_S, Child, Nursery
from tests.tokens import ENVIRONMENT, OPERATOR

KEY = {"Idempotency-Key": "k-1"}


@pytest.fixture
def service(children: Nursery, fresh_database: str) -> Iterator[Any]:
    """Start orders' API, doomed or not; returns the process and a client of it."""
    clients = []

    def start(module: str) -> tuple[Child, httpx2.Client]:
        port = free_port()
        child = children.start(
            module,
            DATABASE_URL=fresh_database,
            KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
            PORT=str(port),
            PARTS="api",
            **ENVIRONMENT,
        )
        url = f"http://127.0.0.1:{port}"
        client = httpx2.Client(base_url=url, headers=OPERATOR, timeout=30)
        clients.append(client)
        wait_until(
            lambda: _alive(client),
            what=module,
            within_s=PATIENCE_S,
            alive=lambda: None if child.process.poll() is None else child.log.read_text(),
        )
        return child, client

    yield start
    for client in clients:
        client.close()


def _alive(client: httpx2.Client) -> bool:
    try:
        return client.get("/health").status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False


def placing() -> dict[str, Any]:
    body = bodies("o-1", "s-1")[0] | {"ship_by": "2100-01-04T18:00:00Z"}
    return {k: v for k, v in body.items() if k not in {"key", "command", "at"}}


def types(url: str) -> list[str]:
    with psycopg.connect(url) as db:
        return [name for (name,) in db.execute("SELECT type FROM events ORDER BY version")]


def test_an_order_that_was_placed_and_not_answered_is_placed_once(
    service: Any,  # noqa: ANN401 - as the fixture says
    fresh_database: str,
) -> None:
    doomed, client = service("tests.faults.doomed_service")
    with pytest.raises(httpx2.TransportError):
        client.post("/orders", json=placing(), headers=KEY)
    doomed.wait_killed()
    assert types(fresh_database) == ["orders.order-placed.v1"]

    _, client = service("services.orders.app")
    again = [client.post("/orders", json=placing(), headers=KEY) for _ in range(2)]

    assert [(reply.status_code, reply.json()) for reply in again] == [
        (200, {"version": 1})
    ] * 2
    assert types(fresh_database) == ["orders.order-placed.v1"]


def test_commands_in_bulk_that_were_carried_out_and_not_answered_change_nothing_again(
    service: Any,  # noqa: ANN401 - as the fixture says
    fresh_database: str,
) -> None:
    asked = {"commands": bodies("o-1", "s-1")}
    doomed, client = service("tests.faults.doomed_service")
    with pytest.raises(httpx2.TransportError):
        client.post("/commands", json=asked)
    doomed.wait_killed()
    recorded = types(fresh_database)

    _, client = service("services.orders.app")
    results = client.post("/commands", json=asked).json()["results"]

    assert {each["outcome"] for each in results} == {"unchanged"}
    assert types(fresh_database) == recorded
    assert len(recorded) == 4
