"""Other services, asked over HTTP as this service, with a token of its own."""

import json
import logging
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx2
from opentelemetry import propagate
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

_log: Final = logging.getLogger(__name__)

TIMEOUT: Final = httpx2.Timeout(2.0, connect=1.0)
TRIES: Final = 3
"""How often a peer is asked that is just starting, or too busy: some tenths of a second."""

_PASSING: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_NOT_LET_IN: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_CONFLICT: Final = "stream-conflict"


class PeerAway(Exception):  # noqa: N818 - see kit.domain.Refused
    """Another service gives no answer to go by. Nothing was recorded here; ask again."""

    def __init__(self, peer: str, why: object) -> None:
        super().__init__(
            f"{peer} does not answer ({why}): ask again with the same idempotency key"
        )


class _Passing(PeerAway):
    """It may answer when asked at once again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a peer answered: done, or refused by its rules.

    Shape: `body` is what its API says for that status; a problem, if it refused.
    """

    status: HTTPStatus
    body: Mapping[str, Any]

    @property
    def refused(self) -> bool:
        """Whether it said no."""
        return httpx2.codes.is_client_error(self.status)

    @property
    def kind(self) -> str:
        """The type of the problem, if it is one."""
        return str(self.body.get("type", ""))


class Peer:
    """A service that others of the platform ask.

    Shape: `token_file` has the token to show it. It is read for each request, so that
        whoever issues tokens may put a newer one there at any time.
    """

    def __init__(
        self,
        name: str,
        url: str,
        token_file: Path,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.name = name
        self._http = httpx2.Client(
            base_url=url, auth=_FromFile(token_file), timeout=TIMEOUT, transport=transport
        )

    def ask(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Return what it answers to a POST of `body`. Blocks: call it from a thread.

        It is asked again if it could not be reached or was busy: what is asked must be
        safe to repeat. One that takes too long is not.

        Raises:
            PeerAway: There is no answer, or none to go by.
        """
        again = Retrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(TRIES),
            wait=wait_random_exponential(0.05, max=0.2),
            reraise=True,
        )
        return again(self._ask, path, body)

    def close(self) -> None:
        """Let go of all connections."""
        self._http.close()

    def _ask(self, path: str, body: Mapping[str, Any]) -> Reply:
        headers = {"Content-Type": "application/json"}
        propagate.inject(headers)
        try:
            answer = self._http.post(path, content=json.dumps(body), headers=headers)
            reply = Reply(HTTPStatus(answer.status_code), _object(answer))
        except httpx2.TimeoutException as why:
            raise PeerAway(self.name, type(why).__name__) from why
        except httpx2.TransportError as why:
            raise _Passing(self.name, why) from why
        except (httpx2.HTTPError, OSError, ValueError) as why:
            raise PeerAway(self.name, why) from why
        self._check(reply)
        return reply

    def _check(self, reply: Reply) -> None:
        """Refuse what is no answer to the question.

        Raises:
            PeerAway: It failed, or did not let us ask.
            _Passing: It may answer at once.
        """
        told = f"{reply.status}, {reply.body.get('detail', 'and no more')}"
        if reply.status in _PASSING or reply.kind == _CONFLICT:
            raise _Passing(self.name, told)
        if reply.status in _NOT_LET_IN:
            _log.error("%s does not let this service in: %s", self.name, told)
        done = httpx2.codes.is_success(reply.status)
        if reply.status in _NOT_LET_IN or not (done or reply.refused):
            raise PeerAway(self.name, told)


class _FromFile(httpx2.Auth):
    """Shows the token that a file has by now."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Add the token to `request`."""
        request.headers["Authorization"] = f"Bearer {self._file.read_text().strip()}"
        yield request


def _object(answer: httpx2.Response) -> Mapping[str, Any]:
    """Return the JSON object that was answered; none, if it is something else."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {}
