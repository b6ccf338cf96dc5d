"""The addresses of a platform as lines that a shell, or any other client, reads."""

import shlex
from collections.abc import Iterator

from market.platform import Platform
from market.tokens import TokenKey


def lines(platform: Platform) -> Iterator[str]:
    """Yield `NAME=value` for the broker, the database server, each service, and tokens."""
    yield _line("KAFKA_BOOTSTRAP_SERVERS", platform.kafka_bootstrap_servers)
    yield _line("DATABASE_URL", platform.database_url)
    for name, url in platform.service_urls.items():
        yield _line(f"{name.upper()}_URL", url)
    for name, url in platform.service_database_urls.items():
        yield _line(f"{name.upper()}_DATABASE_URL", url)
    for name, value in TokenKey.of(platform.home).environment().items():
        yield _line(name, value)


def _line(name: str, value: str) -> str:
    return f"{name}={shlex.quote(value)}"
