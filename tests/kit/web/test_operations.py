"""What operators ask of a process, with Kafka and the database there, and away."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from kit.serving import build
from services.orders.app import BLUEPRINT
from tests.orders.test_api import NOWHERE, PLACE, post
from tests.tokens import asking, settings


def process(database: str, kafka: str, topic: str) -> TestClient:
    parts = frozenset({"api", "relay"})
    told = settings(database, kafka_bootstrap_servers=kafka, parts=parts)
    return asking(build(replace(BLUEPRINT, topic=topic), told))


@pytest.fixture
def http(fresh_database: str, kafka: str, new_topic: str) -> Iterator[TestClient]:
    with process(fresh_database, kafka, new_topic) as http:
        yield http


def test_a_process_that_has_what_it_needs_is_ready(http: TestClient) -> None:
    assert http.get("/health").status_code == 200
    assert http.get("/ready").status_code == 200


def test_its_status_tells_what_was_recorded_and_published(http: TestClient) -> None:
    post(http, "/orders", PLACE)
    while http.get("/status").json()["lag"] != 0:
        pass

    said = http.get("/status").json()

    assert (said["service"], said["state"], said["pos"]) == ("orders", "ready", 1)
    assert said["relay"] == {"head": 1, "published": 1, "pending": 0}


def test_its_metrics_are_prometheus_own(http: TestClient) -> None:
    answer = http.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    assert "python_info" in answer.text


def test_a_process_without_kafka_is_degraded_says_why_and_takes_commands(
    fresh_database: str,
) -> None:
    with process(fresh_database, "127.0.0.1:1", "orders.v1") as http:
        placed, _ = post(http, "/orders", PLACE)
        while not (said := http.get("/status").json())["missing"]:
            pass
        ready = http.get("/ready")

    assert (placed, said["state"], said["lag"]) == (200, "degraded", 1)
    assert ready.status_code == 503
    assert "relay" in ready.json()["detail"]


def test_a_process_without_its_database_answers_what_it_can(fresh_database: str) -> None:
    app = build(BLUEPRINT, settings(fresh_database))
    with asking(app) as http:
        app.state.process.engine = build(BLUEPRINT, NOWHERE).state.engine

        said = http.get("/status")
        ready = http.get("/ready")

    assert (said.status_code, said.json()["state"], said.json()["pos"]) == (
        200,
        "degraded",
        None,
    )
    assert (ready.status_code, "database" in ready.json()["detail"]) == (503, True)
