"""Commands in bulk to the services' own API, each effective once however often it is sent.

A batch whose answer was lost is sent again: its idempotency keys make that harmless. A
batch that the API can't read is halved until the command it can't read stands alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal, Self, TypeAlias

import httpx2
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from market.errors import MarketError
from market.imports.plan import Command, Plan
from market.imports.tables import RowReport

BATCH: Final = 2_000
RETRY_FOR_S: Final = 60.0
TIMEOUT_S: Final = 60.0

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told of a stage: its title, how much of it is done, how much there is."""

UNREADABLE: Final = {400, 413, 422}
"""What an API answers when it can't read a request, or not one of this size."""


class ServiceUnavailableError(MarketError):
    """A service did not take its commands in the time we wait. Importing again is safe."""


class _Busy(Exception):  # noqa: N818 - never leaves this file
    """An answer that a later try may not give."""


class Problem(BaseModel):
    """Why a command recorded nothing."""

    type: str = "refused"
    detail: str = ""

    def sentence(self) -> str:
        """Return it for people."""
        return f"{self.detail} ({self.type})" if self.detail else self.type


class Result(BaseModel):
    """What became of one command."""

    key: str
    outcome: Literal["recorded", "unchanged", "refused"]
    problem: Problem | None = None


class Results(BaseModel):
    """The answer to a bulk request, in its order."""

    results: list[Result]


@dataclass(slots=True)
class Report:
    """What became of an import.

    Shape: `sent = recorded + unchanged + refused`; `rejected` holds a line for each row or
        command that is not in effect, `noted` what is worth knowing of rows that are.
    """

    sent: int = 0
    recorded: int = 0
    unchanged: int = 0
    refused: int = 0
    rejected: list[RowReport] = field(default_factory=list)
    noted: list[RowReport] = field(default_factory=list)

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return the report of a plan of which nothing is sent yet."""
        return cls(rejected=list(plan.rejected), noted=list(plan.noted))

    def add(self, commands: Sequence[Command], results: Sequence[Result]) -> None:
        """Count what became of `commands`."""
        for command, result in zip(commands, results, strict=True):
            self.sent += 1
            self.recorded += result.outcome == "recorded"
            self.unchanged += result.outcome == "unchanged"
            if result.outcome == "refused":
                self.refused += 1
                why = (result.problem or Problem()).sentence()
                self.rejected.append(RowReport(command.place, f"{command.name}: {why}"))


@dataclass(frozen=True, slots=True)
class Sender:
    """One service's bulk endpoint.

    Units: `retry_for_s` is how long a service may be away before we give up.
    """

    http: httpx2.Client
    url: str
    service: str
    retry_for_s: float

    def send(self, commands: Sequence[Command]) -> list[Result]:
        """Send `commands` in one request and return what became of each, in their order.

        Raises:
            ServiceUnavailableError: It stayed away; some may be in effect, repeat it.
        """
        body = to_json({"commands": [command.body() for command in commands]})
        answer = self._answer(body)
        if answer.status_code not in UNREADABLE:
            return self._results(commands, answer)
        if len(commands) > 1:
            middle = len(commands) // 2
            return self.send(commands[:middle]) + self.send(commands[middle:])
        problem = _problem_in(answer)
        return [Result(key=commands[0].key, outcome="refused", problem=problem)]

    def _answer(self, body: bytes) -> httpx2.Response:
        tries = Retrying(
            retry=retry_if_exception_type((httpx2.TransportError, _Busy)),
            wait=wait_exponential(multiplier=0.1, max=2),
            stop=stop_after_delay(self.retry_for_s),
            reraise=True,
        )
        try:
            return tries(self._post, body)
        except (httpx2.TransportError, _Busy) as error:
            raise ServiceUnavailableError(
                f"{self.service} at {self.url} took nothing for {self.retry_for_s:.0f} s "
                f"({error}): see `market status`, then import again; what is recorded stays"
            ) from error

    def _post(self, body: bytes) -> httpx2.Response:
        headers = {"content-type": "application/json"}
        answer = self.http.post(f"{self.url}/commands", content=body, headers=headers)
        if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise _Busy(f"answered {answer.status_code}")
        return answer

    def _results(
        self, commands: Sequence[Command], answer: httpx2.Response
    ) -> list[Result]:
        try:
            results = Results.model_validate_json(answer.content).results
        except ValidationError as error:
            raise ServiceUnavailableError(
                f"{self.service} at {self.url} answered {answer.status_code}, not as its "
                "bulk endpoint does: is it the platform of this version?"
            ) from error
        if [result.key for result in results] != [command.key for command in commands]:
            raise ServiceUnavailableError(
                f"{self.service} at {self.url} did not answer each command in its order"
            )
        return results


def send_plan(
    plan: Plan,
    service_urls: Mapping[str, str],
    progress: Progress,
    *,
    auth: httpx2.Auth | None = None,
    batch: int = BATCH,
    retry_for_s: float = RETRY_FOR_S,
) -> Report:
    """Send every command of `plan`, stage by stage, and return what became of them.

    Units: `batch` commands a request; a service may be away for `retry_for_s`.
    Shape: `auth` says who imports.
    Safe to repeat: Yes. What is in effect already is answered as unchanged.

    Raises:
        ServiceUnavailableError: A service stayed away; what was sent stays in effect.
    """
    report = Report.of(plan)
    with httpx2.Client(auth=auth, timeout=TIMEOUT_S) as http:
        for stage in plan.stages:
            url = service_urls[stage.service]
            sender = Sender(http, url, stage.service, retry_for_s)
            done = 0
            progress(stage.title, done, len(stage.commands))
            for commands in _in_batches(stage.commands, batch):
                report.add(commands, sender.send(commands))
                done += len(commands)
                progress(stage.title, done, len(stage.commands))
    return report


def _in_batches(commands: Sequence[Command], batch: int) -> Iterator[Sequence[Command]]:
    return (commands[n : n + batch] for n in range(0, len(commands), batch))


def _problem_in(answer: httpx2.Response) -> Problem:
    try:
        return Problem.model_validate_json(answer.content)
    except ValidationError:
        return Problem(type="invalid-request", detail=answer.text[:500])
