"""Every operation of every service, asked by all who might ask, and by who should not."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from json import dumps
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from kit.asker import ROLES, Role
from market.tokens import TERMS
from tests.asking.conftest import Services, export_id
from tests.asking.operations import OPERATIONS, Operation
from tests.tokens import KEY, PUBLIC, bearing, part

WHO: Final[Mapping[Role, str]] = {
    "seller": "s-1",
    "buyer": "b-1",
    "operator": "op-1",
    "service": "gateway",
}
OTHERS: Final[Mapping[Role, str]] = {"seller": "s-2", "buyer": "b-2"}
PLAIN: Final = {
    "topic": "orders.v1",
    "stream": "order-o-1",
    "month": "2025-04",
    "line_id": "l-1",
    "version": "2026-01",
}
_numbers: Final = count()

guarded = [operation for operation in OPERATIONS if not operation.is_open]
opened = [operation for operation in OPERATIONS if operation.is_open]
about_somebody = [each for each in guarded if each.is_about_somebody]


def ids(number: str, role: Role = "seller") -> dict[str, str]:
    """The ids of what one seller and one buyer have; of nobody's, with a number unknown."""
    names = {"order_id": "o", "shipment_id": "h", "seller_id": "s"}
    names |= {"product_id": "p", "buyer_id": "b", "customer_id": "c", "request_id": "r"}
    names |= {"conversation_id": "v", "message_id": "m", "plan_id": "n", "appeal_id": "a"}
    by = role if role in OTHERS else "marketplace"
    made = {name: f"{letter}-{number}" for name, letter in names.items()}
    return PLAIN | {"role": by, "export_id": export_id(number)} | made


def ask(
    http: TestClient, operation: Operation, about: Mapping[str, str], **headers: str
) -> Response:
    request = operation.request(about, f"k-{next(_numbers)}")
    return http.request(**request | {"headers": request["headers"] | headers})


def test_every_operation_is_in_the_table_with_the_roles_that_its_description_names(
    services: Services,
) -> None:
    described = {
        f"{name}: {method.upper()} {path}": said.get("security", [{"token": []}])
        for name, app in services.apps.items()
        for path, methods in app.openapi()["paths"].items()
        for method, said in methods.items()
    }

    listed = {each.name: [{"token": sorted(each.roles)}] for each in OPERATIONS}
    assert {w: [{"token": sorted(s["token"])}] for w, (s,) in described.items()} == listed


@pytest.mark.parametrize("operation", opened, ids=str)
def test_what_is_open_answers_anybody(operation: Operation, services: Services) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}):
        http = services.client(operation.service, headers)

        assert ask(http, operation, ids("1")).status_code == 200


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", guarded, ids=str)
def test_a_role_is_let_in_where_it_may_and_nowhere_else(
    operation: Operation, role: Role, services: Services
) -> None:
    http = services.client(operation.service, bearing(role, WHO[role]))
    before = services.recorded()

    answer = ask(http, operation, ids("1", role))

    if role in operation.roles:
        assert (
            answer.status_code in {200, 202, 409, 412}
            or answer.json()["type"] == "not-parked"
        )
    else:
        assert (answer.status_code, answer.json()["type"]) == (403, "role-not-allowed")
        assert "insufficient_scope" in answer.headers["WWW-Authenticate"]
        assert services.recorded() == before


def of_others() -> list[tuple[Operation, Role]]:
    return [(o, role) for o in about_somebody for role in OTHERS if role in o.roles]


@pytest.mark.parametrize(("operation", "role"), of_others(), ids=str)
def test_what_is_anothers_is_answered_as_what_does_not_exist(
    operation: Operation, role: Role, services: Services
) -> None:
    http = services.client(operation.service, bearing(role, OTHERS[role]))
    before = services.recorded()

    theirs = ask(http, operation, ids("1", role))
    nobodys = ask(http, operation, ids("unknown", role))

    assert theirs.status_code == nobodys.status_code == (200 if operation.many else 404)
    assert anonymous(theirs, "1") == anonymous(nobodys, "unknown")
    assert services.recorded() == before


