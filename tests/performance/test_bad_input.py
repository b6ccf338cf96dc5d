"""What cannot be: refused with the field and the remedy, and nothing is recorded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, text

from kit.serving import build
from services.performance.app import BLUEPRINT
from services.performance.model.metrics import NAMES
from services.performance.model.policy import load_policies
from tests.infrastructure import drop_database, new_database
from tests.performance.reviewed import orders, performance_on
from tests.performance.test_standing_api import early
from tests.performance.world import AS_OF, DAY
from tests.tokens import asking, bearing, settings

NOBODY_IS: Final = "00000000-0000-0000-0000-00000000ffff"
S: Final = "/sellers/s-1"
THEN: Final = "as_of=2026-04-01T00:00:00Z"
AHEAD: Final = "2999-01-01T00:00:00Z"
NAIVE: Final = "2026-04-01T00:00:00"
NOT_COME: Final = f"{AHEAD} has not come, it is 2026-04-02T00:00:00Z; "
PROJECTED: Final = (
    f"as_of: {NOT_COME}how things would stand then is a projection: "
    "ask /sellers/{seller_id}/projection"
)
NOBODY_NOW: Final = (
    "seller_id: there is no seller 'nobody' of whom anything was true by "
    "2026-04-02T00:00:00Z and is known now; correct seller_id or, if it is right, "
    "ask again after the seller's first order, access request, message or listing"
)
KNOWN_NOW: Final = f"known_at: {NOT_COME}leave it out for all that is known now"
NO_OFFSET: Final = "it has no time zone: give it one, such as 2025-03-30T00:00:00Z"
NO_POLICY: Final = "policy: there is none of version '1999'; there are: 2026-01"
NOBODY: Final = (
    "seller_id: there is no seller 'nobody' of whom anything was true by "
    "2026-04-01T00:00:00Z and known by 2026-04-02T00:00:00Z; correct seller_id or, "
    "if it is right, give an as_of (for a trend, until) and a known_at after the seller's "
    "first order, access request, message or listing"
)
OF_ONE: Final = [f"{S}/{path}" for path in ("scorecard", "evidence", "projection", "due")]
OF_A_MOMENT: Final = ["/scorecards", "/policies/2026-01/comparison", *OF_ONE]
CLAIM: Final = {
    "type": "orders.tracking-added.v1",
    "data": {
        "order_id": "o-x",
        "shipment_id": "h-x",
        "tracking_number": "1Z9",
        "added_at": "2026-03-30T00:00:00Z",
    },
}
NO_SHIPMENT: Final = (
    "claims.0.data.shipment_id: no fact that was known by then names a shipment "
    "'o-x/h-x'; correct shipment_id, or claim the orders.shipment-saved.v1 that brought it "
    "about, too"
)
CONTENT: Final = dict(load_policies()[0].content)
STANDARDS: Final = CONTENT["standards"]
TIMELY: Final = STANDARDS["acceptance.timely"]
REFUSED: Final[list[tuple[str, int, str]]] = [
    *((f"{each}?as_of={AHEAD}", 422, PROJECTED) for each in OF_A_MOMENT),
    *((f"{each}?as_of={NAIVE}", 422, f"as_of: {NO_OFFSET}") for each in OF_A_MOMENT),
    *((f"{each}?{THEN}&known_at={AHEAD}", 422, KNOWN_NOW) for each in OF_A_MOMENT),
    *(
        (f"{each}?{THEN}&known_at={NAIVE}", 422, f"known_at: {NO_OFFSET}")
        for each in OF_A_MOMENT
    ),
    *((f"{each}?{THEN}&policy=1999", 404, NO_POLICY) for each in OF_ONE),
    *((f"{each.replace('s-1', 'nobody')}?{THEN}", 404, NOBODY) for each in OF_ONE),
    (f"/scorecards?{THEN}&policy=1999", 404, NO_POLICY),
    (f"/scorecards?{THEN}&seller_id=nobody", 404, NOBODY),
    ("/sellers/nobody/trend?until=2026-03-31", 404, NOBODY),
    (f"{S}/trend?known_at={AHEAD}", 422, KNOWN_NOW),
    (f"{S}/trend?known_at={NAIVE}", 422, f"known_at: {NO_OFFSET}"),
    (f"{S}/trend?policy=1999", 404, NO_POLICY),
    ("/policies/1999", 404, NO_POLICY),
    (f"/policies/1999/comparison?{THEN}", 404, NO_POLICY),
    (
        f"{S}/scorecard?metric=charm",
        404,
        f"metric: there is none named 'charm'; there are: {', '.join(NAMES)}",
    ),
    ("/sellers/nobody/appeals/a-9/preview", 404, NOBODY_NOW),
    (
        f"{S}/appeals/a-9/preview",
        404,
        "appeal_id: the seller filed no appeal 'a-9'; file it first",
    ),
]
WRONG_POLICIES: Final[list[tuple[dict[str, Any], str]]] = [
    (
        {"standards": {n: s for n, s in STANDARDS.items() if n != "shipping.on_time"}},
        "standards: shipping.on_time is missing: give each its standard",
    ),
    (
        {"standards": STANDARDS | {"charm": TIMELY}},
        f"standards: charm is unknown; metrics are: {', '.join(NAMES)}",
    ),
    (
        {"standards": STANDARDS | {"acceptance.timely": TIMELY | {"limit": 0.98}}},
        (
            "standards.acceptance.timely: warn (0.97) lies under limit (0.98): "
            "let star >= warn >= limit"
        ),
    ),
    (
        {"standards": STANDARDS | {"acceptance.timely": TIMELY | {"star": 0.9}}},
        (
            "standards.acceptance.timely: star (0.9) lies under warn (0.97): "
            "let star >= warn >= limit"
        ),
    ),
    (
        {"window_days": 100, "long_window_days": 90},
        "long_window_days: window_days (100) is longer: swap the two",
    ),
    ({"applies_from": NAIVE}, f"applies_from: {NO_OFFSET}"),
]
POSTED: Final[list[tuple[str, dict[str, Any], int, str]]] = [
    *(
        (path, body | wrong, 422, said)
        for path, body in (
            ("/what-if", {"policy": CONTENT}),
            (f"{S}/what-if", {"claims": [CLAIM]}),
        )
        for wrong, said in (
            ({"as_of": AHEAD}, PROJECTED),
            ({"as_of": NAIVE}, f"as_of: {NO_OFFSET}"),
            ({"known_at": AHEAD}, KNOWN_NOW),
            ({"known_at": NAIVE}, f"known_at: {NO_OFFSET}"),
        )
    ),
    *(("/policy-validation", CONTENT | p, 422, said) for p, said in WRONG_POLICIES),
    *(
        ("/what-if", {"policy": CONTENT | p}, 422, f"policy.{said}")
        for p, said in WRONG_POLICIES
    ),
    (
        f"{S}/what-if",
        {"claims": [CLAIM]},
        422,
        NO_SHIPMENT,
    ),
    (f"{S}/what-if", {"claims": [CLAIM], "policy": "1999"}, 404, NO_POLICY),
    (
        "/reviews",
        {"as_of": "2026-04-03"},
        422,
        "as_of: 2026-04-03 has not begun; review a day that has",
    ),
    ("/reviews", {"known_at": AHEAD}, 422, KNOWN_NOW),
    ("/reviews", {"known_at": NAIVE}, 422, f"known_at: {NO_OFFSET}"),
    *(
        (
            f"/sellers/s-2/plans/n-1/{end}",
            {"note": "Of s-1"},
            404,
            "plan_id: the seller submitted no plan of action 'n-1'; submit it first",
        )
        for end in ("acceptance", "decline")
    ),
    (
        f"{S}/appeals/a-9/decision",
        {"upheld": True, "note": "So it did"},
        404,
        "appeal_id: the seller filed no appeal 'a-9'; file it first",
    ),
    *(
        (f"/sellers/nobody/{path}", body, 404, NOBODY_NOW)
        for path, body in (
            ("plans", {"plan_id": "n-1", "statement": "Hire"}),
            ("plans/n-1/acceptance", {}),
            ("plans/n-1/decline", {"note": "Vague"}),
            (
                "appeals",
                {"appeal_id": "a", "against": "e", "statement": "!", "claims": [CLAIM]},
            ),
            ("appeals/a-1/decision", {"upheld": True, "note": "So it did"}),
        )
    ),
]


@pytest.fixture(scope="module")
def served(postgres_url: str) -> Iterator[tuple[TestClient, Engine]]:
    """A suspended seller, whose plan waits, the day after; and another one."""
    url = new_database(postgres_url)
    with performance_on(url) as parts:
        parts.hear([*orders(late=20), *orders(seller_id="s-2")])
        parts.review(AS_OF)
        with asking(build(BLUEPRINT, settings(url)), at=AS_OF + DAY) as http:
            plan = {"plan_id": "n-1", "statement": "Hire"}
            assert post(http, f"{S}/plans", plan, "plan").status_code == 200
            yield http, parts.engine
    drop_database(postgres_url, url)


def recorded(engine: Engine) -> Mapping[str, Sequence[str]]:
    """All that is kept, row by row, of every table."""
    of_ours = """SELECT table_name FROM information_schema.tables
        WHERE table_schema = ANY(current_schemas(false)) AND table_type = 'BASE TABLE'"""
    with engine.connect() as db:
        names = {*db.scalars(text(of_ours))}
        assert names > {"events", "events_pending", "obligation_sayings", "standings"}
        rows = {each: text(f'SELECT t::text FROM "{each}" t') for each in names}  # noqa: S608 - ours
        return {each: sorted(db.scalars(query)) for each, query in rows.items()}


def post(http: TestClient, path: str, body: dict[str, Any], key: object) -> Response:
    return http.post(path, json=body, headers={"Idempotency-Key": str(key)})


def one_of(http: TestClient, seller_id: str) -> str:
    """The id of the last fact of a seller's standing that can be appealed against."""
    history = http.get(f"/sellers/{seller_id}/standing/history").json()["facts"]
    found: str = next(f["event_id"] for f in history if "seller-" in f["type"])
    return found


