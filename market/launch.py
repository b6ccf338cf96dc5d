"""The platform on this machine: Kafka, PostgreSQL, then the services, kept running."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

import httpx2

from contracts.topics import TOPICS
from kit.asker import Asker
from market.embedded.postgres import create_databases
from market.embedded.topics import create_topics
from market.endpoints import Endpoints, preparation_of
from market.errors import StartError
from market.home import Home
from market.ports import LOOPBACK
from market.programs import Identity, Program
from market.state import Process, State
from market.supervisor import StoppingError, Supervisor
from market.tokens import TokenKey
from market.waiting import Waits

SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    name: (sys.executable, "-P", "-m", f"services.{name}.app")
    for name in ("orders", "catalog", "performance", "billing", "buyers")
}
ASKS: Final[Mapping[str, tuple[str, ...]]] = {"orders": ("catalog",)}
"""Which other services a service asks over HTTP."""

READY_WITHIN_S: Final = 180.0
_ASKED_TO_STOP: Final = ("SIGTERM", "SIGINT", "SIGHUP")


class Launch:
    """One platform in `home`, which is held, from its start to its end.

    Shape: `services` is the command line of each service, by name; each finds its
        addresses in its environment. `ports` by name, for those that must not be any.
    """

    def __init__(
        self,
        home: Home,
        waits: Waits,
        ports: Mapping[str, int],
        services: Mapping[str, Sequence[str]] = SERVICES,
    ) -> None:
        self._home = home
        self._waits = waits
        self._services = services
        self._endpoints = Endpoints.of_environment(home, [*services], ports)
        self._tokens = TokenKey.of(home)
        self._supervisor = Supervisor(self._note, waits.tell)
        self._ready = False

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start everything, call `on_ready`, keep it running until SIGTERM or SIGINT.

        Raises:
            StartError: Something could not be started; what had been is stopped again.
        """
        with _asked_to_stop(self._supervisor.stopping.set):
            try:
                self._start_servers()
                self._start_services()
                self._waits.tell(self._waits.summary())
                on_ready()
                self._supervisor.watch()
            except StoppingError:
                self._waits.tell("asked to stop before all was ready")
            finally:
                self._waits.tell("stopping ...")
                self._supervisor.stop()
                self._home.forget_state()
                self._waits.tell("stopped")

    def _start_servers(self) -> None:
        servers = self._endpoints.servers
        for server in servers:
            with self._waits.waiting_for(preparation_of(server)):
                server.prepare()
        for server in servers:
            self._supervisor.add([server.program])
        for server in servers:
            with self._waits.waiting_for(server.name):
                self._supervisor.wait_for(server.name, server.ready, READY_WITHIN_S)
        with self._waits.waiting_for("databases and topics"):
            create_databases(self._endpoints.database_url, self._services)
            differing = create_topics(self._endpoints.kafka_bootstrap_servers, TOPICS)
        if differing:
            raise StartError(
                f"topics are not as the contracts want them: {'; '.join(differing)}; put "
                "them right with Kafka's own tools, or use another broker"
            )

    def _start_services(self) -> None:
        self._tokens.make()
        databases = self._endpoints.service_database_urls(self._services)
        self._supervisor.add([self._program(name, url) for name, url in databases.items()])
        for name, url in self._endpoints.service_urls(self._services).items():
            with self._waits.waiting_for(name):
                self._supervisor.wait_for(name, partial(_says_ready, url), READY_WITHIN_S)
        self._ready = True
        self._note(self._supervisor.processes())

    def _program(self, name: str, database_url: str) -> Program:
        urls = self._endpoints.service_urls(self._services)
        environment = {
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": self._endpoints.kafka_bootstrap_servers,
            "HOST": LOOPBACK,
            "PORT": str(self._endpoints.ports[name]),
            **self._tokens.environment(),
            **told_of_others(name, urls, self._tokens),
            "PYTHONUNBUFFERED": "1",
        }
        return Program(name, tuple(self._services[name]), self._home.log(name), environment)

    def _note(self, processes: Sequence[Process]) -> None:
        """Keep what is known where other commands, and the next start, find it."""
        state = State(
            supervisor=_ourselves(),
            ready=self._ready,
            kafka_bootstrap_servers=self._endpoints.kafka_bootstrap_servers,
            database_url=self._endpoints.database_url,
            service_urls=self._endpoints.service_urls(self._services),
            service_database_urls=self._endpoints.service_database_urls(self._services),
            processes=tuple(processes),
        )
        try:
            self._home.write_state(state)
        except OSError as why:
            self._waits.tell(f"the state of the platform could not be written: {why}")


def told_of_others(name: str, urls: Mapping[str, str], key: TokenKey) -> dict[str, str]:
    """Return where the services are that `name` asks, and the token that it shows them.

    Shape: by the names of its settings; nothing, if it asks none of those that run.
    """
    found = {f"{o.upper()}_URL": urls[o] for o in ASKS.get(name, ()) if o in urls}
    if found:
        found["SERVICE_TOKEN_FILE"] = str(key.keep_token(Asker("service", name)))
    return found


def _ourselves() -> Identity:
    identity = Identity.of(os.getpid())
    if identity is None:
        raise StartError("this system does not say when a process was born: run elsewhere")
    return identity


def _says_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/ready", timeout=5).is_success
    except httpx2.HTTPError:
        return False


@contextmanager
def _asked_to_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` when this process is asked to end, instead of ending."""
    signals = [getattr(signal, name) for name in _ASKED_TO_STOP if hasattr(signal, name)]
    before = {which: signal.signal(which, lambda *_: stop()) for which in signals}
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