@pytest.mark.parametrize("seen", ['"1"', '"99"'])
@pytest.mark.parametrize(
    ("operation", "role"),
    [each for each in of_others() if each[0].method == "POST"],
    ids=str,
)
def test_nobody_learns_from_what_they_say_they_saw_how_anothers_went_on(
    operation: Operation, role: Role, seen: str, services: Services
) -> None:
    http = services.client(operation.service, bearing(role, OTHERS[role]))

    theirs = ask(http, operation, ids("1", role), **{"If-Match": seen})
    nobodys = ask(http, operation, ids("unknown", role), **{"If-Match": seen})

    assert theirs.status_code == nobodys.status_code == (200 if operation.many else 404)
    assert anonymous(theirs, "1") == anonymous(nobodys, "unknown")


def anonymous(answer: Response, number: str) -> tuple[dict[str, str], str]:
    """All that is answered, but for the ids that were asked about."""
    text = answer.text
    for name, value in ids(number).items():
        if name.endswith("_id"):
            text = text.replace(repr(value), name).replace(dumps(value), name)
    headers = {n: v for n, v in answer.headers.items() if n != "content-length"}
    return headers, text


NAMING_SELLERS: Final = {"/orders", "/scorecards", "/store-fees/{month}"}
"""Whose answers say of whom they are."""


@pytest.mark.parametrize(
    "operation",
    [each for each in guarded if each.query and each.path in NAMING_SELLERS],
    ids=str,
)
def test_a_seller_who_names_none_is_answered_of_their_own_alone(
    operation: Operation, services: Services
) -> None:
    unnamed = {n: value for n, value in operation.query.items() if n != "seller_id"}
    asked = operation.request(ids("2"), "k") | {"params": unnamed}

    for mine, other in (("s-1", "s-2"), ("s-2", "s-1")):
        http = services.client(operation.service, bearing("seller", mine))
        text = http.request(**asked).text
        assert f'"{mine}"' in text
        assert f'"{other}"' not in text


HOUR: Final = timedelta(hours=1)
ANOTHER_KEY: Final = ECKey.generate_key("P-256", {"kid": "tests"}, private=True)
AS_SECRET: Final = OctKey.import_key(PUBLIC.encode())


def claims(role: Role, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - any claim
    """What a good token says, but for `other`."""
    now = datetime.now(UTC)  # noqa: TID251 - services have a clock of their own
    return {
        "iss": TERMS.issuer,
        "aud": TERMS.audience,
        "sub": WHO[role],
        "role": role,
        "iat": int((now - HOUR).timestamp()),
        "exp": int((now + HOUR).timestamp()),
    } | other


def signed(said: dict[str, Any], key: Any = KEY, alg: str = "ES256") -> str:  # noqa: ANN401 - a key
    return jwt.encode({"alg": alg, "kid": "tests"}, said, key, [alg])


def bad_tokens(role: Role) -> dict[str, str]:
    """Tokens of one who may, each with one thing wrong."""
    good = signed(claims(role))
    another: Role = "operator" if role == "seller" else "seller"
    other_payload = signed(claims(another, sub="s-1")).split(".")[1]
    header, payload, signature = good.split(".")
    return {
        "expired": signed(claims(role, exp=claims(role)["iat"] + 1)),
        "re-signed": signed(claims(role), ANOTHER_KEY),
        "changed": f"{header}.{other_payload}.{signature}",
        "signed with what is public": signed(claims(role), AS_SECRET, "HS256"),
        "for another audience": signed(claims(role, aud="portal")),
        "of another issuer": signed(claims(role, iss="elsewhere")),
        "unsigned": f"{part({'alg': 'none'})}.{payload}.",
        "its signature cut off": f"{header}.{payload}.",
    }


@pytest.mark.parametrize("operation", guarded, ids=str)
def test_without_a_good_token_nobody_is_let_in(
    operation: Operation, services: Services
) -> None:
    role = min(operation.roles)
    before = services.recorded()
    http = services.client(operation.service, {})

    missing = ask(http, operation, ids("1", role))
    answers = {
        name: ask(
            services.client(operation.service, {"Authorization": f"Bearer {token}"}),
            operation,
            ids("1", role),
        )
        for name, token in bad_tokens(role).items()
    }

    assert (missing.status_code, missing.json()["type"]) == (401, "token-missing")
    assert missing.headers["WWW-Authenticate"] == 'Bearer realm="market"'
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        answers, 401
    )
    for answer in answers.values():
        assert answer.json()["type"] == "token-refused"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert services.recorded() == before
