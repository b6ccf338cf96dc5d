"""What would be so if claims were facts: seen over HTTP, recorded nowhere."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from sqlalchemy import Engine, text

from contracts.performance import Claim
from contracts.registry import CLASSES
from kit.consumers.records import Received
from services.performance.model.proposed import Stated, parsed
from services.performance.model.refusals import ClaimsRefused
from services.performance.model.things import require
from services.performance.policies import MEANT, rows_of
from services.performance.queries.one_seller import with_more
from tests.performance.history import histories
from tests.performance.selling import selling
from tests.performance.world import AS_OF, DAY, HOUR, sayings_of
from tests.samples import PLACED

IF: Final = "/sellers/s-1/what-if"
THEN: Final = AS_OF.isoformat()
TRACKED: Final = "orders.tracking-added.v1"


@pytest.fixture
def served(fresh_database: str) -> Iterator[tuple[TestClient, Engine]]:
    with selling(fresh_database) as both:
        yield both


@settings(max_examples=60, deadline=None)
@given(histories)
def test_facts_stated_by_anybody_say_what_facts_from_kafka_say(
    told: list[Received],
) -> None:
    stated = [
        Stated(r.fact, r.envelope.id, r.envelope.recordedtime, r.envelope.sequence)
        for r in told
    ]
    order = ["event_id", "says"]

    for ours, theirs in zip(rows_of(stated), sayings_of(told), strict=True):
        more = [*order, *(n for n in ("metric",) if n in ours.columns)]
        assert ours.sort(more).rows() == theirs.sort(more).rows()


def tracking(at: datetime, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    parcel = {"order_id": "o-1", "shipment_id": "h-1", "tracking_number": "1Z9"}
    return {
        "type": TRACKED,
        "data": {**parcel, "added_at": at.isoformat(), **changed},
    }


def saved(shipped_at: datetime) -> dict[str, Any]:
    data: dict[str, Any] = {"order_id": "o-1", "shipment_id": "h-2", "carrier": "UPS"}
    data |= {"lines": [{"line_id": "l-1", "quantity": 1}], "tracking_number": "1Z9"}
    data |= {"shipped_by": "seller", "completes_order": True, "saved_at": THEN}
    data |= {"shipped_at": shipped_at.isoformat()}
    return {"type": "orders.shipment-saved.v1", "data": data}


def proposed(
    http: TestClient, *claims: dict[str, Any], **more: str
) -> tuple[int, dict[str, Any]]:
    answer = http.post(IF, json={"claims": claims, "as_of": THEN, **more})
    return answer.status_code, answer.json()


def test_a_claim_shows_what_it_would_change_and_is_recorded_nowhere(
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    before = rows_in(engine)

    status, said = proposed(http, tracking(AS_OF - 7 * DAY + HOUR))

    assert status == 200
    (changed,) = said["obligations"]
    was, would_be = changed["before"], changed["after"]
    assert (changed["metric"], changed["subject_id"]) == ("shipping.tracked", "o-1/h-1")
    assert (was["kept"], would_be["kept"]) == (0, 1)
    assert "again" not in said  # no GET gives it again
    assert said["claims"][0] in {fact["event_id"] for fact in would_be["facts"]}
    (metric,) = said["metrics"]
    assert (metric["before"]["kept"], metric["after"]["kept"]) == (0, 1)
    assert rows_in(engine) == before
    assert proposed(http, tracking(AS_OF - 7 * DAY + HOUR))[1]["claims"] == said["claims"]


def test_claims_may_be_about_what_claims_bring_about(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    asked: dict[str, Any] = {"type": "buyers.buyer-access-requested.v1"}
    asked |= {"data": {"request_id": "r-9", "buyer_id": "b", "requested_at": THEN}}
    answered: dict[str, Any] = {"type": "buyers.buyer-access-approved.v1"}
    answered |= {"data": {"request_id": "r-9", "buyer_id": "b", "approved_at": THEN}}

    assert proposed(http, answered, asked)[0] == 200
    status, said = proposed(http, answered)

    assert (status, said["type"]) == (422, "claims-refused")
    assert said["errors"][0]["field"] == "claims.0.data.request_id"


@pytest.mark.parametrize(
    ("claim", "field", "why"),
    [
        (tracking(AS_OF, seller_id="s-2"), "claims.1.data.seller_id", "s-1"),
        ({"type": "orders.order-eaten.v1", "data": {}}, "claims.1.type", TRACKED),
        (tracking(AS_OF, tracking_number=7), "claims.1.data.tracking_number", "string"),
        (tracking(AS_OF, colour="red"), "claims.1.data.colour", "no such field"),
        (tracking(AS_OF + DAY), "claims.1.data.added_at", "after"),
        (saved(shipped_at=AS_OF + 400 * DAY), "claims.1.data.shipped_at", "after"),
        (tracking(AS_OF, shipment_id="h-9"), "claims.1.data.shipment_id", "o-1/h-9"),
        (
            {"type": "orders.shipment-delivered.v1"}
            | {"data": {"order_id": "o-1", "shipment_id": "h-1", "delivered_at": THEN}},
            "claims.1.type",
            "says nothing of obligations",
        ),
    ],
)
def test_what_could_be_no_fact_is_refused_by_its_field(
    served: tuple[TestClient, Engine], claim: dict[str, Any], field: str, why: str
) -> None:
    http, engine = served
    before = rows_in(engine)

    status, said = proposed(http, tracking(AS_OF - DAY), claim)

    assert (status, said["type"]) == (422, "claims-refused")
    (error,) = said["errors"]
    assert error["field"] == field
    assert why in error["reason"]
    assert rows_in(engine) == before


def test_what_falls_due_may_lie_ahead() -> None:
    ahead = (AS_OF + DAY).isoformat()
    claim = Claim(
        type="orders.order-placed.v1",
        data=PLACED.model_dump(mode="json")
        | {"placed_at": THEN, "clock_started_at": THEN, "ship_by": ahead},
    )

    assert parsed([claim], "s-1", AS_OF, MEANT).facts
    early = Claim(type=claim.type, data={**claim.data, "clock_started_at": ahead})
    with pytest.raises(ClaimsRefused, match=r"claims\.0\.data\.clock_started_at"):
        parsed([early], "s-1", AS_OF, MEANT)


def test_what_counts_already_counts_once() -> None:
    (shipped,) = [Claim.model_validate(saved(AS_OF - DAY))]
    said = rows_of(parsed([shipped], "s-1", AS_OF, MEANT).stated(AS_OF - HOUR))
    again = rows_of(parsed([shipped], "s-1", AS_OF, MEANT).stated(AS_OF))
    none = said[0].clear(), said[1].clear()

    assert with_more(none, again)[0].height > 0
    for before, after in zip(said, with_more(said, again), strict=True):
        assert before.equals(after)


def test_a_message_that_was_never_sent_cannot_have_been_answered(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    said = {"conversation_id": "v-1", "message_id": "a-x", "buyer_id": "b-1"}
    said |= {"sender": "seller", "answers": "m-unknown", "sent_at": THEN}

    status, found = proposed(http, {"type": "buyers.message-sent.v1", "data": said})

    assert status == 422
    assert found["errors"][0]["field"] == "claims.0.data.answers"


@settings(max_examples=60, deadline=None)
@given(histories)
def test_a_claim_about_nothing_names_the_claim_that_brings_it_about(
    told: list[Received],
) -> None:
    for each in told:
        try:
            require([each.fact], ())
        except ClaimsRefused as why:
            for field, reason in why.wrong:
                ((named, kind),) = re.findall(r"correct (\S+), or claim the (\S+)", reason)
                assert field.endswith(f".{named}")
                assert kind in CLASSES


def test_each_type_that_means_something_is_published() -> None:
    assert set(CLASSES.values()) >= MEANT.keys()


def rows_in(engine: Engine) -> tuple[int, ...]:
    tables = ("obligation_sayings", "listing_sayings", "events")
    with engine.connect() as db:
        count = "SELECT count(*) FROM {}"
        return tuple(db.scalar(text(count.format(table))) or 0 for table in tables)
