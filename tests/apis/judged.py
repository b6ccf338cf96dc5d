"""A seller who is judged: suspended, with a plan and an appeal that wait."""

from datetime import timedelta
from typing import Any, Final

from fastapi import FastAPI

from services.performance.consumers import OBLIGATIONS
from tests.performance.facts import listed, requested, sent
from tests.performance.reviewed import orders
from tests.performance.test_confirmation import came_in
from tests.performance.test_standing_api import early
from tests.performance.world import AS_OF, DAY, recorded
from tests.tokens import asking

_S: Final = "/sellers/s-1"


def let_a_seller_be_judged(app: FastAPI) -> None:
    """Let it be the day after a review, which found a seller very poor."""
    app.state.now = lambda: AS_OF + DAY
    facts = [
        *(listed(), came_in(), *orders(late=15)),
        *(requested(AS_OF - 9 * DAY, f"r-{n}") for n in range(12)),
        *(sent("buyer", AS_OF - 9 * DAY, f"m-{n}") for n in range(12)),
    ]
    with app.state.engine.begin() as db:
        OBLIGATIONS.handler(recorded((fact, timedelta()) for fact in facts), db)
    _post(app, "/reviews", {"as_of": str(AS_OF.date())})
    read = asking(app).get(f"{_S}/standing/history").json()
    against = read["facts"][0]["event_id"]
    words = {"statement": "It left in time"}
    _post(app, f"{_S}/plans", {"plan_id": "n-1", **words})
    appeal = {"appeal_id": "a-1", "against": against, "claims": [early("o-1")], **words}
    _post(app, f"{_S}/appeals", appeal)


def _post(app: FastAPI, path: str, body: dict[str, Any]) -> None:
    answer = asking(app).post(path, json=body, headers={"Idempotency-Key": path})
    assert answer.status_code == 200, answer.text
