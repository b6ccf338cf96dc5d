"""Tokens for tests: keys made for this run, and clients that carry a token."""

from base64 import urlsafe_b64encode
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from json import dumps
from pathlib import Path
from typing import Any, Final

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import ECKey, KeySet
from starlette.datastructures import State

from kit.asker import Asker, Role
from kit.settings import Settings
from kit.tokens import sign
from market.home import Home
from market.tokens import TERMS, TokenKey

KEY: Final = ECKey.generate_key("P-256", {"kid": "tests"}, private=True)
PUBLIC: Final = dumps(KeySet([ECKey.import_key(KEY.as_dict(private=False))]).as_dict())
ENVIRONMENT: Final = {
    "TOKEN_KEYS": PUBLIC,
    "TOKEN_ISSUER": TERMS.issuer,
    "TOKEN_AUDIENCE": TERMS.audience,
}
"""What a process is told of tokens, by the names of its environment."""


def token(role: Role, who: str, at: datetime | None = None) -> str:
    """A good token: it lasts for the tests, or from `at` on, where that is now."""
    now = at or datetime.now(UTC)  # noqa: TID251 - services have a clock of their own
    return sign(Asker(role, who), KEY, TERMS, now, timedelta(hours=1))


def part(said: object) -> str:
    """A part of a token, as it is written."""
    return urlsafe_b64encode(dumps(said).encode()).rstrip(b"=").decode()


def bearing(role: Role, who: str, at: datetime | None = None) -> dict[str, str]:
    """The header of a request by `who`."""
    return {"Authorization": f"Bearer {token(role, who, at)}"}


OPERATOR: Final = bearing("operator", "op-1")


def home_with_the_key(folder: Path) -> Home:
    """A home whose key is that of the tests: what `market` signs, services take."""
    home = Home(folder)
    folder.mkdir(exist_ok=True)
    TokenKey.of(home).file.write_text(dumps(KEY.as_dict(private=True)))
    return home


class AsAnOperator(httpx2.Auth):
    """Requests of an operator, for clients that take an `auth`."""

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers.update(OPERATOR)
        yield request


def settings(database_url: str, **more: Any) -> Settings:  # noqa: ANN401 - any setting
    """Settings of a process that has its API alone, where nothing else is there."""
    given = {
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "port": 1,
        "parts": frozenset({"api"}),
        **{name.lower(): value for name, value in ENVIRONMENT.items()},
        **more,
    }
    return Settings.model_construct(database_url=database_url, **given)


def asking(
    app: FastAPI,
    role: Role = "operator",
    who: str = "op-1",
    at: datetime | None = None,
) -> TestClient:
    """A client of `app` whose requests are those of `who`; by its clock, or at `at`."""
    if at is not None:
        app.state.now = lambda: at
    state = getattr(app, "state", None)
    now = state.now() if isinstance(state, State) else None
    return TestClient(app, headers=bearing(role, who, now))
