"""Which policies judge what lies ahead: those known to follow, or those asked for."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from kit.database import connect
from kit.serving import build
from services.performance.app import blueprint
from services.performance.model.projection import FARTHEST
from services.performance.model.succession import succession_of
from tests.infrastructure import drop_database, new_database
from tests.performance.arrivals import Arrivals
from tests.performance.policy_files import SHIPPED, beginning, changed, strict_from
from tests.performance.test_api_policies import NOW, SHADOW, problem
from tests.performance.test_what_if import month
from tests.performance.world import AS_OF, DAY, TICK
from tests.tokens import asking, bearing, settings

STRICTER = strict_from(NOW + 10 * DAY)
OLD, NEW = SHIPPED.version, STRICTER.version
SELLER = bearing("seller", "s-2", NOW)


@pytest.fixture(scope="module")
def http(postgres_url: str) -> Iterator[TestClient]:
    url = new_database(postgres_url)
    app = build(blueprint([SHIPPED, STRICTER, SHADOW]), settings(url))
    with asking(app, at=NOW) as http:
        engine = connect(url)
        Arrivals(engine).hear(*month("s-2", late=1))
        engine.dispose()
        yield http
    drop_database(postgres_url, url)


def ask(http: TestClient, **query: Any) -> Response:  # noqa: ANN401 - JSON
    return http.get("/sellers/s-2/projection", params=query, headers=SELLER)


def points(said: dict[str, Any]) -> list[tuple[int, str, str]]:
    rows = [row for row in said["then"] if row["metric"] == "acceptance.timely"]
    kept = [row for row in rows if row["case"] == "all_kept"]
    return [(row["days"], row["policy"], row["level"]) for row in kept]


def test_what_begins_while_the_last_window_lasts_is_known_to_follow() -> None:
    near = beginning(SHIPPED, AS_OF + 90 * DAY)
    far = changed(version="far", applies_from=AS_OF + 91 * DAY)
    wide = near.model_copy(update={"long_window_days": 91})

    def following(*policies: Any) -> list[str]:  # noqa: ANN401 - policies
        found = succession_of(AS_OF, [far, SHADOW, *policies, SHIPPED], FARTHEST)
        return [policy.version for policy in found.to_come]

    assert following() == []
    assert following(near) == ["later"]
    assert following(wide) == ["later", "far"]


def test_a_policy_judges_from_its_moment_on() -> None:
    by = succession_of(NOW, [SHIPPED, STRICTER], FARTHEST)
    begins = NOW + 10 * DAY

    assert [by.at(m).version for m in (NOW, begins - TICK, begins)] == [OLD, OLD, NEW]
    assert by.now == SHIPPED


def test_each_point_names_the_policy_that_judges_it(http: TestClient) -> None:
    said = ask(http).json()

    assert (said["policy"], said["to_come"]) == (OLD, [NEW])
    assert points(said)[:2] == [(7, OLD, "warn"), (14, NEW, "limit")]
    assert [row["policy"] for row in said["overall"]] == [OLD] * 2 + [NEW] * 4


def test_it_can_be_had_again_with_the_policies_that_were_to_come(http: TestClient) -> None:
    for asked in ({}, {"policy": OLD}, {"policy": OLD, "to_come": [NEW]}):
        said = ask(http, **asked).json()
        assert http.get(said["again"], headers=SELLER).json() == said


def test_a_policy_that_is_asked_for_judges_all(http: TestClient) -> None:
    for version in (OLD, NEW):
        said = ask(http, policy=version).json()
        assert said["to_come"] == []
        assert {row["policy"] for row in said["then"]} == {version}

    assert ask(http, policy=OLD, to_come=NEW).json()["to_come"] == [NEW]


def test_waiting_helps_by_the_policy_that_applies_then(http: TestClient) -> None:
    def wait(**asked: str) -> dict[str, int | None]:
        ways = ask(http, **asked).json()["ways_out"]
        return {w["leave"]: w["wait"] for w in ways if w["metric"] == "acceptance.timely"}

    # Orders leave the window of 90 days one by one: the old policy judges no nine of them,
    # the new one still two, of which one was late.
    assert (wait()["warn"], wait(policy=OLD)["warn"]) == (75, 68)


@pytest.mark.parametrize("version", [OLD, SHADOW.version, "x"])
def test_what_does_not_follow_is_refused(http: TestClient, version: str) -> None:
    status, kind, why = problem(ask(http, to_come=version))

    assert (status, kind) == (404, "policy-not-to-come")
    assert why == (
        f"to_come: no policy of version '{version}' begins after 2026-04-01T12:00:00Z;"
        f" of those that do, name what is to count: {NEW}"
    )
