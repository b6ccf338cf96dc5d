"""What an API's description says of problems."""

import json
from http import HTTPStatus
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Header, Query
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from kit.web.asking import OPEN, may
from kit.web.described import describe_problems, problems
from kit.web.problems import problem

router = APIRouter(dependencies=[may("seller")])


class Wish(BaseModel):
    units: int | None = None


@router.get("/wishes")
def read_wishes(seller_id: Annotated[str | None, Query(max_length=9)] = None) -> list[str]:
    return [str(seller_id)]


@router.post("/wishes/{wish_id}")
def wish(
    wish_id: str,
    body: Wish,
    key: Annotated[str, Header(alias="Idempotency-Key")],
    seen: Annotated[str | None, Header(alias="If-Match")] = None,
    *,
    dry_run: bool = False,
) -> str:
    return f"{wish_id} {body} {key} {seen} {dry_run}"


@router.get("/counts", responses=problems(HTTPStatus.GONE))
def read_counts() -> int:
    return 0


@pytest.fixture
def document() -> dict[str, Any]:
    app = FastAPI()
    app.include_router(router)
    app.get("/health", dependencies=[OPEN])(read_counts)
    describe_problems(app)
    assert app.openapi() is app.openapi()
    return app.openapi()


def answers(document: dict[str, Any], path: str, method: str = "get") -> set[int]:
    return {*map(int, document["paths"][path][method]["responses"])}


def test_what_is_open_and_takes_nothing_has_no_problems(document: dict[str, Any]) -> None:
    assert answers(document, "/health") == {200}


def test_what_is_for_some_refuses_others(document: dict[str, Any]) -> None:
    assert answers(document, "/counts") == {200, 401, 403, 410, 503}


def test_whose_id_is_asked_may_be_unknown(document: dict[str, Any]) -> None:
    assert answers(document, "/wishes") == {200, 401, 403, 404, 422, 503}


def test_a_command_may_be_refused_and_an_edit_wants_to_be_seen(
    document: dict[str, Any],
) -> None:
    assert answers(document, "/wishes/{wish_id}", "post") == {
        *(200, 400, 401, 403, 404, 409, 412, 413, 422, 428, 503)
    }
    done = document["paths"]["/wishes/{wish_id}"]["post"]["responses"]["200"]
    assert [*done["headers"]] == ["ETag"]


def test_a_problem_is_what_the_description_says(document: dict[str, Any]) -> None:
    answer = problem(HTTPStatus.CONFLICT, "taken", "it is another's", short=[])
    said = document["paths"]["/wishes/{wish_id}"]["post"]["responses"]["409"]["content"]

    assert [*said] == [answer.media_type]
    validator = Draft202012Validator({**said[answer.media_type]["schema"], **document})
    assert [*validator.iter_errors(bytes(answer.body).decode())] != []
    assert [*validator.iter_errors(json.loads(bytes(answer.body)))] == []


def test_no_parameter_is_said_to_be_null_but_a_body_may_have_it(
    document: dict[str, Any],
) -> None:
    (seller_id,) = document["paths"]["/wishes"]["get"]["parameters"]

    assert seller_id["schema"]["type"] == "string"
    assert seller_id["schema"]["maxLength"] == 9
    units = document["components"]["schemas"]["Wish"]["properties"]["units"]
    assert {"type": "null"} in units["anyOf"]


def test_the_frameworks_own_errors_are_not_described(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in str(document)
