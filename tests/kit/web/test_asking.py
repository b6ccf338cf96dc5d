"""The gates: no request gets anywhere without saying who asks, and may."""

import json

import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from kit.blueprint import Blueprint
from kit.serving import build
from kit.web.asking import OPEN, Asking, UndeclaredRoute, may
from tests.tokens import asking, bearing, settings, token

NOWHERE = settings("postgresql://nobody@127.0.0.1:1/none")


def service(router: APIRouter) -> FastAPI:
    return build(Blueprint(name="shop", topic=None, router=router), NOWHERE)


def shop() -> FastAPI:
    router = APIRouter(prefix="/shop")

    @router.get("/door", dependencies=[OPEN])
    def look_in() -> str:
        return "open"

    @router.post("/door", dependencies=[may("operator")])
    def shut(body: dict[str, int], asker: Asking) -> str:
        return f"shut {len(body)} times by {asker}"

    outer = APIRouter(dependencies=[may("operator", "service")])

    @outer.get("/till")
    def count() -> str:
        return "much"

    @outer.get("/safe", dependencies=[may("service")])
    def unlock() -> str:
        return "more"

    router.include_router(outer)
    return service(router)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return shop()


def test_a_route_that_does_not_say_whom_it_is_for_keeps_the_app_from_starting() -> None:
    router = APIRouter()
    router.add_api_route("/back-door", lambda: "open")

    with pytest.raises(UndeclaredRoute, match="/back-door"):
        service(router)


def test_a_route_deep_inside_must_say_it_too() -> None:
    inner, outer = APIRouter(), APIRouter(prefix="/shop")
    inner.add_api_route("/back-door", lambda: "open")
    outer.include_router(inner)

    with pytest.raises(UndeclaredRoute, match="/shop/back-door"):
        service(outer)


def test_what_is_no_http_is_not_served() -> None:
    router = APIRouter()

    @router.websocket("/hatch")
    async def hatch(_: WebSocket) -> None: ...

    with pytest.raises(UndeclaredRoute, match="/hatch"):
        service(router)


def test_a_websocket_is_shut_at_the_gate(app: FastAPI) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        TestClient(app).websocket_connect("/shop/door", headers=bearing("operator", "o")),
    ):
        pass


def test_what_is_open_needs_no_token_by_its_own_method_alone(app: FastAPI) -> None:
    http = TestClient(app)

    assert http.get("/shop/door").json() == "open"
    assert http.post("/shop/door", json={}).status_code == 401
    assert http.delete("/shop/door").status_code == 401
    assert [http.get(path).status_code for path in ("/docs", "/openapi.json")] == [200] * 2


def test_who_asks_is_told_to_the_endpoint(app: FastAPI) -> None:
    answer = asking(app).post("/shop/door", json={"a": 1})

    assert answer.json() == "shut 1 times by operator:op-1"


@pytest.mark.parametrize("path", ["/shop/till", "/nowhere", "/shop/door/", "//shop/door"])
def test_without_a_token_nobody_learns_whether_there_is_such_a_path(
    app: FastAPI, path: str
) -> None:
    answer = TestClient(app, follow_redirects=False).get(path)

    assert (answer.status_code, answer.json()["type"]) == (401, "token-missing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="market"'


def test_a_body_is_not_even_read_before_it_is_known_who_sends_it(app: FastAPI) -> None:
    told = {"content-type": "application/json"}

    answer = TestClient(app).post("/shop/door", content=b"{no json", headers=told)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic b3A6b3A=",
        token("operator", "op-1"),
        f"Token {token('operator', 'op-1')}",
        f"Bearer {token('operator', 'op-1')} {token('operator', 'op-1')}",
        "Bearer \u00e9",
    ],
)
def test_credentials_of_another_kind_are_refused_and_told_why(
    app: FastAPI, given: str
) -> None:
    raw = given.encode("latin-1")

    answer = TestClient(app).get("/shop/till", headers=[(b"authorization", raw)])

    assert (answer.status_code, answer.json()["type"]) == (401, "token-refused")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_two_tokens_are_none(app: FastAPI) -> None:
    both = [("Authorization", f"Bearer {token('operator', who)}") for who in ("a", "b")]

    assert TestClient(app).get("/shop/till", headers=both).status_code == 401


def test_the_scheme_may_be_written_in_any_case(app: FastAPI) -> None:
    headers = {"Authorization": f"bEARER {token('operator', 'op-1')}"}

    assert TestClient(app).get("/shop/till", headers=headers).json() == "much"


def test_the_wrong_role_is_told_which_are_right(app: FastAPI) -> None:
    answer = asking(app, "seller", "s-1").get("/shop/till")

    assert (answer.status_code, answer.json()["type"]) == (403, "role-not-allowed")
    said = answer.headers["WWW-Authenticate"]
    assert said.endswith('error="insufficient_scope", scope="operator service"')


def test_of_two_declarations_both_must_hold(app: FastAPI) -> None:
    assert asking(app, "operator").get("/shop/safe").status_code == 403
    assert asking(app, "service").get("/shop/safe").json() == "more"


def test_roles_are_told_in_the_description_of_the_api(app: FastAPI) -> None:
    said = json.loads(TestClient(app).get("/openapi.json").text)

    assert said["paths"]["/shop/till"]["get"]["security"] == [
        {"token": ["operator", "service"]}
    ]
    assert "security" not in said["paths"]["/shop/door"]["get"]
