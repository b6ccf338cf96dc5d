"""What is asked of a stream, what was answered, and the memory of both."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import Connection

from contracts.fact import Fact
from kit.database import driver
from kit.domain import Decider, Refused, Unknown
from kit.eventstore.recorder import raising_conflicts

S = TypeVar("S")
C = TypeVar("C")
F = TypeVar("F", bound=Fact)


class KeyReused(Refused):
    """An idempotency key that was used for another request."""

    code = "idempotency-key-reused"


class RefusedBefore(Refused):
    """The refusal that was given to the same request before; `code` is what it was."""

    def __init__(self, code: str, why: str, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(why)
        self.code = code  # type: ignore[misc]  # each refusal's own, not its class's
        self._more = more or {}

    @property
    def more(self) -> Mapping[str, Any]:
        """What it said beside the words."""
        return self._more


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Generic[S, C, F]):
    """A command for one stream, and the name under which it may be repeated.

    Shape: `stream_id` is `<aggregate>-<id>`, made on first use; `key` is the caller's
        idempotency key and `digest` a hash of what was asked with it; `keep_refusal` says
        that a refusal stands for good too, so that nothing changes when a whole batch is
        asked again; `premise` looks up in the service's read models, in the transaction and
        before the request is decided, what must hold of other streams, and raises a refusal
        if it does not; `holds` are the keys of what it looks at: nobody else holds them
        until the transaction is over; `touches` returns the keys of what a fact changes for
        premises, and None says that it may be anything; `since` is the version that the
        caller has seen, or None if they don't mind; `expected` the one that the stream must
        be at, whatever was seen, or None if any will do; `follows` makes of its facts what
        else is asked in the same transaction; `actor` is who asks, as `seller:s-1`, or None
        if nobody did; `trace` is the context of what they do, as it travels, or None if
        that is of the thread that submits.
    """

    stream_id: str
    decider: Decider[S, C, F]
    command: C
    key: str | None = None
    digest: bytes = b""
    keep_refusal: bool = False
    premise: Callable[[Connection], None] | None = None
    holds: Collection[str] = ()
    touches: Callable[[Fact], Collection[str]] | None = None
    since: int | None = None
    expected: int | None = None
    follows: "Callable[[Sequence[F]], Sequence[AnyRequest]] | None" = None
    actor: str | None = None
    trace: Mapping[str, str] | None = None


AnyRequest: TypeAlias = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request.

    Units: `version` counts the facts of its stream, `recorded` those that it added, to
        other streams too.
    Shape: `refused` says why nothing was recorded, or is None; `repeated` that the
        request was answered before.
    """

    version: int
    recorded: int
    refused: Refused | None = None
    repeated: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a request would do. Nothing of it is kept.

    Shape: `version` is what it was decided on, `before` and `after` the state of its
        stream; `facts` in order, those of other streams last; `refused` as in `Answer`.
    """

    version: int
    before: Any
    after: Any
    facts: Sequence[Fact] = ()
    refused: Refused | None = None


Given: TypeAlias = dict[str, tuple[bytes, Answer]]
"""Answers by key, each with the hash of what was asked for it."""


def find_answers(requests: Sequence[AnyRequest], db: Connection) -> Given:
    """Return what was answered before under the keys of `requests`."""
    keys = [request.key for request in requests if request.key is not None]
    if not keys:
        return {}
    # In binary (%b), as everywhere where many texts are sent: nothing is to be escaped.
    sql = "SELECT key, request_hash, answer FROM answered_requests WHERE key = ANY(%b)"
    rows = driver(db).execute(sql, (keys,))
    return {key: (digest, _given(answer)) for key, digest, answer in rows}


def answer_again(request: AnyRequest, given: Given) -> Answer | None:
    """Return what the request was answered before, or a refusal if it is another now."""
    if request.key not in given:
        return None
    digest, answer = given[request.key]
    if digest == request.digest:
        return replace(answer, repeated=True)
    return Answer(0, 0, KeyReused(_used(request.key)))


def keep_answers(
    answered: Sequence[tuple[AnyRequest, Answer]], at: datetime, db: Connection
) -> None:
    """Keep answers under their keys, with the facts that they are about.

    A refused request may be tried again, unless its refusal is to be kept; and even then if
    what it is about was not there yet.

    Raises:
        IntegrityError: A key was answered meanwhile; the transaction is lost.
    """
    rows = [
        (request.key, request.digest, _as_json(answer))
        for request, answer in answered
        if request.key is not None and _stands(request, answer)
    ]
    if not rows:
        return
    sql = (
        "INSERT INTO answered_requests SELECT r.*, %s"
        " FROM unnest(%b::text[], %b::bytea[], %b::text[]::json[]) AS r"
    )
    with raising_conflicts():
        driver(db).execute(sql, (at, *map(list, zip(*rows, strict=True))))


def _stands(request: AnyRequest, answer: Answer) -> bool:
    if answer.refused is None:
        return True
    return request.keep_refusal and not isinstance(answer.refused, Unknown)


def find_reply(key: str, digest: bytes, db: Connection) -> Any | None:  # noqa: ANN401 - JSON
    """Return what was replied under `key`, or None if nothing was yet.

    For a request that is several transactions: each request of those has a key of its own,
    and the reply to the whole is kept when all are done.

    Raises:
        KeyReused: It was used for another request.
    """
    sql = "SELECT request_hash, answer->'reply' FROM answered_requests WHERE key = %s"
    found = driver(db).execute(sql, (key,)).fetchone()
    if found is None:
        return None
    if found[0] != digest or found[1] is None:
        raise KeyReused(_used(key))
    return found[1]


def keep_reply(
    key: str, digest: bytes, reply: Mapping[str, Any], at: datetime, db: Connection
) -> Any:  # noqa: ANN401 - JSON
    """Keep `reply` under `key`; return what stands there, as `find_reply` does.

    Raises:
        KeyReused: It was used for another request.
    """
    kept = json.dumps({**_kept(Answer(0, 0)), "reply": reply})
    sql = "INSERT INTO answered_requests VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
    driver(db).execute(sql, (key, digest, kept, at))
    return find_reply(key, digest, db)


def _used(key: str) -> str:
    return f"{key!r} was used for another request: make a new key"


def _kept(answer: Answer) -> dict[str, Any]:
    kept: dict[str, Any] = {"version": answer.version, "recorded": answer.recorded}
    if answer.refused is not None:
        refused = answer.refused
        kept["refused"] = {"code": refused.code, "why": str(refused)}
        if refused.more:
            kept["refused"]["more"] = refused.more
    return kept


def _as_json(answer: Answer) -> str:
    return (
        json.dumps(_kept(answer))
        if answer.refused
        else _done(answer.version, answer.recorded)
    )


@lru_cache(maxsize=1_024)
def _done(version: int, recorded: int) -> str:
    """Return the answer to what was done as JSON. Remembered: most answers are alike."""
    return json.dumps(_kept(Answer(version, recorded)))


def _given(kept: dict[str, Any]) -> Answer:
    refused = RefusedBefore(**kept["refused"]) if "refused" in kept else None
    return Answer(kept["version"], kept["recorded"], refused)