@pytest.mark.parametrize(("path", "status", "said"), REFUSED)
def test_what_cannot_be_asked_is_refused_with_the_remedy(
    path: str, status: int, said: str, served: tuple[TestClient, Engine]
) -> None:
    http, _ = served
    answer = http.get(path)

    assert (answer.status_code, answer.json()["detail"]) == (status, said)


@pytest.mark.parametrize(("path", "body", "status", "said"), POSTED)
def test_what_cannot_be_is_refused_and_not_recorded(
    path: str,
    body: dict[str, Any],
    status: int,
    said: str,
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    before = recorded(engine)
    answer = post(http, path, body, f"{path} {said}"[:199])

    assert (answer.status_code, answer.json()["detail"]) == (status, said)
    assert recorded(engine) == before


@pytest.mark.parametrize("which", ["against", "contests", "claims"])
def test_an_appeal_that_names_what_is_not_the_sellers_is_not_recorded(
    which: str, served: tuple[TestClient, Engine]
) -> None:
    http, engine = served
    mine, of_another = one_of(http, "s-1"), one_of(http, "s-2")
    before = recorded(engine)
    wrong: dict[str, tuple[dict[str, Any], int, str]] = {
        "against": (
            {"against": of_another},
            409,
            (
                f"against: no review, warning or sanction of the seller is {of_another!r}; "
                "take the id of one from the history of the seller's standing"
            ),
        ),
        "contests": (
            {"contests": [NOBODY_IS]},
            409,
            (
                f"contests: no facts of the seller are {NOBODY_IS!r}; "
                "take ids from the evidence of a scorecard"
            ),
        ),
        "claims": (
            {"claims": [early("o-0"), CLAIM]},
            422,
            NO_SHIPMENT.replace("claims.0", "claims.1"),
        ),
    }
    changes, status, said = wrong[which]
    appeal = {
        "appeal_id": "a-2",
        "against": mine,
        "statement": "!",
        "claims": [early("o-0")],
    } | changes
    answer = post(http, f"{S}/appeals", appeal, which)

    assert (answer.status_code, answer.json()["detail"]) == (status, said)
    assert recorded(engine) == before


def test_a_seller_says_nothing_of_of_another_plan(
    served: tuple[TestClient, Engine],
) -> None:
    http, engine = served
    before = recorded(engine)
    as_another = bearing("seller", "s-2", AS_OF + DAY) | {"Idempotency-Key": "another"}
    plan = {"plan_id": "n-2", "statement": "Hire"}
    answer = http.post(f"{S}/plans", json=plan, headers=as_another)

    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "seller_id: there is no seller 's-1'",
    )
    assert recorded(engine) == before
