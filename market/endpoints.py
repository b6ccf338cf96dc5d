"""Where Kafka and PostgreSQL are: where the environment says, else where we start them."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import psycopg

from market.embedded.instance import Server
from market.embedded.jars import present
from market.embedded.kafka import Kafka
from market.embedded.postgres import Postgres
from market.embedded.topics import broker_answers
from market.errors import StartError
from market.home import Home
from market.ports import LOOPBACK, choose_ports

KAFKA: Final = "KAFKA_BOOTSTRAP_SERVERS"
DATABASE: Final = "DATABASE_URL"
CONTROLLER: Final = "kafka-controller"


@dataclass(frozen=True)
class Endpoints:
    """A broker and a database server, given or ours, and a port for everything of ours."""

    kafka: str | Kafka
    postgres: str | Postgres
    ports: Mapping[str, int]

    @classmethod
    def of_environment(
        cls, home: Home, services: Sequence[str], wanted: Mapping[str, int]
    ) -> "Endpoints":
        """Take what KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL name; plan the rest in `home`.

        Raises:
            StartError: What is given does not answer, or a port of `wanted` is in use.
        """
        kafka, database = os.environ.get(KAFKA), os.environ.get(DATABASE)
        ours = [
            *([] if kafka else ["kafka", CONTROLLER]),
            *([] if database else ["postgres"]),
        ]
        ports = choose_ports([*ours, *services], wanted)
        return cls(
            kafka=_checked_broker(kafka) if kafka else _our_kafka(home, ports),
            postgres=_checked_database(database)
            if database
            else _our_postgres(home, ports),
            ports=ports,
        )

    @property
    def servers(self) -> list[Server]:
        """Those that are ours to start, in the order in which they are stopped last."""
        return [part for part in (self.postgres, self.kafka) if not isinstance(part, str)]

    @property
    def kafka_bootstrap_servers(self) -> str:
        """Where clients find the broker."""
        return self.kafka if isinstance(self.kafka, str) else self.kafka.address

    @property
    def database_url(self) -> str:
        """Where clients find the database server, once it is prepared."""
        return self.postgres if isinstance(self.postgres, str) else self.postgres.url()

    def service_urls(self, services: Iterable[str]) -> dict[str, str]:
        """Return where each service's HTTP API is."""
        return {name: f"http://{LOOPBACK}:{self.ports[name]}" for name in services}

    def service_database_urls(self, services: Iterable[str]) -> dict[str, str]:
        """Return where each service's own database is."""
        return {name: database_on(self.database_url, name) for name in services}


def preparation_of(server: Server) -> str:
    """Return what people wait for while `server` is prepared."""
    if server.name == "kafka" and not present():
        return "kafka's jars (44 MB from Maven Central, this once)"
    return f"{server.name}'s storage"


def plain_url(url: str) -> str:
    """Return `url` as any client takes it: `postgresql://`, without a driver."""
    scheme, separator, rest = url.partition("://")
    return scheme.partition("+")[0] + separator + rest


def database_on(server_url: str, name: str) -> str:
    """Return the address of the database `name` on the server of `server_url`."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def _our_kafka(home: Home, ports: Mapping[str, int]) -> Kafka:
    folder = home.path / "kafka"
    return Kafka(folder, ports["kafka"], ports[CONTROLLER], home.log("kafka"))


def _our_postgres(home: Home, ports: Mapping[str, int]) -> Postgres:
    return Postgres(home.path / "postgres", ports["postgres"], home.log("postgres"))


def _checked_broker(bootstrap_servers: str) -> str:
    if not broker_answers(bootstrap_servers):
        raise StartError(
            f"no Kafka broker answers at {bootstrap_servers}: start it, or unset {KAFKA} "
            "to have one started here"
        )
    return bootstrap_servers


def _checked_database(url: str) -> str:
    url = plain_url(url)
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.Error as why:
        said = str(why).strip().partition("\n")[0]
        raise StartError(
            f"{DATABASE} names no database that lets us in ({said}): put it right, or "
            "unset it to have PostgreSQL started here"
        ) from why
    return url
