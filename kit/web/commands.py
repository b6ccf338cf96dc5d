"""Commands over HTTP: a way in for each, its fields taken from the command's own class.

Whoever asks names the request with an `Idempotency-Key`; asked again with it, it is
answered the same. The moment of a command is this service's clock.
"""

import re
from collections.abc import Callable, Sequence, Set as AbstractSet
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from hashlib import sha256
from inspect import Parameter, Signature, getdoc
from typing import Annotated, Any, Final, TypeAlias, cast, get_type_hints
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Query, Request as HttpRequest, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as Dependency
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model
from sqlalchemy import Connection

from kit import addresses
from kit.eventstore.requests import AnyRequest, Preview
from kit.eventstore.seen import NotSeen
from kit.eventstore.streams import Streams
from kit.web.asking import Asker, Asking, roles_of
from kit.web.beforehand import Before, transact_after
from kit.web.reading import Lend, Lending
from kit.web.whose import IDS, Fixed, fixed

LONGEST_KEY: Final = 200

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
ToRequest: TypeAlias = Callable[[Any, Asker], AnyRequest]
Prepare: TypeAlias = Callable[[Any, Connection], Any]
Shown: TypeAlias = Callable[[Preview], BaseModel]
"""Says what a request would do."""

NOTHING_ELSE: Final[Fixed] = {}


@dataclass(frozen=True, slots=True)
class Way:
    """A way in for a command.

    Shape: `who` says who may: `may(...)`; `preview` makes it an edit: what it would do can
        be asked with `dry_run`, and who means it says `If-Match`; `prepare` adds to the
        command what the service's own read models know; `before` is a dependency that
        gives what asks others (`kit/web/beforehand.py`), or None if nobody is to be asked.
    """

    path: str
    command: type
    who: Dependency
    preview: Shown | None = None
    prepare: Prepare | None = None
    before: Dependency | None = None


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
    """Return a hash of what is asked: method, path, query and body.

    Whether it is a trial is left out: nothing is kept of one, not its key either.
    """
    query = sorted(kv for kv in request.query_params.multi_items() if kv[0] != "dry_run")
    path = request.url.path + (f"?{urlencode(query)}" if query else "")
    asked = f"{request.method} {path}\n".encode() + await request.body()
    return sha256(asked).digest()


def moment_of(request: HttpRequest) -> datetime:
    """Return what this process's clock says."""
    now: datetime = request.app.state.now()
    return now


def clock_of(request: HttpRequest) -> Callable[[], datetime]:
    """Return this process's clock, for what takes its moment later on."""
    now: Callable[[], datetime] = request.app.state.now
    return now


def key_of(
    asker: Asking,
    key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=LONGEST_KEY,
            description="Names this request: asked again with it, it is answered the same.",
        ),
    ],
) -> str:
    """Return the name of a request: a seller's or a buyer's own, or the marketplace's."""
    return key if asker.acts_for_all else f"{asker}\n{key}"


IdempotencyKey: TypeAlias = Annotated[str, Depends(key_of)]
StreamsHere: TypeAlias = Annotated[Streams, Depends(streams_of)]
Digest: TypeAlias = Annotated[bytes, Depends(digest_of)]
Now: TypeAlias = Annotated[datetime, Depends(moment_of)]
Clock: TypeAlias = Annotated[Callable[[], datetime], Depends(clock_of)]


def command_router(
    ways: Sequence[Way], to_request: ToRequest, tag: str, fixes: Fixed = NOTHING_ELSE
) -> APIRouter:
    """Return a router with a POST for each command.

    Shape: `ways` are paths with their commands; what a path names in braces is taken from
        it, `at` from the clock, what `IDS` and `fixes` fix from who asks, and every other
        field of the command from the body.
    """
    router = APIRouter(tags=[tag])
    in_paths = {name for way in ways for name in _in_path(way)}
    for way in ways:
        router.add_api_route(
            way.path,
            _endpoint(way, to_request, _fixed_in(way, fixes), in_paths),
            methods=["POST"],
            response_model=_answered(way),
            summary=_words(way.command.__name__),
            description=getdoc(way.command) if "__doc__" in vars(way.command) else None,
            dependencies=[way.who, asks_only(*["dry_run"][: way.preview is not None])],
        )
    return router


def asks_only(*names: str) -> Dependency:
    """Return what refuses a request whose query says more than `names`.

    What is not looked at must not be taken for done: a trial that is meant, say.
    """

    def check(request: HttpRequest) -> None:
        unknown = [name for name in request.query_params if name not in names]
        if unknown:
            told = "nothing here takes this parameter; leave it out"
            errors = [{"loc": ("query", name), "msg": told} for name in unknown]
            raise RequestValidationError(errors)

    return cast("Dependency", Depends(check))


_ADDRESSED: Final = Field(json_schema_extra={"pattern": addresses.PATTERN})


def _addressed(name: str | None) -> str | None:
    """Return an id that can stand in a path: what it names must be found again.

    Raises:
        ValueError: It can't.
    """
    if name is not None and not addresses.fits_a_path(name):
        raise ValueError(f"it {addresses.REMEDY}")
    return name


