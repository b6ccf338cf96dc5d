"""A broker, a database server and two services on them, as real processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

import market.platform
from contracts.topics import ORDERS, TOPICS
from market.commands.verify import proofs
from market.embedded.instance import Instance
from market.embedded.kafka import Kafka
from market.embedded.postgres import Postgres
from market.embedded.topics import create_topics
from market.ports import free_port
from market.waiting import wait_until
from tests.faults.checks import (
    every_acknowledged_command_took_effect_once,
    kafka_holds,
    the_history_has_no_holes,
)
from tests.faults.load import Load
from tests.faults.processes import PATIENCE_S, Child, Nursery, nursery
from tests.infrastructure import embedded_kafka, embedded_postgres
from tests.tokens import ENVIRONMENT, OPERATOR, home_with_the_key

SERVICES = ("orders", "performance")


@dataclass
class Platform:
    """Orders and the performance that follows from them."""

    kafka: Instance[Kafka]
    postgres: Instance[Postgres]
    children: Nursery
    urls: dict[str, str] = field(default_factory=dict)
    services: dict[str, Child] = field(default_factory=dict)

    def start(self, name: str, module: str = "", **environment: str) -> None:
        port = free_port()
        self.urls[name] = f"http://127.0.0.1:{port}"
        told = {
            "DATABASE_URL": self.postgres.server.url(name),
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.server.address,
            "PORT": str(port),
            **ENVIRONMENT,
            **environment,
        }
        module = module or f"services.{name}.app"
        self.services[name] = self.children.start(module, **told)

    def wait_ready(self, name: str) -> None:
        def ready() -> bool:
            try:
                reply = httpx2.get(f"{self.urls[name]}/ready", timeout=30)
            except httpx2.TransportError:
                return False
            return reply.status_code == httpx2.codes.OK

        self._wait(ready, name)

    def status(self, name: str) -> dict[str, Any]:
        """What the service says of itself; lagging behind while it can't say."""
        reply = httpx2.get(f"{self.urls[name]}/status", headers=OPERATOR, timeout=30)
        if reply.status_code != httpx2.codes.OK:
            return {"lag": None}
        found: dict[str, Any] = reply.json()
        return found

    def wait_caught_up(self) -> None:
        for name in SERVICES:
            self._wait(lambda name=name: self.status(name)["lag"] == 0, name)

    def check(self, load: Load) -> None:
        """All that must hold, from the acknowledged commands to performance's rows."""
        url = self.postgres.server.url("orders")
        facts = the_history_has_no_holes(url)
        kafka_holds(facts, self.kafka.server.address, ORDERS)
        every_acknowledged_command_took_effect_once(url, load.acknowledged)
        for name in SERVICES:
            assert self.status(name)["parked"] == 0
        proved = list(proofs(self.as_the_market_sees_it()))
        assert {finding.wrong for finding in proved} == {None}, proved
        assert {name for name in SERVICES for f in proved if name in f.what} == {*SERVICES}

    def as_the_market_sees_it(self) -> market.platform.Platform:
        """What `market verify` is given of a platform that `market up` started."""
        return market.platform.Platform(
            kafka_bootstrap_servers=self.kafka.server.address,
            database_url=self.postgres.server.url(),
            service_urls=self.urls,
            service_database_urls={n: self.postgres.server.url(n) for n in SERVICES},
            pids={name: child.process.pid for name, child in self.services.items()},
            home=home_with_the_key(self.children.folder / "home"),
        )

    def _wait(self, ready: Any, name: str) -> None:  # noqa: ANN401 - answers yes or no
        log = self.services[name].log
        code = self.services[name].process.poll
        wait_until(
            ready,
            what=f"{name} ({log})",
            within_s=2 * PATIENCE_S,
            alive=lambda: None if code() is None else log.read_text(),
        )


@contextmanager
def platform(folder: Path) -> Iterator[Platform]:
    """A platform of its own, gone afterwards."""
    with (
        nursery(folder) as children,
        Instance(embedded_kafka(folder / "kafka")) as kafka,
        Instance(embedded_postgres(folder / "postgres", durable=True)) as postgres,
    ):
        create_topics(kafka.server.address, TOPICS)
        postgres.server.create_databases(SERVICES)
        found = Platform(kafka, postgres, children)
        for name in SERVICES:
            found.start(name)
        for name in SERVICES:
            found.wait_ready(name)
        yield found
