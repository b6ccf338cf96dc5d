"""Reviews that were done, over HTTP: who failed, what shadows would have found."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import insert

from kit.serving import build
from services.performance import runs
from services.performance.app import blueprint
from services.performance.commands import ReviewSeller
from services.performance.model.standing.findings import found_of
from services.performance.tables import shadow_reviews
from tests.infrastructure import drop_database, new_database
from tests.performance.arrivals import Arrivals
from tests.performance.policy_files import SHIPPED
from tests.performance.test_api_policies import NOW, SHADOW, problem
from tests.performance.test_what_if import month
from tests.tokens import asking, bearing, settings

SELLER = bearing("seller", "s-2", NOW)
WHY = "nobody understands these facts"


@pytest.fixture(scope="module")
def http(postgres_url: str) -> Iterator[TestClient]:
    url = new_database(postgres_url)
    app = build(blueprint([SHIPPED, SHADOW]), settings(url))
    with asking(app, at=NOW) as http:
        facts = [*month("s-1", late=0), *month("s-2", late=1), *month("s-3", late=5)]
        Arrivals(app.state.engine).hear(*facts)
        yield http
    drop_database(postgres_url, url)


def review(http: TestClient, day: str, key: str) -> Response:
    return http.post("/reviews", json={"as_of": day}, headers={"Idempotency-Key": key})


@pytest.fixture(scope="module")
def reviewed(http: TestClient) -> TestClient:
    """Two days were reviewed; of the first, s-3 with the second only."""

    def failing(sayings: pl.DataFrame, *asked: object) -> Iterator[ReviewSeller]:
        if "s-3" in sayings["seller_id"]:
            raise ValueError(WHY)
        return found_of(sayings, *asked)  # type: ignore[arg-type]  # as given

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "found_of", failing)
        (first,) = review(http, "2026-03-31", "one").json()["days"]
    assert first["failed"] == {"standing-s-3": WHY}
    assert review(http, "9999-01-01", "ahead").status_code == 422  # and tries nobody again
    assert http.get("/reviews").json()["days"][0]["waiting"] == 1
    second = review(http, "2026-04-01", "two").json()
    assert [(day["day"], day["sellers"]) for day in second["again"]] == [("2026-03-31", 1)]
    assert second["again"][0]["recorded"] == 2
    return http


def test_days_are_told_with_who_failed_and_what_became_of_it(reviewed: TestClient) -> None:
    newest, before = reviewed.get("/reviews").json()["days"]

    assert (newest["day"], newest["failed"], newest["failures"]) == ("2026-04-01", 0, [])
    assert (before["policy"], before["sellers"]) == ("2026-01", 3)
    assert (before["failed"], before["waiting"]) == (1, 0)
    (failure,) = before["failures"]
    assert (failure["seller_id"], failure["why"]) == ("s-3", WHY)
    assert (failure["state"], failure["tried_at"]) == ("reviewed", "2026-04-01T12:00:00Z")


def test_what_a_shadow_would_have_found_is_told_by_day_and_metric(
    reviewed: TestClient,
) -> None:
    said = reviewed.get("/policies/trial/shadow").json()

    assert [(day["day"], day["policy"], day["sellers"]) for day in said["days"]] == [
        ("2026-04-01", "2026-01", 3),
        ("2026-03-31", "2026-01", 3),
    ]
    counts = {each.pop("metric"): each for each in said["days"][0]["by_metric"]}
    assert counts["overall"] == {
        "better": 2,
        "worse": 0,
        "other": 0,
        "same": 1,
        "moves": [
            {"official": "limit", "shadow": "star", "sellers": 1},
            {"official": "star", "shadow": "star", "sellers": 1},
            {"official": "warn", "shadow": "star", "sellers": 1},
        ],
    }


@pytest.mark.parametrize("path", ["/reviews", "/policies/trial/shadow"])
def test_they_come_in_pages(reviewed: TestClient, path: str) -> None:
    whole = reviewed.get(path).json()["days"]
    pages, after = list[object](), dict[str, str]()
    while len(pages) < 9:
        page = reviewed.get(path, params={"limit": "1", **after}).json()
        pages += page["days"]
        if page["next"] is None:
            break
        after = {"before": page["next"]}

    assert pages == whole
    assert problem(reviewed.get(path, params={"before": "x"}))[:2] == (
        422,
        "invalid-request",
    )


def test_a_seller_hears_of_neither(reviewed: TestClient) -> None:
    for path in ("/reviews", "/policies/trial/shadow"):
        assert reviewed.get(path, headers=SELLER).status_code == 403
    assert "trial" not in reviewed.get("/policies", headers=SELLER).text
    assert "trial" not in reviewed.get("/sellers/s-2/standing/history", headers=SELLER).text


def test_of_a_shadow_that_is_gone_it_is_told_what_was_found(reviewed: TestClient) -> None:
    gone = {"shadow": "gone", "metric": "overall", "official": "star", "proposed": "good"}
    day = (NOW - timedelta(days=1)).date()
    with reviewed.app.state.engine.begin() as db:  # type: ignore[attr-defined]
        row = gone | {"day": day, "changes": "worse", "sellers": 7}
        db.execute(insert(shadow_reviews).values(row))

    page = reviewed.get("/policies/gone/shadow", params={"limit": "1"}).json()
    (found,) = page["days"]
    last = reviewed.get("/policies/gone/shadow", params={"before": page["next"]}).json()
    assert (last["days"], last["next"]) == ([], None)

    assert found["by_metric"][0]["worse"] == 7
    assert reviewed.get("/policies/2026-01/shadow").json()["days"] == []
    assert problem(reviewed.get("/policies/x/shadow"))[:2] == (404, "policy-unknown")
