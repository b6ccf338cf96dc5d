"""A metric from the topics alone: what the facts say, and what the tables must say."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4  # noqa: TID251 - names of topics

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings as of_hypothesis, strategies as st
from sqlalchemy import insert

from contracts.performance import Claim
from contracts.registry import encode
from contracts.topics import Topic
from kit.consumers.records import Received
from kit.consumers.tables import consumer_positions
from kit.serving import build
from market.embedded.topics import create_topics
from market.ports import free_port
from services.performance.app import blueprint
from services.performance.model.metrics import NAMES
from services.performance.model.policy import Policy
from services.performance.model.scorecard import scorecards
from services.performance.queries import Question
from services.performance.queries.replay import MOST_REPLAYED, Applied, replay
from tests.kit.consumers.kafka import relay, write
from tests.kit.consumers.records import ARecord, headers_of
from tests.performance.facts import accepted, placed
from tests.performance.history import histories
from tests.performance.policy_files import SHIPPED
from tests.performance.test_pleading import UPHELD
from tests.performance.test_scorecard_laws import as_ofs, known_ats, policies
from tests.performance.world import AS_OF, DAY, cards_of, received
from tests.tokens import asking, settings

PATH = "/scorecards/replay"
ASKED = {"metric": "acceptance.timely", "as_of": AS_OF.isoformat()}


def published(kafka: str, told: Sequence[Received]) -> str:
    """A topic of its own with what was `told`."""
    topic = f"test-{uuid4().hex}"
    create_topics(kafka, [Topic(topic, 1)])
    records = [
        ARecord(offset, encode(each.fact)[1], headers_of(each.envelope), topic)
        for offset, each in enumerate(told)
    ]

    async def publish() -> None:
        async with relay(kafka) as producer:
            await write(producer, topic, records)

    asyncio.run(publish())
    return topic


def replayed(
    kafka: str, applied: Applied, question: Question, metric: str
) -> list[tuple[Any, ...]]:
    rows = replay(kafka, applied, question, metric)
    cards = scorecards(*rows, question.policy, question.as_of, question.known_at)
    return cards.filter(metric=metric).rows()


@pytest.mark.usefixtures("kafka")
@given(histories, st.sampled_from(NAMES), policies, as_ofs, known_ats)
@of_hypothesis(max_examples=15, deadline=None)
def test_a_metric_replayed_is_what_the_facts_say(
    kafka: str,
    told: Sequence[Received],
    metric: str,
    policy: Policy,
    as_of: datetime,
    known_at: datetime | None,
) -> None:
    topic = published(kafka, told)
    applied = Applied({(topic, 0): len(told)}, frozenset())

    found = replayed(kafka, applied, Question(policy, as_of, known_at), metric)

    said = cards_of(told, as_of, known_at, policy)
    assert found == [card for card in said if card[1] == metric]


def test_what_was_not_applied_is_left_out(kafka: str) -> None:
    told = received([placed("o-1", AS_OF - 9 * DAY), accepted(AS_OF - 9 * DAY)])
    topic = published(kafka, told)
    everything = {(topic, 0): 2}

    def kept(applied: Applied) -> list[int]:
        question = Question(SHIPPED, AS_OF)
        return [row[4] for row in replayed(kafka, applied, question, NAMES[1])]

    assert NAMES[1] == "acceptance.timely"
    assert kept(Applied(everything, frozenset())) == [1]
    assert kept(Applied(everything, frozenset({(topic, 0, 1)}))) == [0]
    assert kept(Applied({(topic, 0): 1}, frozenset())) == [0]


def test_what_two_upheld_appeals_claim_counts_once(kafka: str) -> None:
    at = AS_OF - 9 * DAY
    data = accepted(at).model_dump(mode="json")
    said = {
        "claims": (Claim(type="orders.order-accepted.v1", data=data),),
        "decided_at": at,
    }
    appeals = [UPHELD.model_copy(update={**said, "appeal_id": f"a-{n}"}) for n in (1, 2)]
    told = received([placed("o-1", at), *appeals])
    applied = Applied({(published(kafka, told), 0): 3}, frozenset())

    rows, _ = replay(kafka, applied, Question(SHIPPED, AS_OF), "acceptance.timely")

    assert rows["says"].to_list() == ["opened", "kept"]


@contextmanager
def serving(database: str, kafka: str) -> Iterator[TestClient]:
    app = build(blueprint([SHIPPED]), settings(database, kafka_bootstrap_servers=kafka))
    with asking(app, at=AS_OF + DAY) as http:
        yield http


def stand(http: TestClient, next_offset: int) -> None:
    """Let the service have applied all of a partition before `next_offset`."""
    row = {
        "group_name": "performance",
        "topic": "orders.v1",
        "partition": 0,
        "next_offset": next_offset,
        "pos": 1,
    }
    with http.app.state.engine.begin() as db:  # type: ignore[attr-defined]  # a FastAPI
        db.execute(insert(consumer_positions), row)


@pytest.mark.parametrize(
    ("asked", "status", "code", "said"),
    [
        ({"metric": "tidiness"}, 404, "metric-unknown", "there are: acceptance.accepted"),
        ({"metric": None}, 422, "invalid-request", "metric: Field required"),
        ({"policy": "1999"}, 404, "policy-unknown", "there are: 2026-01"),
        ({"as_of": "2126-01-01T00:00:00Z"}, 422, "moment-to-come", "as_of: 2126-01-01"),
    ],
)
def test_what_cannot_be_asked_is_told(
    fresh_database: str, asked: dict[str, str | None], status: int, code: str, said: str
) -> None:
    query = {name: v for name, v in {**ASKED, **asked}.items() if v is not None}
    with serving(fresh_database, f"localhost:{free_port()}") as http:
        answer = http.get(PATH, params=query)

    assert (answer.status_code, answer.json()["type"]) == (status, code)
    assert said in answer.json()["detail"]


def test_a_history_that_memory_has_no_room_for_is_refused(fresh_database: str) -> None:
    with serving(fresh_database, f"localhost:{free_port()}") as http:
        stand(http, MOST_REPLAYED + 1)
        answer = http.get(PATH, params=ASKED)

    assert (answer.status_code, answer.json()["type"]) == (422, "too-long-to-replay")
    assert "20,000,001 offsets" in answer.json()["detail"]


def test_without_a_broker_it_is_said_to_be_away(fresh_database: str) -> None:
    with serving(fresh_database, f"localhost:{free_port()}") as http:
        stand(http, 3)
        answer = http.get(PATH, params=ASKED)

    assert (answer.status_code, answer.json()["type"]) == (503, "broker-unavailable")
