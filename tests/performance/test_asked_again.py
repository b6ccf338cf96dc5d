"""Trends over HTTP are had again byte for byte, whatever comes, and whoever judges next."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from kit.serving import build
from services.performance.app import blueprint
from services.performance.model.policy import Policy
from tests.performance.policy_files import SHIPPED, strict_from
from tests.performance.selling import busy_months, got, later, problem, selling, tell
from tests.performance.test_one_seller import LATE
from tests.performance.world import AS_OF, DAY, HOUR, recorded
from tests.tokens import asking, settings

TREND = "/sellers/s-1/trend"
NOW = AS_OF + 12 * HOUR
TO_COME = strict_from(NOW + DAY)
RANGE = {"from": "2026-03-20", "until": "2026-03-31"}


@pytest.fixture
def served(fresh_database: str) -> Iterator[tuple[TestClient, Engine]]:
    with selling(fresh_database) as both:
        yield both


@pytest.mark.parametrize(
    "query",
    [
        RANGE,
        RANGE | {"metric": "acceptance.timely", "policy": "2026-01"},
        RANGE | {"metric": "responses.timely", "by": "week", "known_at": AS_OF.isoformat()},
    ],
)
def test_a_trend_names_the_question_that_gives_it_again_whatever_comes_late(
    served: tuple[TestClient, Engine], query: dict[str, str]
) -> None:
    http, engine = served
    first = http.get(TREND, params=query)

    tell(engine, later(LATE))

    again = first.json()["again"]
    assert http.get(again).content == first.content
    fresh = got(http, TREND, **query | {"metric": "acceptance.timely"})
    told = got(http, again.replace(first.json()["metric"], "acceptance.timely"))
    assert fresh["points"] != told["points"]


def test_what_is_left_open_of_a_trend_is_said_in_the_question(fresh_database: str) -> None:
    with serving(fresh_database, NOW, SHIPPED) as http:
        hear(http)
        first = http.get(TREND)
    with serving(fresh_database, NOW + 9 * DAY, SHIPPED) as http:
        assert http.get(TREND).json()["points"] != first.json()["points"]
        assert http.get(first.json()["again"]).content == first.content


@pytest.mark.parametrize("asked", [{}, {"policy": "2026-01"}])
def test_no_policy_that_follows_changes_a_trend_that_was_answered(
    fresh_database: str, asked: dict[str, str]
) -> None:
    with serving(fresh_database, NOW, SHIPPED) as http:
        hear(http)
        first = http.get(TREND, params=asked)

    for now in (NOW + HOUR, NOW + 9 * DAY):
        with serving(fresh_database, now, SHIPPED, TO_COME) as http:
            assert http.get(first.json()["again"]).content == first.content
            assert got(http, "/policies")["policies"][1]["version"] == TO_COME.version

    assert first.json()["policy"] == asked.get("policy")
    assert {each["policy"] for each in first.json()["points"]} == {SHIPPED.version}


def test_a_week_that_did_not_end_has_no_points_and_can_be_asked_again(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    first = http.get(TREND, params=RANGE | {"by": "week", "from": "2026-03-31"})

    assert first.json()["points"] == []
    assert http.get(first.json()["again"]).content == first.content


def test_a_trend_of_what_no_answer_said_is_refused(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served

    status, kind, why = problem(http, TREND, seen="e30")
    assert (status, kind) == (422, "invalid-request")
    assert why.startswith("seen: ")
    assert why.endswith("no answer has said that; give the `seen` of an answer, as it is")


def serving(database: str, now: datetime, *policies: Policy) -> TestClient:
    """Performance on that database, started anew at `now`."""
    return asking(build(blueprint(policies), settings(database)), at=now)


def hear(http: TestClient) -> None:
    state: Any = http.app
    tell(state.state.engine, recorded((fact, timedelta()) for fact in busy_months()))
