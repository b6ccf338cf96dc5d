"""Orders is killed around the COMMIT of an acceptance: asked again, its units are once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from market.ports import free_port
from market.waiting import wait_until
from tests.faults.processes import PATIENCE_S, Child, Nursery
from tests.orders.test_api import ACCEPT, PLACE
from tests.tokens import ENVIRONMENT, OPERATOR, token

RECEIPTS = "/sellers/s-1/products/p-1/receipts"
LOT = {"lot_id": "lot-1", "units": 3, "manufactured_on": "2026-01-05"}


@dataclass
class Two:
    """Orders and catalog, as processes on databases of their own."""

    children: Nursery
    stack: ExitStack
    databases: dict[str, str]
    ports: dict[str, int]
    token_file: Path

    def start(self, name: str, module: str, **told: str) -> tuple[Child, httpx2.Client]:
        child = self.children.start(
            module,
            DATABASE_URL=self.databases[name],
            KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
            PORT=str(self.ports[name]),
            PARTS="api",
            CATALOG_URL=f"http://127.0.0.1:{self.ports['catalog']}",
            SERVICE_TOKEN_FILE=str(self.token_file),
            **ENVIRONMENT,
            **told,
        )
        url = f"http://127.0.0.1:{self.ports[name]}"
        client = httpx2.Client(base_url=url, headers=OPERATOR, timeout=30)
        self.stack.enter_context(client)
        wait_until(
            lambda: _alive(client),
            what=module,
            within_s=PATIENCE_S,
            alive=lambda: None if child.process.poll() is None else child.log.read_text(),
        )
        return child, client

    def aside(self) -> list[tuple[str, int]]:
        sql = "SELECT order_id, units FROM live.set_aside"
        with psycopg.connect(self.databases["catalog"]) as db:
            return db.execute(sql).fetchall()

    def recorded(self) -> list[str]:
        with psycopg.connect(self.databases["orders"]) as db:
            found = db.execute("SELECT type FROM events ORDER BY version").fetchall()
        return [name.split(".")[1] for (name,) in found]


@pytest.fixture
def two(
    children: Nursery, fresh_databases: Callable[[], str], tmp_path: Path
) -> Iterator[Two]:
    names = ("orders", "catalog")
    file = tmp_path / "token"
    file.write_text(token("service", "orders"))
    with ExitStack() as stack:
        databases = {name: fresh_databases() for name in names}
        yield Two(children, stack, databases, {name: free_port() for name in names}, file)


def _alive(client: httpx2.Client) -> bool:
    try:
        return client.get("/health").is_success
    except httpx2.TransportError:
        return False


def ask(client: httpx2.Client, path: str, body: object) -> tuple[int, Any]:
    answer = client.post(path, json=body, headers={"Idempotency-Key": path})
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("doom", "recorded"),
    [
        ("before 2", ["order-placed"]),
        ("after 2", ["order-placed", "order-accepted"]),
    ],
)
def test_an_acceptance_that_was_not_answered_is_carried_out_once(
    two: Two, doom: str, recorded: list[str]
) -> None:
    catalog, http = two.start("catalog", "services.catalog.app")
    ask(http, RECEIPTS, LOT)
    doomed, client = two.start("orders", "tests.faults.doomed_service", DOOM=doom)
    assert ask(client, "/orders", PLACE) == (200, {"version": 1})
    with pytest.raises(httpx2.TransportError):
        ask(client, "/orders/o-1/acceptance", ACCEPT)
    doomed.wait_killed()
    assert (two.recorded(), two.aside()) == (recorded, [("o-1", 2)])

    _, client = two.start("orders", "services.orders.app")
    if doom.startswith("after"):
        catalog.end()  # what was done needs nobody to be told
    again = [ask(client, "/orders/o-1/acceptance", ACCEPT) for _ in range(2)]

    assert again == [(200, {"version": 2})] * 2
    assert two.recorded() == ["order-placed", "order-accepted"]
    assert two.aside() == [("o-1", 2)]
