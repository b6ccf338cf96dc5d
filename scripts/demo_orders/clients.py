"""Everybody who takes part, each with a token of their own and nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

import httpx2
from uuid_utils.compat import uuid7

from kit.asker import Asker, Role
from market.errors import MarketError
from market.platform import Platform
from market.tokens import TokenKey

Json: TypeAlias = Mapping[str, Any]

FOR_THE_DAY: Final = timedelta(hours=1)
OK: Final = frozenset({200})
_HTTP: Final = httpx2.Client(timeout=60, limits=httpx2.Limits(max_keepalive_connections=0))
"""Made once: what it takes to make one is more than a request takes."""


class UnexpectedError(MarketError):
    """A service answered something else than the story says."""


@dataclass(frozen=True)
class Question:
    """What is asked of a service, as its readers are shown it.

    Shape: `seen` is the version that whoever asks had looked at; `trial` asks what an edit
        would do.
    """

    method: str
    path: str
    body: Json | None = None
    seen: int | None = None
    trial: bool = False
    query: Mapping[str, str] | None = None

    @property
    def url(self) -> str:
        """The path with its query."""
        given = {**(self.query or {}), **({"dry_run": "true"} if self.trial else {})}
        return f"{self.path}?{urlencode(given)}" if given else self.path


@dataclass(frozen=True)
class Answer:
    """What a service said.

    Shape: `body` is JSON, or the text of a file.
    """

    status: int
    body: Any
    version: int | None

    @property
    def is_problem(self) -> bool:
        """Whether it was refused."""
        return self.status >= httpx2.codes.BAD_REQUEST


@dataclass(frozen=True)
class Client:
    """Somebody who asks the services of a platform."""

    asker: Asker
    urls: Mapping[str, str]
    token: str

    @classmethod
    def of(cls, platform: Platform, role: Role, name: str) -> "Client":
        """Return a client with a token for today."""
        asker = Asker(role, name)
        token = TokenKey.of(platform.home).token(asker, FOR_THE_DAY)
        return cls(asker, platform.service_urls, token)

    @property
    def name(self) -> str:
        """The id of the seller or buyer."""
        return self.asker.id

    def ask(self, service: str, question: Question) -> Answer:
        """Return what `service` answers; every command is under a key of its own.

        Raises:
            UnexpectedError: It does not answer at all.
        """
        headers = {"Authorization": f"Bearer {self.token}"}
        if question.method == "POST":
            headers["Idempotency-Key"] = str(uuid7())
        if question.seen is not None:
            headers["If-Match"] = f'"{question.seen}"'
        url = f"{self.urls[service]}{question.url}"
        try:
            said = _HTTP.request(question.method, url, json=question.body, headers=headers)
        except httpx2.HTTPError as why:
            raise UnexpectedError(f"{service} does not answer {url}: {why}") from why
        return Answer(said.status_code, _body(said), _version(said))


def _body(said: httpx2.Response) -> Any:  # noqa: ANN401 - JSON
    kind = said.headers.get("content-type", "")
    return json.loads(said.text) if "json" in kind else said.text


def _version(said: httpx2.Response) -> int | None:
    etag = said.headers.get("etag")
    return None if etag is None else int(etag.strip('"'))
