"""A real database and a real broker to measure on: given, else embedded. Both durable."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg
from psycopg import sql
from uuid_utils.compat import uuid7

from contracts.topics import Topic
from market.embedded.instance import Instance
from market.embedded.kafka import Kafka
from market.embedded.postgres import Postgres, create_databases
from market.embedded.topics import create_topics
from market.ports import free_port

_DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def database() -> Iterator[str]:
    """An empty database that is dropped at the end.

    Shape: on the server of DATABASE_URL if that is set, else on one started for it.

    Raises:
        RuntimeError: That server may lose what it has committed: its rates say nothing.
    """
    with _postgres() as server:
        _ensure_durable(server)
        name = f"bench_{uuid7().hex}"
        create_databases(server, [name])
        try:
            yield server.rpartition("/")[0] + f"/{name}"
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(drop)


@contextmanager
def broker() -> Iterator[str]:
    """The bootstrap servers of KAFKA_BOOTSTRAP_SERVERS, else of a broker started for it."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
        return
    with TemporaryDirectory(prefix="bench-kafka-") as folder:
        kafka = Kafka(Path(folder), free_port(), free_port(), Path(folder) / "kafka.log")
        with Instance(kafka):
            yield kafka.address


def new_topic(bootstrap_servers: str, partitions: int = 4) -> str:
    """Create a topic that nobody else uses, with the settings of a service's topic."""
    name = f"bench-{uuid7().hex}"
    create_topics(bootstrap_servers, [Topic(name, partitions)])
    return name


@contextmanager
def _postgres() -> Iterator[str]:
    if given := os.environ.get("DATABASE_URL"):
        yield given.replace("postgresql+psycopg://", "postgresql://")
        return
    with TemporaryDirectory(prefix="bench-postgres-", ignore_cleanup_errors=True) as folder:
        here = Path(folder)
        with Instance(Postgres(here, free_port(), here / "postgres.log")) as server:
            yield server.server.url()


def _ensure_durable(server: str) -> None:
    with psycopg.connect(server) as connection:
        for name in _DURABLE:
            row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            if row != ("on",):
                raise RuntimeError(f"the server has {name}={row and row[0]}, not on")
