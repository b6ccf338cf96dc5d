"""Commands in bulk: what happened elsewhere, with the moments when it did."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated, Any, Final, Literal, TypeGuard

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kit.eventstore.requests import Answer, AnyRequest
from kit.web.asking import Asker, Asking, may
from kit.web.commands import LONGEST_KEY, StreamsHere, ToRequest
from kit.web.problems import INVALID

MOST: Final = 10_000
"""Commands of one bulk request: they share one transaction."""


class Commands(BaseModel):
    """Commands of this service, each with its key, its name and its fields."""

    model_config = ConfigDict(extra="forbid")

    commands: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST)]


class Problem(BaseModel):
    """Why a command was refused; nothing of it was recorded."""

    type: str
    detail: str


class Outcome(BaseModel):
    """What became of one command: `unchanged` was true before, or answered before."""

    key: str
    outcome: Literal["recorded", "unchanged", "refused"]
    problem: Problem | None = None


class Outcomes(BaseModel):
    """The outcomes, in the order of the commands."""

    results: list[Outcome]


def bulk_router(commands: Sequence[type], to_request: ToRequest) -> APIRouter:
    """Return `POST /commands`: many commands, each judged alone, in one transaction.

    Shape: a command is `{"key", "command", ...}`; its name is its class's, in kebab-case,
        and its fields are the class's, with `at`, the moment that it happened.
    """
    reader = _Reader(
        {kebab(kind.__name__): TypeAdapter(kind) for kind in commands}, to_request
    )
    router = APIRouter(tags=["commands"])

    @router.post("/commands", dependencies=[may("operator", "service")])
    def submit_commands(body: Commands, streams: StreamsHere, asker: Asking) -> Outcomes:
        """Carry out commands that happened elsewhere, such as an import's.

        One that can't be read or is refused hinders no other; the rest are recorded
        together or not at all. Sent again, all are answered as the first time, refusals
        too: a command that is to be judged anew needs a new key.
        """
        read = [reader.read(given, asker) for given in body.commands]
        asked = [one for one in read if not isinstance(one, Outcome)]
        answers = iter(streams.submit(asked) if asked else ())
        results = [
            one if isinstance(one, Outcome) else _outcome(one.key or "", next(answers))
            for one in read
        ]
        return Outcomes(results=results)

    return router


def kebab(name: str) -> str:
    """Return `place-order` for `PlaceOrder`."""
    return re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()


@dataclass(frozen=True, slots=True)
class _Reader:
    kinds: Mapping[str, TypeAdapter[Any]]
    to_request: ToRequest

    def read(self, given: Mapping[str, Any], asker: Asker) -> AnyRequest | Outcome:
        key, name = given.get("key"), given.get("command")
        if not _is_key(key):
            return _invalid(str(key), f"key: give a text of 1 to {LONGEST_KEY} characters")
        if not isinstance(name, str) or name not in self.kinds:
            known = ", ".join(sorted(self.kinds))
            return _invalid(key, f"command: {name!r} is none of {known}")
        fields = {k: v for k, v in given.items() if k not in {"key", "command"}}
        try:
            command = self.kinds[name].validate_python(fields)
        except ValidationError as wrong:
            return _invalid(key, "; ".join(_reasons(wrong)))
        said = _SORTED.encode([name, fields]).encode()
        return replace(
            self.to_request(command, asker),
            key=key,
            digest=sha256(said).digest(),
            keep_refusal=True,
            actor=str(asker),
        )


_SORTED: Final = json.JSONEncoder(sort_keys=True, default=str)
"""Writes what was said, so that the same is the same text."""


def _is_key(given: object) -> TypeGuard[str]:
    """Say whether `given` is a text that names a request, and that can be kept."""
    named = isinstance(given, str) and 1 <= len(given) <= LONGEST_KEY
    return named and "\0" not in str(given) and _readable(str(given)) == given


def _readable(text: str) -> str:
    """Return `text` with half characters, which can't be written, as their escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _reasons(wrong: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()]


def _invalid(key: str, detail: str) -> Outcome:
    why = Problem(type=INVALID, detail=detail)
    return Outcome(key=_readable(key), outcome="refused", problem=why)


def _outcome(key: str, answer: Answer) -> Outcome:
    if answer.refused is not None:
        why = Problem(type=answer.refused.code, detail=str(answer.refused))
        return Outcome(key=key, outcome="refused", problem=why)
    new = answer.recorded and not answer.repeated
    return Outcome(key=key, outcome="recorded" if new else "unchanged")
