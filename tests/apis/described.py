"""What the services say of themselves, how much is asked of them, and by whom."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import count
from typing import Any, Final, TypeAlias, cast
from urllib.parse import quote

import schemathesis
from fastapi import FastAPI
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from starlette.types import ASGIApp, Receive, Scope, Send

from kit.asker import Role
from kit.blueprint import Blueprint
from kit.serving import build
from kit.web.commands import LONGEST_KEY
from services.buyers.app import BLUEPRINT as BUYERS
from services.catalog.app import BLUEPRINT as CATALOG
from services.orders.app import BLUEPRINT as ORDERS
from services.performance.app import BLUEPRINT as PERFORMANCE
from tests.apis.possible import let_it_be_possible
from tests.tokens import asking, bearing, settings

BLUEPRINTS: Final[Mapping[str, Blueprint]] = {
    each.name: each for each in (ORDERS, BUYERS, CATALOG, PERFORMANCE)
}
WHO: Final[Mapping[Role, str]] = {"seller": "s-1", "buyer": "b-1", "operator": "op-1"}
THERE: Final[Mapping[str, str]] = {
    "seller_id": "s-1",
    "buyer_id": "b-1",
    "order_id": "o-1",
    "line_id": "l-1",
    "shipment_id": "h-1",
    "product_id": "p-1",
    "request_id": "r-1",
    "customer_id": "c-1",
    "conversation_id": "v-1",
    "message_id": "m-1",
    "plan_id": "n-1",
    "appeal_id": "a-1",
    "version": "2026-01",
}
"""What there is, by the names that paths call it."""

READ_AT: Final = (
    "/orders/{order_id}",
    "/sellers/{seller_id}/products/{product_id}/listing",
)
"""Where what can be edited is read."""

KNOWN_BY_TOKEN: Final[Mapping[str, frozenset[str]]] = {
    "seller_id": frozenset({"seller"}),
    "buyer_id": frozenset({"buyer"}),
    "by": frozenset({"seller", "buyer"}),
    "shipped_by": frozenset({"seller"}),
}
"""What those of some roles need not say, since their token does; an operator has to."""

_HOW_MUCH: Final = {
    "generation": {
        "max-examples": 10,
        "deterministic": True,
        "with-security-parameters": False,
    },
    "checks": {
        # What a description can't say: what there is, what else happened, what was seen.
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "403", "404", "409", "412", "428"]
        },
    },
    "operations": [
        {
            # The name of a stream may have a slash: what looks like a path is one, too.
            "include-path-regex": r"\{stream\}/",
            "checks": {"allow_header_conformance": {"enabled": False}},
        },
        {
            # The limits of a policy are tried where a policy is validated, and quickly.
            "include-path-regex": "^/what-if$",
            "phases": {"coverage": {"enabled": False}},
        },
    ],
}


schemathesis.openapi.format(
    "uri", st.from_regex(r"https://[a-z]{1,9}\.example(/[a-z0-9.]{1,20})?", fullmatch=True)
)


class Served:
    """A service for tests that are made of its words: its app comes when they run."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Whoever gave the app starts and stops it, too."""
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{phase}.complete"})
        elif self.app is not None:
            await self.app(scope, receive, send)


_numbers: Final = count()
SERVED: Final = {name: Served() for name in BLUEPRINTS}


def described(name: str, role: Role) -> Any:  # noqa: ANN401 - a schema
    """Return the description that a service gives of itself, as it is for `role`."""
    app = build(BLUEPRINTS[name], settings("postgresql://nobody@127.0.0.1:1/none"))
    # Each limit of each field is tried once, by one who may ask for all.
    limits = {"phases": {"coverage": {"enabled": role == "operator"}}}
    config = SchemathesisConfig.from_dict(_HOW_MUCH | limits)
    document = app.openapi()
    if role == "operator":
        _name_all(document)
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = SERVED[name]
    return schema.exclude(lambda each: not _is_for(role, each.operation.definition.raw))


def _is_for(role: Role, operation: Mapping[str, Any]) -> bool:
    """Say whether `role` may ask for it; what is open to all is an operator's to ask."""
    roles = operation.get("security", [{"token": ["operator"]}])[0]["token"]
    return role in roles


