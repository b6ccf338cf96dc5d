"""Orders and catalog, two services on databases of their own, that meet over HTTP."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from kit.database import driver
from kit.serving import build
from market.ports import free_port
from market.waiting import wait_until
from services.catalog.app import BLUEPRINT as CATALOG
from services.orders.app import BLUEPRINT as ORDERS
from tests.orders.test_api import ACCEPT, PLACE, post
from tests.tokens import asking, settings, token

LINE: dict[str, Any] = PLACE["lines"][0]


@dataclass
class Two:
    """Orders, which asks catalog for units; catalog may be away."""

    orders: TestClient
    app: FastAPI
    catalog: FastAPI
    port: int
    stock: Engine

    @contextmanager
    def catalog_there(self) -> Iterator[None]:
        """Let catalog answer for as long as this is open."""
        config = uvicorn.Config(self.catalog, port=self.port, log_config=None)
        server = uvicorn.Server(config)
        serving = threading.Thread(target=server.run)
        serving.start()
        try:
            wait_until(lambda: server.started, what="catalog", within_s=60)
            yield
        finally:
            server.should_exit = True
            serving.join()

    def receive(self, units: int, product_id: str = "p-1") -> None:
        """Put units in stock."""
        path = f"/sellers/s-1/products/{product_id}/receipts"
        lot = {"lot_id": "lot-1", "units": units, "manufactured_on": "2026-01-05"}
        with asking(self.catalog) as http:
            assert post(http, path, lot, f"receive-{product_id}")[0] == 200

    def place(self, *order_ids: str, quantity: int = 2, product_id: str = "p-1") -> None:
        for order_id in order_ids:
            line = LINE | {"quantity": quantity, "product_id": product_id}
            self.place_lines(order_id, [line])

    def place_lines(self, order_id: str, lines: Sequence[dict[str, Any]]) -> None:
        order = PLACE | {"order_id": order_id, "lines": lines}
        assert post(self.orders, "/orders", order, f"place-{order_id}")[0] == 200

    def accept(
        self,
        order_id: str = "o-1",
        key: str = "accept",
        by: TestClient | None = None,
    ) -> tuple[int, Any]:
        return post(by or self.orders, f"/orders/{order_id}/acceptance", ACCEPT, key)

    def accept_at_once(self, order_ids: Sequence[str]) -> list[tuple[int, Any]]:
        """Accept each of some orders, all at the same moment."""
        start = threading.Barrier(len(order_ids))

        def one(order_id: str) -> tuple[int, Any]:
            start.wait()
            return self.accept(order_id, f"accept-{order_id}")

        with ThreadPoolExecutor(len(order_ids)) as pool:
            return list(pool.map(one, order_ids))

    def change(
        self, quantity: int, seen: int, key: str, dry_run: str = "false"
    ) -> tuple[int, Any]:
        """Give the line of o-1 another quantity."""
        answer = self.orders.post(
            "/orders/o-1/lines/l-1/quantity",
            params={"dry_run": dry_run},
            json={"quantity": quantity, "reason": "buyer_request"},
            headers={"Idempotency-Key": key, "If-Match": f'"{seen}"'},
        )
        return answer.status_code, answer.json()

    def state(self, order_id: str = "o-1") -> str:
        found: str = self.orders.get(f"/orders/{order_id}").json()["state"]
        return found

    def units(self, order_id: str = "o-1") -> int:
        found: int = self.orders.get(f"/orders/{order_id}").json()["units"]
        return found

    def happened(self, order_id: str = "o-1") -> list[str]:
        """What its timeline says."""
        entries = self.orders.get(f"/orders/{order_id}/timeline").json()
        return [entry["what"] for entry in entries]

    def aside(self) -> dict[str, int]:
        """The units set aside in catalog, by order."""
        with self.stock.connect() as db:
            sql = "SELECT order_id, units FROM set_aside WHERE units > 0"
            return dict(driver(db).execute(sql).fetchall())

    def left(self) -> int:
        """The units of p-1 in stock that nobody has."""
        with self.stock.connect() as db:
            sql = "SELECT on_hand FROM stock WHERE product_id = 'p-1'"
            [(units,)] = driver(db).execute(sql).fetchall()
        return int(units)


@contextmanager
def two_services(of_orders: str, of_catalog: str, folder: Path) -> Iterator[Two]:
    """Orders on one database, and catalog on another, not yet answering."""
    port, file = free_port(), folder / "token"
    file.write_text(token("service", "orders"))
    told = settings(
        of_orders, catalog_url=f"http://127.0.0.1:{port}", service_token_file=file
    )
    catalog, app = build(CATALOG, settings(of_catalog)), build(ORDERS, told)
    with ExitStack() as stack:
        with asking(catalog):
            pass  # its tables are there
        stack.callback(partial(catalog.state.engine.dispose))
        orders = stack.enter_context(asking(app))
        yield Two(orders, app, catalog, port, catalog.state.engine)
