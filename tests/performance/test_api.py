"""Scorecards over HTTP: of moments at both ends of time, too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kit.database import connect
from kit.serving import build
from services.performance.app import BLUEPRINT
from tests.performance.arrivals import Arrivals
from tests.performance.facts import accepted, listed, placed, shipped
from tests.performance.world import AS_OF, DAY, HOUR
from tests.tokens import asking, settings

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC) - 2 * HOUR  # so that a token can end later


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    facts = [
        *(placed("o-1", FIRST, ship_by=FIRST), accepted(FIRST, "o-1"), listed(FIRST)),
        *(placed("o-2", AS_OF - 9 * DAY), accepted(AS_OF - 8 * DAY, "o-2")),
        *(placed("o-3", LAST - HOUR, ship_by=LAST), accepted(LAST, "o-3"), shipped(LAST)),
    ]
    with asking(build(BLUEPRINT, settings(fresh_database)), at=LAST) as http:
        engine = connect(fresh_database)
        Arrivals(engine).hear(*facts)
        engine.dispose()
        yield http


def asked(http: TestClient, as_of: str, **more: str) -> tuple[int, Any]:
    params = {"as_of": as_of, "all": "true", "explain": "true", **more}
    answer = http.get("/scorecards", params=params)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("as_of", "due"),
    [
        ("0001-01-01T00:00:00Z", 1),
        ("0001-03-01T00:00:00Z", 1),
        ("2026-04-01T00:00:00Z", 1),
        ("9999-12-31T21:59:59.999999Z", 1),
    ],
)
def test_any_moment_has_its_scorecards(http: TestClient, as_of: str, due: int) -> None:
    status, said = asked(http, as_of)

    cards = {card["metric"]: card["due"] for card in said["cards"]}
    assert (status, cards["acceptance.accepted"]) == (200, due)
    assert {row["metric"] for row in said["evidence"]} == set(cards)


def test_nobody_is_known_at_any_moment(http: TestClient) -> None:
    status, said = asked(http, "0001-01-01T00:00:00Z", seller_id="nobody")

    assert (status, said["type"]) == (404, "seller-unknown")


@pytest.mark.parametrize(
    "as_of", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "0000-01-01"]
)
def test_a_moment_outside_of_time_is_refused_by_its_name(
    http: TestClient, as_of: str
) -> None:
    status, said = asked(http, as_of)

    assert (status, said["type"]) == (422, "invalid-request")
    assert said["detail"].startswith("as_of: ")


def test_a_moment_to_come_has_no_scorecard_yet(http: TestClient) -> None:
    status, said = asked(http, "9999-12-31T22:00:00Z")

    assert (status, said["type"]) == (422, "moment-to-come")
    assert said["detail"] == (
        "as_of: 9999-12-31T22:00:00Z has not come, it is 9999-12-31T21:59:59.999999Z; how "
        "things would stand then is a projection: ask /sellers/{seller_id}/projection"
    )