def _name_all(document: dict[str, Any]) -> None:
    """Require what operators have to say, which a description can't ask of them alone."""
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            roles = {*operation.get("security", [{"token": []}])[0]["token"]}
            said = {name for name, known in KNOWN_BY_TOKEN.items() if known & roles}
            for parameter in operation.get("parameters", ()):
                parameter["required"] |= parameter["name"] in said
            content = operation.get("requestBody", {}).get("content", {})
            for schema in _bodies(content.get("application/json", {}), schemas):
                _require(schema, said)


def _bodies(said: Any, schemas: Mapping[str, Any]) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Yield the schemas of a body, and those of what it has many of."""
    match said:
        case {"schema": inner} | {"items": inner} | {"properties": {"items": inner}}:
            yield from _bodies(inner, schemas)
        case {"$ref": str(where)}:
            found = schemas[where.rpartition("/")[2]]
            yield found
            yield from _bodies(found, schemas)
        case _:
            return


def _require(schema: dict[str, Any], names: Collection[str]) -> None:
    for name in sorted(names & schema["properties"].keys()):
        match schema["properties"][name]:
            case {"anyOf": [one, {"type": "null"}]}:
                schema["properties"][name] = one
            case _:
                pass
        schema["required"] = sorted({*schema.get("required", ()), name})


Test: TypeAlias = Callable[[Case[Any]], None]


def answers_as_it_says(name: str, role: Role) -> Test:
    """Return a test of all that `role` may ask of a service, each operation by itself."""

    def test(case: Case[Any]) -> None:
        _ask(case, role)

    made: Test = described(name, role).parametrize()(test)
    return made


def _ask(case: Case[Any], role: Role) -> None:
    """Ask what `case` says as one of `role`, and hold the answer to the description."""
    if case.headers.get("If-Match") == "0":
        case.headers["If-Match"] = '"0"'  # the library takes the quotes of an ETag off
    if case.meta is not None and case.meta.generation.mode.is_positive:
        _let_it_be_about_something(case)
        let_it_be_possible(case)
        _let_it_be_new(case, role)
        case.body = _as_people_write(case.body)
    app = cast("FastAPI", case.operation.schema.app.app)
    case.call_and_validate(headers=bearing(role, WHO[role], app.state.now()))


def _let_it_be_about_something(case: Case[Any]) -> None:
    """Put what there is into the path, one time in two.

    The order that there is stays as it is for others: it is not cancelled.
    """
    ends = case.path.endswith("/cancellation")
    for name, given in ({} if ends else case.path_parameters or {}).items():
        if name in THERE and (name in {"seller_id", "buyer_id"} or len(given) % 2):
            case.path_parameters[name] = THERE[name]
    if isinstance(case.body, dict) and "currency" in case.body:
        case.body["currency"] = "USD"  # of all three letters, few are traded


def _let_it_be_new(case: Case[Any], role: Role) -> None:
    """Ask under a key of its own, and on what stands now, where that has to be said."""
    if "Idempotency-Key" in case.headers:
        key = f"{next(_numbers)} {case.headers['Idempotency-Key']}"
        case.headers["Idempotency-Key"] = key[:LONGEST_KEY]
    if "If-Match" in case.headers:
        del case.headers["If-Match"]
    if any(parameter.name == "dry_run" for parameter in case.operation.query):
        read = next(path for path in READ_AT if case.path.startswith(path.split("}")[0]))
        app = cast("FastAPI", case.operation.schema.app.app)
        names = {n: quote(v, safe="") for n, v in case.path_parameters.items()}
        found = asking(app, role, WHO[role]).get(read.format(**names))
        case.headers["If-Match"] = found.headers.get("ETag", '"1"')


def _as_people_write(body: Any) -> Any:  # noqa: ANN401 - JSON
    """Return `body` with whole numbers written as such: 2.0 is no number of units."""
    if isinstance(body, dict):
        return {name: _as_people_write(value) for name, value in body.items()}
    if isinstance(body, list):
        return [_as_people_write(each) for each in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body
