"""Policies, what-if and trends over HTTP: what is answered, what is refused and why."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from kit.database import connect
from kit.serving import build
from kit.web.problems import INVALID
from services.performance.app import blueprint
from services.performance.model.metrics import NAMES
from tests.infrastructure import drop_database, new_database
from tests.performance.arrivals import Arrivals
from tests.performance.policy_files import SHIPPED, strict_from, with_standard
from tests.performance.test_what_if import month
from tests.performance.world import AS_OF, DAY
from tests.tokens import asking, bearing, settings

CHANGE = AS_OF - 2 * DAY
NEWER = strict_from(CHANGE)
SHADOW = with_standard(
    "acceptance.timely",
    SHIPPED.model_copy(update={"version": "trial", "shadow": True}),
    star=0.1,
    warn=0.1,
    limit=0.1,
)
NOW = AS_OF + timedelta(hours=12)
TOO_LONG = (
    "from: 2020-01-01 until 2026-03-31 are 2282 days, and 1100 can be answered at once: "
    "ask for by=week, or a shorter range"
)
SELLER = bearing("seller", "s-2", NOW)


@pytest.fixture(scope="module")
def http(postgres_url: str) -> Iterator[TestClient]:
    url = new_database(postgres_url)
    app = build(blueprint([SHIPPED, NEWER, SHADOW]), settings(url))
    with asking(app, at=NOW) as http:
        engine = connect(url)
        facts = [*month("s-1", late=0), *month("s-2", late=1), *month("s-3", late=5)]
        Arrivals(engine).hear(*facts)
        engine.dispose()
        yield http
    drop_database(postgres_url, url)


def scorecards(http: TestClient, **asked: str) -> tuple[str, str, dict[str, str]]:
    said = http.get("/scorecards", params={"as_of": AS_OF.isoformat(), **asked}).json()
    levels = {row["seller_id"]: row["level"] for row in said["overall"]}
    return said["policy"], said["policy_digest"], levels


AND_NOTHING = (
    "of whom anything was true by 2026-04-01T00:00:00Z and known by 2026-04-01T12:00:00Z; "
    "correct seller_id or, if it is right, give an as_of (for a trend, until) and a "
    "known_at after the seller's first order, access request, message or listing"
)
ALONE = [
    ("/scorecards?as_of={moment}&seller_id=nobody", None),
    ("/scorecards?as_of={moment}&seller_id=nobody&explain=true", None),
    ("/sellers/nobody/trend", None),
    ("/sellers/nobody/trend?by=week&from=2026-03-31", None),
    ("/sellers/nobody/scorecard", None),
    ("/sellers/nobody/projection", None),
    ("/sellers/nobody/due", None),
    ("/sellers/nobody/evidence", None),
    ("/sellers/nobody/standing", None),
    ("/sellers/nobody/standing/history", None),
    ("/what-if", {"policy": SHADOW.content, "seller_id": "nobody"}),
]
"""Questions about one seller."""

DATED = [
    ("/scorecards?as_of={ahead}", "as_of", None),
    ("/scorecards?as_of={moment}&known_at={ahead}", "known_at", None),
    ("/policies/trial/comparison?as_of={ahead}", "as_of", None),
    ("/policies/trial/comparison?as_of={moment}&known_at={ahead}", "known_at", None),
    ("/what-if", "as_of", {"policy": SHADOW.content, "as_of": "2026-04-02T00:00:00Z"}),
    (
        "/what-if",
        "known_at",
        {"policy": SHADOW.content, "known_at": "2026-04-02T00:00:00Z"},
    ),
    ("/sellers/s-1/trend?known_at={ahead}", "known_at", None),
    *(
        (f"/sellers/s-1/{path}?{field}={{ahead}}", field, None)
        for path in ("scorecard", "projection", "due", "evidence")
        for field in ("as_of", "known_at")
    ),
]
"""Questions of moments, and which of these lies ahead."""


def put(http: TestClient, path: str, body: dict[str, Any] | None) -> Response:
    path = path.format(moment="2026-04-01T00:00:00Z", ahead="2026-04-02T00:00:00Z")
    return http.get(path) if body is None else http.post(path, json=body)


@pytest.mark.parametrize(("path", "body"), ALONE)
def test_who_mistypes_a_seller_is_told_that_there_is_none(
    http: TestClient, path: str, body: dict[str, Any] | None
) -> None:
    assert problem(put(http, path, body))[:2] == (404, "seller-unknown")


@pytest.mark.parametrize(("path", "field", "body"), DATED)
def test_nothing_is_answered_of_a_moment_to_come(
    http: TestClient, path: str, field: str, body: dict[str, Any] | None
) -> None:
    status, kind, why = problem(put(http, path, body))

    assert (status, kind) == (422, "moment-to-come")
    assert why.startswith(f"{field}: 2026-04-02T00:00:00Z has not come")


def test_a_seller_of_whom_nothing_is_known_learns_the_same(http: TestClient) -> None:
    new = bearing("seller", "new", NOW)

    for path in ("trend", "scorecard", "standing", "standing/history"):
        answer = http.get(f"/sellers/new/{path}", headers=new)
        assert problem(answer)[:2] == (404, "seller-unknown")


def problem(answer: Response) -> tuple[int, str, str]:
    said = answer.json()
    return answer.status_code, said["type"], said["detail"]


class TestPolicies:
    def test_they_are_listed_with_the_time_in_which_each_applies(
        self, http: TestClient
    ) -> None:
        said = http.get("/policies").json()["policies"]

        start = CHANGE.isoformat().replace("+00:00", "Z")
        assert [tuple(each.values()) for each in said] == [
            ("2026-01", SHIPPED.digest, None, start, "over"),
            ("2026-05", NEWER.digest, start, None, "applies"),
            ("trial", SHADOW.digest, None, None, "shadow"),
        ]

    def test_one_is_shown_whole(self, http: TestClient) -> None:
        said = http.get("/policies/2026-05").json()

        assert said == {"digest": NEWER.digest, "policy": NEWER.content}

    def test_one_that_is_not_there_is_a_clear_problem(self, http: TestClient) -> None:
        as_of = {"as_of": AS_OF.isoformat()}
        known = "policy: there is none of version 'x'; there are: 2026-01, 2026-05, trial"

        for answer in (
            http.get("/policies/x"),
            http.get("/scorecards", params=as_of | {"policy": "x"}),
            http.get("/policies/x/comparison", params=as_of),
            http.get("/sellers/s-1/trend", params={"policy": "x"}),
        ):
            assert problem(answer) == (404, "policy-unknown", known)

    def test_a_shadow_is_unknown_to_sellers(self, http: TestClient) -> None:
        listed = http.get("/policies", headers=SELLER).json()["policies"]

        assert [each["version"] for each in listed] == ["2026-01", "2026-05"]
        assert problem(http.get("/policies/trial", headers=SELLER))[:2] == (
            404,
            "policy-unknown",
        )

    def test_what_was_judged_before_a_change_is_judged_as_before(
        self, http: TestClient
    ) -> None:
        tick_before = (CHANGE - timedelta(microseconds=1)).isoformat()

        assert scorecards(http, as_of=tick_before)[0] == "2026-01"
        assert scorecards(http, as_of=CHANGE.isoformat())[0] == "2026-05"
        before = scorecards(http, policy="2026-01")
        after = scorecards(http)
        assert before == (
            "2026-01",
            SHIPPED.digest,
            {"s-1": "star", "s-2": "warn", "s-3": "limit"},
        )
        assert after == (
            "2026-05",
            NEWER.digest,
            {"s-1": "star", "s-2": "limit", "s-3": "limit"},
        )

    def test_one_is_validated_and_not_kept(self, http: TestClient) -> None:
        said = dict(SHIPPED.content) | {"version": "mine", "holidays": ["2026-12-25"]}

        answer = http.post("/policy-validation", json=said)

        assert (answer.status_code, answer.json()["policy"]) == (200, said)
        assert http.get("/policies/mine").status_code == 404


class TestShadow:
    def test_it_is_judged_beside_the_official_one(self, http: TestClient) -> None:
        assert scorecards(http, policy="trial")[2] == dict.fromkeys(
            ("s-1", "s-2", "s-3"), "star"
        )

    def test_who_would_stand_otherwise_by_it_is_told_by_metric(
        self, http: TestClient
    ) -> None:
        asked = {"as_of": AS_OF.isoformat()}
        said = http.get("/policies/trial/comparison", params=asked).json()

        assert (said["official"]["version"], said["proposed"]["version"]) == (
            "2026-05",
            "trial",
        )
        assert [
            (s["seller_id"], s["official"], s["proposed"]) for s in said["sellers"]
        ] == [
            ("s-2", "limit", "star"),
            ("s-3", "limit", "star"),
        ]
        counts = {each.pop("metric"): each for each in said["by_metric"]}
        assert counts["overall"] == {"better": 2, "worse": 0, "other": 0, "same": 1}
        assert counts["acceptance.timely"]["better"] == 2


class TestWhatIf:
    def ask(self, http: TestClient, **body: Any) -> Response:  # noqa: ANN401 - JSON
        given = {"policy": SHADOW.content, "as_of": AS_OF.isoformat()}
        return http.post("/what-if", json=given | body)

    def test_it_is_a_comparison_with_a_policy_of_the_request(
        self, http: TestClient
    ) -> None:
        said = self.ask(http).json()

        asked = {"as_of": AS_OF.isoformat()}
        assert said == http.get("/policies/trial/comparison", params=asked).json()
        (metric,) = said["sellers"][0]["metrics"]
        assert (metric["metric"], metric["changes"]) == ("acceptance.timely", "better")
        assert (metric["official"]["rate"], metric["official"]["level"]) == (0.9, "limit")

    def test_all_are_told_if_they_are_asked_for_or_one(self, http: TestClient) -> None:
        every, one = self.ask(http, all=True), self.ask(http, seller_id="s-3")

        assert [len(each.json()["sellers"]) for each in (every, one)] == [3, 1]

    def test_it_is_of_now_and_of_what_was_known_then(self, http: TestClient) -> None:
        known = self.ask(http, as_of=None, known_at="2020-01-01T00:00:00Z").json()

        assert (known["as_of"], known["sellers"]) == ("2026-04-01T12:00:00Z", [])

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            (
                {"standards": {"acceptance.timely": {"warn": 0.9, "limit": 0.95}}},
                "policy.standards.acceptance.timely: warn (0.9) lies under limit (0.95)",
            ),
            ({"z": None}, "policy.z: it is no number: give one, without quotes"),
            ({"holidays": [5]}, "policy.holidays.0: it is no day: write one such as"),
        ],
    )
    def test_a_bad_policy_is_refused_by_its_field(
        self, http: TestClient, wrong: dict[str, Any], why: str
    ) -> None:
        policy = dict(SHIPPED.content) | wrong

        status, kind, detail = problem(self.ask(http, policy=policy))

        assert (status, kind, detail[: len(why)]) == (422, "invalid-request", why)

    @pytest.mark.parametrize(
        ("as_of", "kind", "why"),
        [
            (
                "2026-04-01T12:00:01Z",
                "moment-to-come",
                "as_of: 2026-04-01T12:00:01Z has not",
            ),
            (
                "2026-04-01T10:00:00",
                INVALID,
                "as_of: it has no time zone: give it one, such as 2025-03-30T00:00:00Z",
            ),
            (1_700_000_000, INVALID, "as_of: write a time as ISO 8601"),
        ],
    )
    def test_a_moment_to_come_or_without_its_offset_is_refused(
        self, http: TestClient, as_of: object, kind: str, why: str
    ) -> None:
        status, found, detail = problem(self.ask(http, as_of=as_of))

        assert (status, found, detail[: len(why)]) == (422, kind, why)


class TestTrend:
    def ask(self, http: TestClient, **query: str) -> Response:
        given = {"metric": "acceptance.timely", "from": "2026-03-28", "until": "2026-03-31"}
        return http.get("/sellers/s-2/trend", params=given | query, headers=SELLER)

    def test_each_day_is_judged_by_the_policy_of_its_end(self, http: TestClient) -> None:
        said = self.ask(http).json()["points"]

        told = [(p["as_of"], p["policy"], p["due"], p["kept"], p["level"]) for p in said]
        assert told == [
            ("2026-03-29T00:00:00Z", "2026-01", 10, 9, "warn"),
            ("2026-03-30T00:00:00Z", "2026-05", 10, 9, "limit"),
            ("2026-03-31T00:00:00Z", "2026-05", 10, 9, "limit"),
            ("2026-04-01T00:00:00Z", "2026-05", 10, 9, "limit"),
        ]
        assert [(p["star"], p["warn"], p["limit"]) for p in said[:2]] == [
            (0.98, 0.97, 0.95),
            (1.0, 1.0, 1.0),
        ]

    def test_one_policy_may_be_asked_for(self, http: TestClient) -> None:
        said = self.ask(http, policy="2026-01").json()["points"]

        assert {p["level"] for p in said} == {"warn"}

    def test_overall_has_levels_alone_and_nothing_due_is_zero(
        self, http: TestClient
    ) -> None:
        (week,) = self.ask(
            http, metric="overall", by="week", **{"from": "2026-03-23"}
        ).json()["points"]
        nothing = self.ask(http, metric="responses.timely").json()["points"][0]

        assert (week["as_of"], week["level"]) == ("2026-03-30T00:00:00Z", "limit")
        assert (week["due"], week["rate"], week["warn"]) == (None, None, None)
        assert (nothing["due"], nothing["level"]) == (0, "not_enough_data")

    def test_unsaid_it_is_of_the_last_days_that_are_over(self, http: TestClient) -> None:
        said = http.get("/sellers/s-1/trend").json()

        assert (said["metric"], len(said["points"])) == ("overall", 90)
        assert said["points"][-1]["as_of"] == "2026-04-01T00:00:00Z"

    @pytest.mark.parametrize(
        ("query", "why"),
        [
            ({"until": "2026-04-01"}, "until: 2026-04-01 is not over yet: give 2026-03-31"),
            ({"from": "2026-04-01"}, "from: 2026-04-01 is after until (2026-03-31): swap"),
            (
                {"from": "2020-01-01"},
                TOO_LONG,
            ),
            ({"by": "year"}, "by: Input should be 'day' or 'week'"),
            ({"from": "soon"}, "from: write a time as ISO 8601"),
        ],
    )
    def test_a_range_that_cannot_be_is_refused(
        self, http: TestClient, query: dict[str, str], why: str
    ) -> None:
        status, kind, detail = problem(self.ask(http, **query))

        assert (status, kind, detail[: len(why)]) == (422, "invalid-request", why)

    def test_a_metric_that_is_none_is_unknown_as_everywhere(self, http: TestClient) -> None:
        assert problem(self.ask(http, metric="speed")) == (
            404,
            "metric-unknown",
            f"metric: there is none named 'speed'; there are: overall, {', '.join(NAMES)}",
        )

    def test_somebody_nothing_is_known_of_is_unknown(self, http: TestClient) -> None:
        answer = http.get("/sellers/nobody/trend")

        assert problem(answer) == (
            404,
            "seller-unknown",
            f"seller_id: there is no seller 'nobody' {AND_NOTHING}",
        )
