"""Real servers for tests: given, else in a container, else embedded."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4  # noqa: TID251 - names of databases, no domain ids

import psycopg
from psycopg import sql

from market.embedded.instance import Instance
from market.embedded.kafka import Kafka
from market.embedded.postgres import Postgres, create_databases
from market.ports import free_port


def container_engine_answers() -> bool:
    where = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    on_this_machine = where.scheme == "unix"
    family = socket.AF_UNIX if on_this_machine else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(5)
        try:
            probe.connect(where.path if on_this_machine else (where.hostname, where.port))
        except OSError:
            return False
        return True


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """The server of DATABASE_URL, else one in a container, else an embedded one."""
    if given := os.environ.get("DATABASE_URL"):
        yield given.replace("postgresql+psycopg://", "postgresql://")
    elif container_engine_answers():
        from testcontainers.community.postgres import (  # noqa: PLC0415 - slow to import
            PostgresContainer,
        )

        with PostgresContainer("postgres:18", driver=None) as container:
            yield container.get_connection_url()
    else:
        with Instance(embedded_postgres(folder, durable=False)) as server:
            yield server.server.url()


@contextmanager
def kafka_broker(folder: Path) -> Iterator[str]:
    """The broker of KAFKA_BOOTSTRAP_SERVERS, else one in a container, else embedded."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
    elif container_engine_answers():
        from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415 - slow

        one = {"REPLICATION_FACTOR": "1", "MIN_ISR": "1"}
        container = KafkaContainer("confluentinc/cp-kafka:8.1.0").with_kraft()
        for name, value in one.items():
            container = container.with_env(f"KAFKA_TRANSACTION_STATE_LOG_{name}", value)
        with container:
            yield container.get_bootstrap_server()
    else:
        with Instance(embedded_kafka(folder)) as broker:
            yield broker.server.address


def embedded_kafka(folder: Path) -> Kafka:
    """A broker of our own, not started, at ports that are free."""
    return Kafka(folder, free_port(), free_port(), folder / "kafka.log")


def embedded_postgres(folder: Path, *, durable: bool) -> Postgres:
    """A database server of our own, not started, at a port that is free."""
    return Postgres(folder, free_port(), folder / "postgres.log", durable=durable)


def new_database(server_url: str) -> str:
    """Create an empty database with a name of its own and return its address."""
    name = f"test_{uuid4().hex}"
    create_databases(server_url, [name])
    return server_url.rpartition("/")[0] + f"/{name}"


def drop_database(server_url: str, url: str) -> None:
    """Drop the database at `url`, whoever is still connected to it."""
    name = sql.Identifier(url.rpartition("/")[2])
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