def _in_path(way: Way) -> Sequence[str]:
    return re.findall(r"{(\w+)}", way.path)


def _fixed_in(way: Way, fixes: Fixed) -> Fixed:
    """Return the fields of the command that one of those who may ask for it fixes."""
    askers = [Asker(role, "anybody") for role in roles_of(way.who)]
    named = {field.name for field in fields(way.command)}
    return {
        name: own_of
        for name, own_of in {**IDS, **fixes}.items()
        if name in named and any(own_of(asker) for asker in askers)
    }


def _answered(way: Way) -> Any:  # noqa: ANN401 - a model, or the union of two
    return Version if way.preview is None else Version | _return_type(way.preview)


def _return_type(shown: Shown) -> type[BaseModel]:
    kind: type[BaseModel] = get_type_hints(shown)["return"]
    return kind


def etag(version: int) -> dict[str, str]:
    """Return the header that names a version of what is answered."""
    return {"ETag": f'"{version}"'}


def _endpoint(
    way: Way, to_request: ToRequest, which: Fixed, segments: AbstractSet[str]
) -> Callable[..., BaseModel]:
    in_path = _in_path(way)
    hints = get_type_hints(way.command, include_extras=True)
    hints |= {
        name: Annotated[hints[name], AfterValidator(_addressed), _ADDRESSED]
        for name in hints
        if name.endswith(tuple(segments))
    }
    hints |= {name: hints[name] | None for name in which if name not in in_path}
    body = _body(way.command, hints, {*in_path, "at"}, which)

    def carry_out(**given: Any) -> BaseModel:  # noqa: ANN401 - as the signature below says
        said = given.pop("body", None)
        values = (
            {name: getattr(said, name) for name in type(said).model_fields} if said else {}
        )
        asked = _Asked(**{name: given.pop(name) for name in _ASKING if name in given})
        lend: Lend | None = given.pop("lend", None)
        before: Before | None = given.pop("before", None)
        command = way.command(**fixed({**given, **values}, which, asked.asker))
        known = command
        if way.prepare is not None and lend is not None:
            with lend() as db:  # others need it while this one waits its turn
                known = way.prepare(command, db)
        return asked.of(way, to_request(known, asked.asker), before)

    signature = _signature(way, {name: hints[name] for name in in_path}, body)
    carry_out.__signature__ = signature  # type: ignore[attr-defined]  # FastAPI reads it
    carry_out.__name__ = _words(way.command.__name__).replace(" ", "_").lower()
    return carry_out


def _signature(
    way: Way, in_path: dict[str, Any], body: type[BaseModel] | None
) -> Signature:
    """Return what the endpoint of `way` takes."""
    taken = in_path | {"at": Now, **_ASKING}
    defaults: dict[str, Any] = {"if_match": None, "dry_run": False}
    if body is not None:
        taken["body"] = body
    if way.prepare is not None:
        taken["lend"] = Lending
    if way.before is not None:
        taken["before"] = Annotated[Before | None, way.before]
    if way.preview is None:
        del taken["dry_run"]
    empty, keyword = Parameter.empty, Parameter.KEYWORD_ONLY
    return Signature(
        [
            Parameter(name, keyword, annotation=kind, default=defaults.get(name, empty))
            for name, kind in taken.items()
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """How a command is asked: by whom, under which key, on what was seen, in earnest?"""

    asker: Asker
    key: str
    digest: bytes
    streams: Streams
    response: Response
    if_match: str | None
    dry_run: bool = False

    def of(self, way: Way, request: AnyRequest, before: Before | None) -> BaseModel:
        """Carry `request` out once `before` lets it pass, or show what it would do.

        Raises:
            NotSeen: It is an edit in earnest, and does not say what was seen.
            Refused: As `transact_after`.
        """
        since = None if self.if_match is None else int(self.if_match.strip('"'))
        asked = replace(
            request, key=self.key, digest=self.digest, since=since, actor=str(self.asker)
        )
        if self.dry_run and way.preview is not None:
            seen = self.streams.preview(asked)
            if seen.refused is not None:
                raise seen.refused
            self.response.headers.update(etag(seen.version))
            return way.preview(seen)
        if way.preview is not None and since is None:
            raise NotSeen
        version = transact_after(before, asked, self.streams).version
        self.response.headers.update(etag(version))
        return Version(version=version)


_ASKING: Final[dict[str, Any]] = {
    "asker": Asking,
    "key": IdempotencyKey,
    "digest": Digest,
    "streams": StreamsHere,
    "response": Response,
    "if_match": IfMatch,
    "dry_run": DryRun,
}


def _body(
    command: type, hints: dict[str, Any], taken: set[str], which: Fixed
) -> type[BaseModel] | None:
    """Return a model of what is left to say, or None if that is nothing.

    What `which` fixes need not be said; who must name it is told so later.
    """
    defaults = {f.name: ... if f.default is MISSING else f.default for f in fields(command)}
    defaults |= dict.fromkeys(which)
    left: dict[str, Any] = {
        field.name: (hints[field.name], defaults[field.name])
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
