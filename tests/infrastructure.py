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
        server = Postgres(folder, free_port(), folder / "postgres.log", durable=False)
        with Instance(server):
            yield server.url()


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
