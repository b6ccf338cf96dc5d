"""Answers about one seller over HTTP are had again byte for byte, whatever comes next."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine

from kit.serving import build
from services.performance.app import blueprint
from services.performance.model.policy import Policy
from services.performance.queries.seen import MOST_ASIDE
from tests.performance.policy_files import SHIPPED, strict_from, with_standard
from tests.performance.selling import busy_months, got, later, problem, selling, tell
from tests.performance.test_one_seller import LATE, set_aside
from tests.performance.world import AS_OF, DAY, HOUR, recorded
from tests.tokens import asking, settings

TREND = "/sellers/s-1/trend"
THEN = AS_OF.isoformat()
EASY = with_standard("responses.timely", SHIPPED, star=0.1, warn=0.1, limit=0.1)
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

    assert problem(http, TREND, seen="e30") == (
        422,
        "invalid-request",
        "seen: no answer has said that; give the `seen` of an answer, as it is",
    )


SCORECARDS = "/scorecards"
WHAT_IF = "/what-if"
Query: TypeAlias = dict[str, Any]
OF_ONE: list[tuple[str, Query]] = [
    (SCORECARDS, {}),
    (SCORECARDS, {"known_at": THEN, "policy": "2026-01", "all": True, "explain": True}),
    (WHAT_IF, {}),
    (WHAT_IF, {"known_at": THEN, "all": True}),
]


@pytest.mark.parametrize(("path", "query"), OF_ONE)
def test_one_of_all_sellers_is_answered_again_whatever_comes_late(
    served: tuple[TestClient, Engine], path: str, query: Query
) -> None:
    http, engine = served
    first = ask(http, path, **query)
    again = first.json()["again"]

    tell(engine, later(LATE))

    assert ask(http, path, again, **query).content == first.content
    assert ask(http, path, again, **{**query, "seller_id": None}).content == first.content
    assert ask(http, path, **query).content != first.content


@pytest.mark.parametrize("path", [SCORECARDS, WHAT_IF])
def test_what_is_answered_of_one_is_what_its_scorecard_says(
    served: tuple[TestClient, Engine], path: str
) -> None:
    http, _ = served
    scorecard = got(http, "/sellers/s-1/scorecard", as_of=THEN, explain="true")

    said = ask(http, path, explain=True, all=True).json()

    assert (said["next"], said["again"] is None) == (None, False)
    if path == WHAT_IF:
        assert said["sellers"][0]["official"] == scorecard["level"]
        assert said["known_at"] is not None
    else:
        assert said["overall"][0]["level"] == scorecard["level"]
        assert said["cards"] == scorecard["cards"]
        assert said["evidence"] == scorecard["evidence"]


def test_so_many_set_aside_that_no_token_could_tell_them_cannot_be_asked_again(
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    for late in later([LATE[0]] * (MOST_ASIDE + 1)):
        set_aside(engine, late.envelope.id, late.envelope.pos)

    answers = [
        got(http, TREND),
        *(ask(http, path).json() for path in (SCORECARDS, WHAT_IF)),
    ]

    assert [each["again"] for each in answers] == [None] * 3


def test_what_was_answered_of_one_seller_goes_on_with_no_other_question(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    cards, compared = (ask(http, p).json()["again"] for p in (SCORECARDS, WHAT_IF))
    all_sellers = ask(http, SCORECARDS, seller_id=None).json()["again"]
    trial = http.get("/policies/2026-01/comparison", params={"as_of": THEN}).json()

    for answer, what in (
        (ask(http, SCORECARDS, cards, seller_id="s-2"), "seller_id s-1"),
        (ask(http, SCORECARDS, cards, explain=True), "explain false"),
        (ask(http, SCORECARDS, all_sellers), "all sellers, not one"),
        (ask(http, SCORECARDS, compared), "what another policy would change"),
        (ask(http, WHAT_IF, cards), "scorecards"),
        (ask(http, WHAT_IF, trial["again"]), "all sellers, not one"),
        (
            http.get(
                "/policies/2026-01/comparison", params={"as_of": THEN, "after": compared}
            ),
            "one seller, not all",
        ),
    ):
        assert answer.status_code == 422
        said = f"after: the page before answered of {what}; ask the same again, or begin "
        assert answer.json()["detail"].startswith(said)


def ask(http: TestClient, path: str, after: str | None = None, **query: Any) -> Response:  # noqa: ANN401 - JSON
    """What is answered of one seller, by the route that answers of all."""
    given = {"as_of": THEN, "seller_id": "s-1"} | query
    asked = {name: value for name, value in given.items() if value is not None}
    page = {} if after is None else {"after": after}
    if path == SCORECARDS:
        return http.get(path, params=asked | page)
    asked.pop("explain", None)
    return http.post(path, json={"policy": EASY.content, **asked}, params=page)


def serving(database: str, now: datetime, *policies: Policy) -> TestClient:
    """Performance on that database, started anew at `now`."""
    return asking(build(blueprint(policies), settings(database)), at=now)


def hear(http: TestClient) -> None:
    state: Any = http.app
    tell(state.state.engine, recorded((fact, timedelta()) for fact in busy_months()))
