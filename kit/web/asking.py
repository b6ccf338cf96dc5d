"""Who is asking, over HTTP: nobody without a good token, and none but whom a route names.

A route says `may(...)`, or `OPEN`; an app with one that says neither does not start.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, TypeAlias, cast

from fastapi import Depends, FastAPI, Request, Security
from fastapi.params import Depends as Dependency
from fastapi.responses import JSONResponse
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from kit.asker import ROLES, Asker, Role
from kit.tokens import TokenRefused, Verifier
from kit.web.problems import problem

__all__ = [
    "OPEN",
    "ROLES",
    "Asker",
    "Asking",
    "Gate",
    "Role",
    "RoleNotAllowed",
    "UndeclaredRoute",
    "guard",
    "may",
    "roles_of",
]

Ways: TypeAlias = frozenset[tuple[str, str]]
"""Methods and paths."""

_REALM: Final = 'Bearer realm="market"'
_BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    bearerFormat="JWT",
    description="Says who is asking; `market token` makes one locally.",
)


class UndeclaredRoute(RuntimeError):  # noqa: N818 - reads as English where raised
    """A route that does not say who may call it. The app does not start."""


class RoleNotAllowed(Exception):  # noqa: N818 - see kit.domain.Refused
    """Somebody asked what only others may."""

    def __init__(self, asker: Asker, roles: tuple[Role, ...]) -> None:
        super().__init__(f"a {asker.role} may not do this; it is for: {', '.join(roles)}")
        self.roles = roles


class _TokenMissing(TokenRefused):
    """A request that came without any."""


def asker_of(request: Request) -> Asker:
    """Return who is asking, as the gate found."""
    asker: Asker = request.state.asker
    return asker


Asking: TypeAlias = Annotated[Asker, Depends(asker_of)]


@dataclass(frozen=True, slots=True)
class _May:
    roles: tuple[Role, ...]

    def __call__(
        self, asker: Asking, _: Annotated[object, Depends(_BEARER)] = None
    ) -> None:
        if asker.role not in self.roles:
            raise RoleNotAllowed(asker, self.roles)


def may(*roles: Role) -> Dependency:
    """Declare that a route is for `roles`; others are answered 403."""
    return cast("Dependency", Security(_May(roles), scopes=list(roles)))


def roles_of(who: Dependency) -> tuple[Role, ...]:
    """Return the roles that `may` declared."""
    return who.dependency.roles if isinstance(who.dependency, _May) else ()


def _anybody() -> None:
    """Declare nothing else."""


OPEN: Final[Dependency] = Depends(_anybody)
"""Declares that a route is for anybody, without a token."""


def guard(app: FastAPI, verifier: Verifier) -> None:
    """Let nobody into `app` but whom its routes name. Do it when it has all its routes.

    Shape: `app.state.now` is its clock.

    Raises:
        UndeclaredRoute: One does not say who may call it.
    """
    app.add_middleware(Gate, verifier=verifier, open_ways=_open_ways(app))
    app.add_exception_handler(RoleNotAllowed, _forbidden)


def _open_ways(app: FastAPI) -> Ways:
    described = {app.openapi_url, app.docs_url, app.redoc_url}
    described.add(app.swagger_ui_oauth2_redirect_url)
    found = set[tuple[str, str]]()
    for route in iter_route_contexts(app.routes):
        path = route.path or "a route without a path"
        if path in described or _is_open(route, path):
            found |= {(method, path) for method in route.methods or ()}
    return frozenset(found)


def _is_open(route: RouteContext, path: str) -> bool:
    """Return whether `route` is for anybody.

    Raises:
        UndeclaredRoute: It does not say whom it is for.
    """
    needs = getattr(route, "dependant", None)  # codespell:ignore dependant
    said = [each.call for each in needs.dependencies] if needs else []
    for_some = any(isinstance(each, _May) for each in said)
    if route.methods is None or not (for_some or _anybody in said):
        raise UndeclaredRoute(
            f"{path} does not say who may call it: give it `may(...)`, or OPEN"
        )
    return not for_some


@dataclass(frozen=True, slots=True)
class Gate:
    """Asks for a good token before anything else is looked at, wherever it is not open."""

    app: ASGIApp
    verifier: Verifier
    open_ways: Ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, with `state.asker`; answer 401 to the rest."""
        if scope["type"] == "lifespan" or self._is_open(scope):
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        else:
            try:
                token = _token(Headers(scope=scope))
                asker = self.verifier.asker_of(token, scope["app"].state.now())
            except TokenRefused as why:
                await _unauthorized(why)(scope, receive, send)
                return
            state = {**scope.get("state", {}), "asker": asker}  # of this request alone
            await self.app({**scope, "state": state}, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        asked = (scope.get("method"), scope.get("path"))
        return scope["type"] == "http" and asked in self.open_ways


def _token(headers: Headers) -> str:
    """Return the bearer token of a request.

    Raises:
        TokenRefused: What came is something else, or more than one.
        _TokenMissing: Nothing did.
    """
    given = headers.getlist("authorization")
    if not given:
        raise _TokenMissing("give the header `Authorization: Bearer <token>`")
    scheme, _, token = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise TokenRefused("give one header, `Authorization: Bearer <token>`")
    return token.strip()


def _unauthorized(why: TokenRefused) -> JSONResponse:
    missing = isinstance(why, _TokenMissing)
    code = "token-missing" if missing else "token-refused"
    answer = problem(HTTPStatus.UNAUTHORIZED, code, f"token: {why}")
    error = "" if missing else f', error="invalid_token", error_description="{why}"'
    answer.headers["WWW-Authenticate"] = f"{_REALM}{error}"
    return answer


def _forbidden(_: Request, why: Exception) -> JSONResponse:
    answer = problem(HTTPStatus.FORBIDDEN, "role-not-allowed", str(why))
    roles = " ".join(why.roles) if isinstance(why, RoleNotAllowed) else ""
    said = f'{_REALM}, error="insufficient_scope", scope="{roles}"'
    answer.headers["WWW-Authenticate"] = said
    return answer
