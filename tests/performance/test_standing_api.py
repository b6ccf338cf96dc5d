"""Standing over HTTP: read, pleaded, appealed, and lifted where an appeal is upheld."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from contracts.performance import SanctionLifted
from kit.serving import build
from services.performance.app import BLUEPRINT
from services.performance.consumers import OBLIGATIONS
from services.performance.model.policy import load_policies
from services.performance.schedules import restate_steps
from tests.performance.facts import shipped
from tests.performance.reviewed import Performance, orders, performance_on
from tests.performance.world import AS_OF, DAY, HOUR, received
from tests.tokens import asking, settings

NOBODY_IS = "00000000-0000-0000-0000-00000000ffff"
STANDING = "/sellers/s-1/standing"
APPEALS = "/sellers/s-1/appeals"


@pytest.fixture
def performance(fresh_database: str) -> Iterator[Performance]:
    with performance_on(fresh_database) as parts:
        yield parts


@pytest.fixture
def http(performance: Performance) -> Iterator[TestClient]:
    url = performance.engine.url.render_as_string(hide_password=False)
    with asking(build(BLUEPRINT, settings(url))) as client:
        yield client


def post(http: TestClient, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    key = f"{path} {body}"[:200]
    answer = http.post(path, json=body, headers={"Idempotency-Key": key})
    return answer.status_code, answer.json()


def early(order: str, **changes: str) -> dict[str, Any]:
    """The claim that an order left in time."""
    return {
        "type": "orders.shipment-saved.v1",
        "data": {
            "order_id": order,
            "shipment_id": "h-1",
            "lines": [{"line_id": "l-1", "quantity": 1}],
            "carrier": "UPS",
            "tracking_number": "1Z9",
            "shipped_by": "seller",
            "shipped_at": "2026-03-21T00:00:00Z",
            "saved_at": "2026-03-21T00:00:00Z",
            "completes_order": True,
        }
        | changes,
    }


def test_a_seller_reads_the_step_why_and_the_way_out(
    http: TestClient, performance: Performance
) -> None:
    performance.hear(orders())
    unjudged = http.get(STANDING).json()
    assert (unjudged["step"], unjudged["version"]) == ("healthy", 0)
    assert http.get(f"{STANDING}/history").json() == {"facts": [], "next": None}
    performance.review(AS_OF)

    said = http.get(STANDING).json()
    (step,) = said["steps"]
    (ground,) = step["grounds"]
    history = http.get(f"{STANDING}/history").json()["facts"]
    assert (said["step"], said["level"], said["version"]) == ("warned", "limit", 2)
    assert step["cure_by"] == "2026-04-15T00:00:00Z"
    assert ground["way_out"] == {"rate": 0.92, "good_in_a_row": 80, "days": 84}
    assert step["fact_id"] == history[0]["event_id"]
    assert [each["type"] for each in history] == [
        "performance.seller-warned.v1",
        "performance.seller-reviewed.v1",
    ]


def test_operators_page_through_a_step(http: TestClient, performance: Performance) -> None:
    for n in range(3):
        performance.hear(orders(seller_id=f"s-{n}"))
    performance.review(AS_OF)

    asked = {"step": "warned", "limit": "2"}
    first = http.get("/standings", params=asked).json()
    rest = http.get("/standings", params=asked | {"after": first["next"]}).json()
    sellers = [one["seller_id"] for one in first["standings"] + rest["standings"]]
    assert (sellers, rest["next"]) == (["s-0", "s-1", "s-2"], None)
    none = http.get("/standings", params={"waiting": "true"}).json()
    assert none == {"standings": [], "next": None}


def test_an_upheld_appeal_counts_and_lifts_what_it_was_against(
    http: TestClient, performance: Performance
) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    against, _ = performance.told_with_ids()[1]
    claims = [early(f"o-{n}") for n in range(8)]
    appeal = {"appeal_id": "a-1", "against": against, "statement": "!", "claims": claims}

    assert post(http, APPEALS, appeal)[0] == 200
    preview = http.get(f"{APPEALS}/a-1/preview").json()
    assert (preview["before"]["level"], preview["after"]["level"]) == ("limit", "star")
    assert (
        restate_steps(load_policies(), AS_OF + DAY, performance.streams, performance.engine)
        == 0
    )

    decision = {"upheld": True, "note": "So it did"}
    assert post(http, f"{APPEALS}/a-1/decision", decision)[0] == 200
    decision_id, decided = performance.told_with_ids()[-1]
    with performance.engine.begin() as db:
        for _ in range(2):  # Kafka may bring it twice
            OBLIGATIONS.handler(received([decided]), db)
    later = decided.happened_at + DAY
    assert (
        restate_steps(load_policies(), later, performance.streams, performance.engine) == 1
    )

    said = http.get(STANDING).json()
    assert (said["step"], said["appeals"]["a-1"]["state"]) == ("healthy", "upheld")
    lifted = http.get(f"{STANDING}/history").json()["facts"][0]["data"]
    assert (lifted["why"], lifted["changed"]) == ("restated", 1)
    assert lifted["because"] == [decision_id]  # what was claimed is told of nowhere else
    asked = {"seller_id": "s-1", "as_of": AS_OF.isoformat()}
    before = http.get("/scorecards", params=asked | {"known_at": AS_OF.isoformat()}).json()
    assert before["overall"][0]["level"] == "limit"


def test_a_preview_counts_what_had_happened_by_then_though_it_was_saved_later(
    http: TestClient, performance: Performance
) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    against, _ = performance.told_with_ids()[1]
    claims = [early(f"o-{n}", saved_at="2026-04-03T00:00:00Z") for n in range(8)]
    appeal = {"appeal_id": "a-1", "against": against, "statement": "!", "claims": claims}

    assert post(http, APPEALS, appeal)[0] == 200
    preview = http.get(f"{APPEALS}/a-1/preview").json()
    kept = [
        next(each for each in card["metrics"] if each["metric"] == "shipping.on_time")
        for card in (preview["before"], preview["after"])
    ]
    assert [(each["kept"], each["level"]) for each in kept] == [(12, "limit"), (20, "star")]


@pytest.mark.parametrize(
    ("changes", "status", "kind", "field"),
    [
        (
            {
                "claims": [
                    early("o-1"),
                    early(
                        "o-2",
                        shipped_at="2026-04-02T00:00:00Z",
                        saved_at="2026-04-03T00:00:00Z",
                    ),
                ]
            },
            422,
            "claims-refused",
            (
                "claims.1.data.saved_at: it lies after 2026-04-01T00:00:00Z, when what is "
                "appealed against was judged: it can't have changed that; claim what had "
                "happened by then"
            ),
        ),
        ({"against": NOBODY_IS}, 409, "against-unknown", "against"),
        ({"contests": [NOBODY_IS]}, 409, "facts-unknown", "contests"),
        ({"claims": [early("o-99")]}, 422, "claims-refused", "claims.0.data.order_id"),
        (
            {"claims": [{"type": "orders.order-sung.v1", "data": {}}]},
            422,
            "claims-refused",
            "claims.0.type",
        ),
        ({"statement": ""}, 422, "invalid-request", "statement"),
        ({"claims": []}, 422, "nothing-claimed", "claims: an appeal that claims nothing"),
    ],
)
def test_an_appeal_that_names_what_is_not_there_is_refused(
    changes: dict[str, Any],
    status: int,
    kind: str,
    field: str,
    http: TestClient,
    performance: Performance,
) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    against, _ = performance.told_with_ids()[1]
    before = performance.count()

    appeal: dict[str, Any] = {"appeal_id": "a-1", "against": against, "statement": "!"}
    appeal |= {"claims": [early("o-1")], **changes}
    got, problem = post(http, APPEALS, appeal)

    assert (got, problem["type"]) == (status, kind)
    assert field in problem["detail"]
    assert performance.count() == before


def test_an_appeal_against_what_was_not_judged_is_told_so_whatever_it_claims(
    http: TestClient, performance: Performance
) -> None:
    performance.hear(orders())
    performance.review(AS_OF)
    saved = shipped(AS_OF - 10 * DAY)
    performance.hear(saved.model_copy(update={"order_id": f"o-{n}"}) for n in range(8))
    restate_steps(load_policies(), AS_OF + HOUR, performance.streams, performance.engine)
    against, lifted = performance.told_with_ids()[-1]
    assert isinstance(lifted, SanctionLifted)

    since = {"shipped_at": "2026-04-02T00:00:00Z", "saved_at": "2026-04-03T00:00:00Z"}
    appeal = {"appeal_id": "a-1", "against": against, "statement": "!"}
    status, problem = post(http, APPEALS, appeal | {"claims": [early("o-2", **since)]})

    assert (status, problem["type"]) == (409, "against-unknown")


def test_a_plan_that_is_accepted_reinstates_and_anothers_is_unknown(
    http: TestClient, performance: Performance
) -> None:
    performance.hear([*orders(late=20), *orders(late=0, seller_id="s-2")])
    performance.review(AS_OF)
    plan = {"plan_id": "n-1", "statement": "Hire"}
    assert post(http, "/sellers/s-1/plans", plan)[0] == 200

    status, problem = post(http, "/sellers/s-2/plans/n-1/acceptance", {})
    assert (status, problem["type"]) == (404, "plan-unknown")
    waits = http.get("/standings", params={"waiting": "true"}).json()["standings"]
    assert [one["seller_id"] for one in waits] == ["s-1"]

    assert post(http, "/sellers/s-1/plans/n-1/acceptance", {})[0] == 200
    said = http.get(STANDING).json()
    assert (said["step"], said["plans"]["n-1"]["state"]) == ("healthy", "accepted")


def test_a_review_is_asked_once_and_not_of_a_day_to_come(
    http: TestClient, performance: Performance
) -> None:
    performance.hear(orders())
    asked = {"as_of": "2026-04-01"}

    assert post(http, "/reviews", asked)[1] == {
        "days": [
            {
                "day": "2026-04-01",
                "policy": "2026-01",
                "sellers": 1,
                "passed_over": 0,
                "recorded": 2,
                "failed": {},
            }
        ],
        "again": [],
    }
    assert post(http, "/reviews", asked)[1] == {"days": [], "again": []}
    (past,) = post(http, "/reviews", {"as_of": "2026-03-31"})[1]["days"]
    assert (past["sellers"], past["passed_over"], past["recorded"]) == (0, 1, 0)
    ahead = {"known_at": "9000-01-01T00:00:00Z"}
    status, problem = post(http, "/reviews", ahead)
    assert (status, problem["type"]) == (422, "moment-to-come")
    status, problem = post(http, "/reviews", {"as_of": "9999-01-01"})
    assert (status, problem["type"]) == (422, "day-not-begun")
    assert post(http, "/reviews", {"as_of": 20_000})[0] == 422
