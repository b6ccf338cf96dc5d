"""HTTP answers that every service gives alike: problem+json (RFC 9457)."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import psycopg
from aiokafka.errors import KafkaConnectionError
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException

from contracts.registry import UnknownTypeError
from kit.database import passing
from kit.domain import Refused
from kit.eventstore.records import FactTooLarge
from kit.eventstore.seen import Changed, NotSeen
from kit.eventstore.streams import StoreUnavailable, StreamConflict
from kit.peers import PeerAway
from kit.readmodels.topics import HistoryGone

_log: Final = logging.getLogger(__name__)
INVALID: Final = "invalid-request"
MEDIA_TYPE: Final = "application/problem+json"


def answer_problems(app: FastAPI, statuses: Mapping[str, HTTPStatus]) -> None:
    """Answer what `app` can't do as problem+json: a refusal is 409 unless `statuses` says.

    Shape: `statuses` by the refusal's code, which is also the `type` of the answer.
    """
    known = {**_REFUSALS, **statuses}

    def refused(_: Request, why: Exception) -> JSONResponse:
        code = why.code if isinstance(why, Refused) else Refused.code
        more = why.more if isinstance(why, Refused) else {}
        return problem(known.get(code, HTTPStatus.CONFLICT), code, str(why), **more)

    def invalid(_: Request, why: Exception) -> JSONResponse:
        errors = why.errors() if isinstance(why, RequestValidationError) else ()
        fields = [_field(error) for error in errors]
        detail = "; ".join(f"{field['field']}: {field['reason']}" for field in fields)
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, INVALID, detail, errors=fields)

    def unforeseen(request: Request, why: Exception) -> JSONResponse:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=why)
        detail = "the service failed at this request and has logged why; ask its operators"
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", detail)

    def of_database(request: Request, why: Exception) -> JSONResponse:
        if not passing(why):
            return unforeseen(request, why)
        detail = "the database does not answer: ask again"
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable", detail)

    app.add_exception_handler(Exception, unforeseen)
    app.add_exception_handler(SQLAlchemyError, of_database)
    app.add_exception_handler(psycopg.Error, of_database)
    app.add_exception_handler(KafkaConnectionError, _of_broker)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(StarletteHTTPException, _of_http)
    for kind, status, code in _OURS:
        app.add_exception_handler(kind, _answer(status, code))


def _of_broker(_: Request, why: Exception) -> JSONResponse:
    detail = f"the broker does not answer ({why}): ask again"
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "broker-unavailable", detail)


def _of_http(request: Request, why: Exception) -> JSONResponse:
    status = HTTPStatus(why.status_code if isinstance(why, StarletteHTTPException) else 500)
    code = status.phrase.lower().replace(" ", "-")
    detail = str(why.detail) if isinstance(why, HTTPException) else status.description
    answer = problem(status, code, detail)
    answer.headers.update(getattr(why, "headers", None) or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return answer


def _methods_at(request: Request) -> set[str]:
    """Return the methods that the path of `request` has, each of a route of its own."""
    routes = iter_route_contexts(request.app.routes)
    here = [each for each in routes if each.path_regex.match(request.url.path)]
    return {method for each in here for method in each.methods or ()}


_REFUSALS: Final[Mapping[str, HTTPStatus]] = {
    FactTooLarge.code: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Changed.code: HTTPStatus.PRECONDITION_FAILED,
    NotSeen.code: HTTPStatus.PRECONDITION_REQUIRED,
    "seller-unknown": HTTPStatus.NOT_FOUND,
    "buyer-unknown": HTTPStatus.NOT_FOUND,
    "not-theirs-to-say": HTTPStatus.FORBIDDEN,
}
_OURS: Sequence[tuple[type[Exception], HTTPStatus, str]] = (
    (StreamConflict, HTTPStatus.CONFLICT, "stream-conflict"),
    (StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable"),
    (PeerAway, HTTPStatus.SERVICE_UNAVAILABLE, "peer-unavailable"),
    (UnknownTypeError, HTTPStatus.INTERNAL_SERVER_ERROR, "unknown-type"),
    (HistoryGone, HTTPStatus.INTERNAL_SERVER_ERROR, "history-gone"),
)


def problem(status: HTTPStatus, code: str, detail: str, **more: object) -> JSONResponse:
    """Return a problem: what kind it is, what happened, and what else tells more.

    Source: RFC 9457.
    """
    body = {"type": code, "title": status.phrase, "status": status, "detail": detail}
    headers = {"Retry-After": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse({**body, **more}, status, headers, media_type=MEDIA_TYPE)


def _answer(status: HTTPStatus, code: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - Starlette's own union
    def answer(_: Request, why: Exception) -> JSONResponse:
        return problem(status, code, str(why))

    return answer


def _field(error: Mapping[str, Any]) -> dict[str, str]:
    where, *path = [str(part) for part in error["loc"]] or ["body"]
    if where not in {"body", "query", "path"}:
        path = [where, *path]
    return {"field": ".".join(path) or "body", "reason": _reason(error)}


def _reason(error: Mapping[str, Any]) -> str:
    """Return why, without what pydantic puts before our own words."""
    return str(error["msg"]).removeprefix("Value error, ")
