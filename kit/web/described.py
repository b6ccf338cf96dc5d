"""What an API's own description says of problems: which there may be, and how they look.

It follows from what an operation declares: whom it is for, what it takes, what it names.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from kit.web.problems import MEDIA_TYPE

Json: TypeAlias = dict[str, Any]

_SCHEMAS: Final = "#/components/schemas/"
_OF_FASTAPI: Final = ("HTTPValidationError", "ValidationError")
_WHOSE: Final = frozenset({"seller_id", "buyer_id"})
_ETAG: Final = {
    "ETag": {
        "description": "The version of what was asked for: give it as `If-Match`.",
        "schema": {"type": "string", "pattern": r'^"\d+"$'},
    }
}


class ProblemDocument(BaseModel):
    """Why a request was not carried out; nothing of it was kept.

    `type` names the kind of problem, and `detail` says what to do about it. Some kinds say
    more, in fields of their own.
    """

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


class InvalidField(BaseModel):
    """A field of a request, and what is wrong with it."""

    field: str
    reason: str


class InvalidRequest(ProblemDocument):
    """A request that can't be read as one, and why; field by field, where fields say it."""

    errors: list[InvalidField] = []


class ChangedSince(ProblemDocument):
    """What happened since the version that `If-Match` names: read it, then ask again."""

    version: int | None = None
    changed: list[Json] | None = None


_KINDS: Final[dict[HTTPStatus, type[ProblemDocument]]] = {
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidRequest,
    HTTPStatus.PRECONDITION_FAILED: ChangedSince,
}


def describe_problems(app: FastAPI) -> None:
    """Let the description of `app` say of each operation which problems it answers."""
    made = app.openapi

    def openapi() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(made())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


def problems(*statuses: HTTPStatus) -> dict[int | str, Json]:
    """Return the `responses` of a route that has problems which nothing else tells of."""
    return {int(status): _answer(status) for status in statuses}


def _with_problems(document: Json) -> Json:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _OF_FASTAPI:
        schemas.pop(name, None)
    for kind in (ProblemDocument, InvalidRequest, ChangedSince):
        said = kind.model_json_schema(ref_template=_SCHEMAS + "{model}")
        schemas |= said.pop("$defs", {}) | {kind.__name__: said}
    for methods in document["paths"].values():
        for operation in methods.values():
            _without_null(operation)
            answers = operation["responses"]
            answers |= {str(status): _answer(status) for status in _problems_of(operation)}
            if "If-Match" in _names(operation) and "200" in answers:
                answers["200"].setdefault("headers", {}).update(_ETAG)
    return document


def _without_null(operation: Json) -> None:
    """Take null out of what parameters may be: in a URL or a header there is no such word.

    One that is not given is left out.
    """
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        match schema:
            case {"anyOf": [one, {"type": "null"}]}:
                del schema["anyOf"]
                parameter["schema"] = one | schema
            case _:
                pass


def _problems_of(operation: Json) -> Iterator[HTTPStatus]:
    """Yield what an operation may answer that went wrong, from what it declares."""
    names, in_path = _names(operation), _names(operation, "path")
    if "security" in operation:
        yield HTTPStatus.UNAUTHORIZED
        yield HTTPStatus.FORBIDDEN
        yield HTTPStatus.SERVICE_UNAVAILABLE
    if "requestBody" in operation:
        yield HTTPStatus.BAD_REQUEST
    if "422" in operation["responses"]:
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if in_path or names & _WHOSE or "404" in operation["responses"]:
        yield HTTPStatus.NOT_FOUND
    if "Idempotency-Key" in names:
        yield HTTPStatus.NOT_FOUND
        yield HTTPStatus.CONFLICT
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if "If-Match" in names:
        yield HTTPStatus.PRECONDITION_FAILED
    if "dry_run" in names:
        yield HTTPStatus.PRECONDITION_REQUIRED


def _names(operation: Json, where: str | None = None) -> set[str]:
    given = operation.get("parameters", ())
    return {one["name"] for one in given if where in {None, one["in"]}}


def _answer(status: HTTPStatus) -> Json:
    schema = {"$ref": _SCHEMAS + _KINDS.get(status, ProblemDocument).__name__}
    return {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
