"""Commands over HTTP: a way in for each, its fields taken from the command's own class.

Whoever asks names the request with an `Idempotency-Key`; asked again with it, it is
answered the same. The moment of a command is this service's clock.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from hashlib import sha256
from inspect import Parameter, Signature, getdoc
from typing import Annotated, Any, Final, TypeAlias, get_type_hints

from fastapi import APIRouter, Depends, Header, Query, Request as HttpRequest, Response
from pydantic import BaseModel, ConfigDict, create_model
from sqlalchemy import Connection

from kit.domain import Refused
from kit.eventstore.requests import AnyRequest, Preview
from kit.eventstore.streams import Streams, transact
from kit.web.reading import Database

LONGEST_KEY: Final = 200

IdempotencyKey: TypeAlias = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        description="Names this request: asked again with it, it is answered the same.",
    ),
]
IfMatch: TypeAlias = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^"\d{1,9}"$',
        description="The ETag of what you saw: what changed since, and matters, is told.",
    ),
]
DryRun: TypeAlias = Annotated[
    bool, Query(description="Answer what it would do, and do nothing.")
]
ToRequest: TypeAlias = Callable[[Any], AnyRequest]
Prepare: TypeAlias = Callable[[Any, Connection], Any]
Shown: TypeAlias = Callable[[Preview], BaseModel]
"""Says what a request would do."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way in for a command.

    Shape: `preview` makes it an edit: what it would do can be asked with `dry_run`, and who
        means it says `If-Match`; `prepare` adds to the command what the service's own read
        models know.
    """

    path: str
    command: type
    preview: Shown | None = None
    prepare: Prepare | None = None


class NotSeen(Refused):
    """A change by somebody who does not say what they saw before."""

    code = "if-match-required"

    def __init__(self) -> None:
        super().__init__("If-Match: give the ETag of what you saw, so that nothing is lost")


class Version(BaseModel):
    """The stream after the request; what was recorded is readable at once.

    Units: `version` counts the facts of the stream.
    """

    version: int


def streams_of(request: HttpRequest) -> Streams:
    """Return the streams that this process was built on."""
    streams: Streams = request.app.state.streams
    return streams


async def digest_of(request: HttpRequest) -> bytes:
    """Return a hash of what is asked: method, path and body."""
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return sha256(asked).digest()


def moment_of(request: HttpRequest) -> datetime:
    """Return what this process's clock says."""
    now: datetime = request.app.state.now()
    return now


def clock_of(request: HttpRequest) -> Callable[[], datetime]:
    """Return this process's clock, for what takes its moment later on."""
    now: Callable[[], datetime] = request.app.state.now
    return now


StreamsHere: TypeAlias = Annotated[Streams, Depends(streams_of)]
Digest: TypeAlias = Annotated[bytes, Depends(digest_of)]
Now: TypeAlias = Annotated[datetime, Depends(moment_of)]
Clock: TypeAlias = Annotated[Callable[[], datetime], Depends(clock_of)]


def command_router(
    ways: Sequence[tuple[str, type] | Way], to_request: ToRequest, tag: str
) -> APIRouter:
    """Return a router with a POST for each command.

    Shape: `ways` are paths with their commands; what a path names in braces is taken from
        it, `at` from the clock, and every other field of the command from the body.
    """
    router = APIRouter(tags=[tag])
    for way in (one if isinstance(one, Way) else Way(*one) for one in ways):
        router.add_api_route(
            way.path,
            _endpoint(way, to_request),
            methods=["POST"],
            response_model=_answered(way),
            summary=_words(way.command.__name__),
            description=getdoc(way.command) if "__doc__" in vars(way.command) else None,
        )
    return router


def _answered(way: Way) -> Any:  # noqa: ANN401 - a model, or the union of two
    return Version if way.preview is None else Version | _return_type(way.preview)


def _return_type(shown: Shown) -> type[BaseModel]:
    kind: type[BaseModel] = get_type_hints(shown)["return"]
    return kind


def etag(version: int) -> dict[str, str]:
    """Return the header that names a version of what is answered."""
    return {"ETag": f'"{version}"'}


def _endpoint(way: Way, to_request: ToRequest) -> Callable[..., BaseModel]:
    in_path = re.findall(r"{(\w+)}", way.path)
    hints = get_type_hints(way.command, include_extras=True)
    body = _body(way.command, hints, {*in_path, "at"})

    def carry_out(**given: Any) -> BaseModel:  # noqa: ANN401 - as the signature below says
        said = given.pop("body", None)
        values = (
            {name: getattr(said, name) for name in type(said).model_fields} if said else {}
        )
        asking = _Asking(**{name: given.pop(name) for name in _ASKING if name in given})
        db = given.pop("db", None)
        command = way.command(**given, **values)
        known = command if way.prepare is None else way.prepare(command, db)
        return asking.of(way, to_request(known))

    taken = {name: hints[name] for name in in_path} | ({"body": body} if body else {})
    taken |= {"at": Now, **_ASKING} | ({"db": Database} if way.prepare else {})
    defaults: dict[str, Any] = {"if_match": None}
    if way.preview is None:
        del taken["dry_run"]
    else:
        defaults["dry_run"] = False
    carry_out.__signature__ = Signature(  # type: ignore[attr-defined]  # FastAPI reads it
        [
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                annotation=kind,
                default=defaults.get(name, Parameter.empty),
            )
            for name, kind in taken.items()
        ]
    )
    carry_out.__name__ = _words(way.command.__name__).replace(" ", "_").lower()
    return carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """How a command is asked: under which key, on what was seen, in earnest or not."""

    key: str
    digest: bytes
    streams: Streams
    response: Response
    if_match: str | None
    dry_run: bool = False

    def of(self, way: Way, request: AnyRequest) -> BaseModel:
        """Carry `request` out, or show what it would do.

        Raises:
            NotSeen: It is an edit in earnest, and does not say what was seen.
            Refused: As `transact`.
        """
        since = None if self.if_match is None else int(self.if_match.strip('"'))
        asked = replace(request, key=self.key, digest=self.digest, since=since)
        if self.dry_run and way.preview is not None:
            seen = self.streams.preview(asked)
            if seen.refused is not None:
                raise seen.refused
            self.response.headers.update(etag(seen.version))
            return way.preview(seen)
        if way.preview is not None and since is None:
            raise NotSeen
        version = transact(self.streams, asked).version
        self.response.headers.update(etag(version))
        return Version(version=version)


_ASKING: Final[dict[str, Any]] = {
    "key": IdempotencyKey,
    "digest": Digest,
    "streams": StreamsHere,
    "response": Response,
    "if_match": IfMatch,
    "dry_run": DryRun,
}


def _body(command: type, hints: dict[str, Any], taken: set[str]) -> type[BaseModel] | None:
    """Return a model of what is left to say, or None if that is nothing."""
    left: dict[str, Any] = {
        field.name: (hints[field.name], ... if field.default is MISSING else field.default)
        for field in fields(command)
        if field.name not in taken
    }
    if not left:
        return None
    closed = ConfigDict(extra="forbid")
    return create_model(f"{command.__name__}Body", __config__=closed, **left)


def _words(name: str) -> str:
    """Return `Place order` for `PlaceOrder`."""
    return re.sub(r"(?<!^)([A-Z])", r" \1", name).capitalize()
