"""One seller's scorecard over HTTP: asked, explained, and had again byte for byte."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from contracts.performance import MOST_CLAIMS, AppealDecided, Claim
from kit.consumers.tables import parked_events
from services.performance.model.metrics import NAMES
from services.performance.queries.seen import MOST_ASIDE, Seen
from tests.performance.facts import accepted, changed, placed, rejected, sent
from tests.performance.selling import LATER, got, later, problem, selling, tell
from tests.performance.world import AS_OF, DAY, HOUR

CARD = "/sellers/s-1/scorecard"
THEN = AS_OF.isoformat()
LATE = [
    (placed("o-late", AS_OF - 9 * DAY, units=400), timedelta()),
    (rejected("out_of_stock", AS_OF - 8 * DAY, "o-3"), timedelta()),
    (accepted(AS_OF - 8 * DAY, "o-void"), timedelta()),
    (sent("seller", AS_OF - 9 * DAY, "a-late", "m-11"), timedelta()),
    (changed(AS_OF - HOUR, images=3), timedelta()),
]
"""Recorded by their services long ago, and under way until now."""


@pytest.fixture
def served(fresh_database: str) -> Iterator[tuple[TestClient, Engine]]:
    with selling(fresh_database) as both:
        yield both


@pytest.mark.parametrize(
    "query", [{}, {"as_of": THEN}, {"as_of": THEN, "known_at": THEN, "policy": "2026-01"}]
)
def test_an_answer_names_the_question_that_gives_it_again_whatever_comes_late(
    served: tuple[TestClient, Engine], query: dict[str, str]
) -> None:
    http, engine = served
    first = http.get(CARD, params={**query, "explain": "true"})

    tell(engine, later(LATE))

    assert http.get(first.json()["again"]).content == first.content
    fresh = got(http, CARD, **query, explain="true")
    assert fresh["cards"] != first.json()["cards"]
    assert http.get(first.json()["again"]).json()["again"] == first.json()["again"]


def test_what_was_set_aside_is_said_and_left_out_of_the_same_answer(
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    (late,) = later(LATE[:1], first=1)
    set_aside(engine, late.envelope.id)

    first = http.get(CARD, params={"as_of": THEN})
    tell(engine, [late])
    with engine.begin() as db:
        db.execute(parked_events.delete())

    assert first.json()["aside"] == {"orders": [1]}
    assert http.get(first.json()["again"]).content == first.content
    after = got(http, CARD, as_of=THEN)
    assert (after["aside"], after["cards"] == first.json()["cards"]) == ({}, False)


def test_so_many_set_aside_that_no_question_could_tell_them_are_not_told(
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    many = later([LATE[0]] * (MOST_ASIDE + 1))
    for late in many:
        set_aside(engine, late.envelope.id, late.envelope.pos)

    said = got(http, CARD, as_of=THEN)

    assert (said["again"], said["seen"]) == (None, None)
    assert len(said["aside"]["orders"]) == MOST_ASIDE + 1


def test_what_appeals_claim_has_one_place_however_much_it_is(
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    upheld = [appeal(n) for n in range(4)]
    tell(engine, later(upheld[:3]))
    first = http.get(CARD, params={"as_of": THEN, "explain": "true"})

    tell(engine, later(upheld[3:], first=2 * LATER))

    assert first.json()["places"]["performance"] == LATER + 2
    assert len(first.json()["again"]) < 1_000
    assert http.get(first.json()["again"]).content == first.content
    fresh = got(http, CARD, as_of=THEN, explain="true")
    assert fresh["cards"] != first.json()["cards"]


def test_an_appeal_that_was_set_aside_is_left_out_of_the_same_answer(
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    early, last = later([appeal(0), appeal(1)])
    tell(engine, [last])
    set_aside(engine, early.envelope.id, early.envelope.pos, "performance.v1")
    first = http.get(CARD, params={"as_of": THEN})

    tell(engine, [early])
    with engine.begin() as db:
        db.execute(parked_events.delete())

    assert first.json()["aside"] == {"performance": [early.envelope.pos]}
    assert http.get(first.json()["again"]).content == first.content
    assert got(http, CARD, as_of=THEN)["cards"] != first.json()["cards"]


def test_seen_is_all_that_had_come_whatever_moment_was_asked_of(
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    early = (AS_OF - 8 * DAY).isoformat()
    seen = [
        got(http, CARD, as_of=THEN)["seen"],
        got(http, CARD, as_of=early)["seen"],
        got(http, CARD, as_of=THEN, known_at=early)["seen"],
    ]
    before = got(http, CARD, as_of=THEN)["cards"]

    tell(engine, later(LATE))

    for each in seen:
        assert got(http, CARD, as_of=THEN, seen=each)["cards"] == before


def appeal(n: int) -> tuple[AppealDecided, timedelta]:
    """Upheld: a hundred orders, never heard of otherwise, were accepted in time."""
    at = AS_OF - 9 * DAY
    facts = [accepted(at, f"claimed-{n}-{each}") for each in range(MOST_CLAIMS)]
    claims = tuple(
        Claim(type="orders.order-accepted.v1", data=fact.model_dump(mode="json"))
        for fact in facts
    )
    decided = AppealDecided(
        seller_id="s-1",
        appeal_id=f"a-{n}",
        upheld=True,
        claims=claims,
        note="So it was",
        decided_at=at,
    )
    return decided, timedelta()


def set_aside(
    engine: Engine, event_id: UUID, pos: int = 1, topic: str = "orders.v1"
) -> None:
    row: dict[str, Any] = {
        "group_name": "performance",
        "topic": topic,
        "stream_id": "order-x",
    }
    row |= {"record_offset": pos, "partition": 0, "timestamp_ms": 0}
    row |= {"pos": pos, "version": 1}
    row |= {"event_id": event_id, "type": "orders.order-placed.v1", "key": b"s-1"}
    with engine.begin() as db:
        db.execute(parked_events.insert(), [row | {"headers": []}])


def test_what_was_not_recorded_by_then_was_not_known(
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    known_at = (AS_OF + DAY).isoformat()
    first = got(http, CARD, as_of=THEN, known_at=known_at)

    tell(engine, later((fact, 40 * DAY) for fact, _ in LATE))

    assert got(http, CARD, as_of=THEN, known_at=known_at)["cards"] == first["cards"]
    assert got(http, CARD, as_of=THEN)["cards"] != first["cards"]


def test_every_number_opens_down_to_its_facts(served: tuple[TestClient, Engine]) -> None:
    http, _ = served
    said = got(http, CARD, as_of=THEN, explain="true")

    by_metric = {card["metric"]: card for card in said["cards"]}
    assert set(by_metric) == set(NAMES)
    for metric, card in by_metric.items():
        rows = [row for row in said["evidence"] if row["metric"] == metric]
        assert sum(row["due"] for row in rows) == card["due"]
        assert sum(row["kept"] or 0 for row in rows) == (card["kept"] or 0)
        assert all(row["facts"] for row in rows)


def test_what_is_void_is_shown_with_what_freed_the_seller(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    said = got(http, CARD, as_of=THEN, explain="true")

    freed = {(row["metric"], row["subject_id"]): row for row in said["voided"]}
    assert {key: [f["says"] for f in row["facts"]] for key, row in freed.items()} == {
        ("acceptance.accepted", "o-no"): ["due", "void"],
        ("acceptance.timely", "o-void"): ["opened", "void"],
        ("shipping.on_time", "o-void"): ["opened", "void", "due"],
    }
    counted = {(row["metric"], row["subject_id"]) for row in said["evidence"]}
    assert not counted & freed.keys()
    (of_both,) = (
        {fact["says"] for fact in row["facts"]}
        for row in said["evidence"]
        if (row["metric"], row["subject_id"]) == ("shipping.on_time", "o-1")
    )
    assert "void" in of_both  # of its part o-14, which was cancelled


def test_one_metric_can_be_asked_for_alone(served: tuple[TestClient, Engine]) -> None:
    http, _ = served
    said = got(http, CARD, as_of=THEN, metric="listings.complete", explain="true")

    assert {card["metric"] for card in said["cards"]} == {"listings.complete"}
    assert {row["metric"] for row in said["evidence"]} == {"listings.complete"}
    assert said["level"] == got(http, CARD, as_of=THEN)["level"]


def test_what_cannot_be_asked_is_refused_by_its_name(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    ahead = {"as_of": "2999-01-01T00:00:00Z"}

    status, kind, why = problem(http, CARD, **ahead)
    assert (status, kind) == (422, "moment-to-come")
    assert why.startswith("as_of: ")
    assert "/projection" in why
    assert problem(http, CARD, as_of=THEN, known_at=ahead["as_of"])[2][:9] == "known_at:"
    assert problem(http, CARD, as_of="2026-04-01T00:00:00")[2].startswith("as_of: ")
    beyond = Seen.model_construct(places={"orders": 2**63}).written() or ""
    for seen in ("e30", beyond):
        assert problem(http, CARD, as_of=THEN, seen=seen)[2].startswith("seen: ")
    status, kind, why = problem(http, CARD, as_of=THEN, policy="1999-01")
    assert (status, kind) == (404, "policy-unknown")
    assert "2026-01" in why
    status, kind, why = problem(http, CARD, as_of=THEN, metric="charm")
    assert (status, kind) == (404, "metric-unknown")
    assert all(name in why for name in NAMES)


def test_a_seller_of_whom_nothing_was_known_is_unknown(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    early = (AS_OF - 90 * DAY).isoformat()

    for answer in (
        problem(http, "/sellers/nobody/scorecard", as_of=THEN),
        problem(http, CARD, as_of=early),
        problem(http, CARD, as_of=THEN, known_at=early),
    ):
        assert answer[:2] == (404, "seller-unknown")
