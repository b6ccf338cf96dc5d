"""Commands over HTTP: a way in for each, its fields taken from the command's own class.

Whoever asks names the request with an `Idempotency-Key`; asked again with it, it is
answered the same. The moment of a command is this service's clock.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields, replace
from datetime import datetime
from hashlib import sha256
from inspect import Parameter, Signature, getdoc
from typing import Annotated, Any, Final, TypeAlias, get_type_hints

from fastapi import APIRouter, Depends, Header, Request as HttpRequest
from fastapi.params import Depends as Dependency
from pydantic import BaseModel, ConfigDict, create_model

from kit.eventstore.requests import AnyRequest
from kit.eventstore.streams import Streams, transact
from kit.web.asking import Asker, Asking, roles_of
from kit.web.whose import IDS, Fixed, fixed

LONGEST_KEY: Final = 200

ToRequest: TypeAlias = Callable[[Any, Asker], AnyRequest]
Way: TypeAlias = tuple[str, type, Dependency]
"""A path, the command that it is for, and who may: `may(...)`."""

NOTHING_ELSE: Final[Fixed] = {}


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
    return key if asker.acts_for_all else f"{asker} {key}"


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
    for path, command, who in ways:
        router.add_api_route(
            path,
            _endpoint(path, command, to_request, _fixed_in(command, who, fixes)),
            methods=["POST"],
            response_model=Version,
            summary=_words(command.__name__),
            description=getdoc(command) if "__doc__" in vars(command) else None,
            dependencies=[who],
        )
    return router


def _fixed_in(command: type, who: Dependency, fixes: Fixed) -> Fixed:
    """Return the fields of `command` that one of those who may ask for it fixes."""
    askers = [Asker(role, "anybody") for role in roles_of(who)]
    named = {field.name for field in fields(command)}
    return {
        name: own_of
        for name, own_of in {**IDS, **fixes}.items()
        if name in named and any(own_of(asker) for asker in askers)
    }


def _endpoint(
    path: str, command: type, to_request: ToRequest, which: Fixed
) -> Callable[..., Version]:
    in_path = re.findall(r"{(\w+)}", path)
    hints = get_type_hints(command, include_extras=True)
    hints |= {name: hints[name] | None for name in which if name not in in_path}
    body = _body(command, hints, {*in_path, "at"}, which)

    def carry_out(**given: Any) -> Version:  # noqa: ANN401 - as the signature below says
        said = given.pop("body", None)
        values = (
            {name: getattr(said, name) for name in type(said).model_fields} if said else {}
        )
        streams, asker = given.pop("streams"), given.pop("asker")
        name = {"key": given.pop("key"), "digest": given.pop("digest")}
        asked = to_request(command(**fixed({**given, **values}, which, asker)), asker)
        request = replace(asked, **name, actor=str(asker))
        return Version(version=transact(streams, request).version)

    taken = {name: hints[name] for name in in_path} | ({"body": body} if body else {})
    taken |= {"asker": Asking, "key": IdempotencyKey, "digest": Digest}
    taken |= {"streams": StreamsHere, "at": Now}
    carry_out.__signature__ = Signature(  # type: ignore[attr-defined]  # FastAPI reads it
        [Parameter(n, Parameter.KEYWORD_ONLY, annotation=kind) for n, kind in taken.items()]
    )
    carry_out.__name__ = _words(command.__name__).replace(" ", "_").lower()
    return carry_out


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
