"""From an accepted order to a customer, and from buyers' questions to a scorecard."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient

from kit.blueprint import Blueprint
from kit.serving import build
from kit.settings import Part
from market.waiting import wait_until
from services.buyers.app import BLUEPRINT as BUYERS
from services.orders.app import BLUEPRINT as ORDERS
from services.performance.app import BLUEPRINT as PERFORMANCE
from tests.orders.test_api import PLACE
from tests.tokens import asking, settings

BOTH = {"seller_id": "s-1", "buyer_id": "b-1"}


@dataclass(frozen=True)
class Services:
    """Three services that know each other by Kafka alone."""

    orders: TestClient
    buyers: TestClient
    performance: TestClient

    def caught_up(self) -> None:
        """Wait until each has read what the others recorded."""
        for service in (self.orders, self.buyers, self.performance):
            wait_until(partial(_stands, service), what="a service", within_s=60)

    def told(self, *commands: dict[str, Any]) -> None:
        """Tell buyers what happened, and when."""
        numbered = [{"key": str(n), **one} for n, one in enumerate(commands)]
        said = self.buyers.post("/commands", json={"commands": numbered}).json()
        assert {result["outcome"] for result in said["results"]} == {"recorded"}, said


def _stands(service: TestClient) -> bool:
    said = service.get("/status").json()
    return (said["state"], said["lag"], said["parked"]) == ("ready", 0, 0)


@pytest.fixture
def services(
    kafka: str, new_topics: Callable[..., list[str]], fresh_databases: Callable[[], str]
) -> Iterator[Services]:
    of_orders, of_buyers, of_performance = new_topics(
        "orders.v1", "buyers.v1", "performance.v1"
    )
    [reaction] = BUYERS.reactions
    [heard, stand], [folded] = ORDERS.foreign, PERFORMANCE.foreign
    blueprints = (
        replace(
            ORDERS,
            name=f"orders {of_orders}",
            topic=of_orders,
            foreign=[
                replace(heard, topics=(of_buyers,)),
                replace(stand, topics=(of_performance,)),
            ],
        ),
        replace(
            BUYERS,
            name=f"buyers {of_buyers}",
            topic=of_buyers,
            reactions=[replace(reaction, topics=(of_orders,))],
        ),
        replace(
            PERFORMANCE,
            name=f"performance {of_buyers}",
            topic=of_performance,
            foreign=[replace(folded, topics=(of_orders, of_buyers))],
        ),
    )

    def app(blueprint: Blueprint) -> TestClient:
        every_part = frozenset(get_args(Part))
        told = settings(fresh_databases(), kafka_bootstrap_servers=kafka, parts=every_part)
        return stack.enter_context(asking(build(blueprint, told)))

    with ExitStack() as stack:
        yield Services(*map(app, blueprints))


def post(service: TestClient, path: str, body: object) -> None:
    answer = service.post(path, json=body, headers={"Idempotency-Key": path})
    assert answer.status_code == 200, answer.text


MONDAY, TUESDAY, WEDNESDAY = (f"2026-03-0{day}T00:00:00Z" for day in (2, 3, 4))
OF_REQUEST = {"seller_id": "s-1", "request_id": "r-1"}
OF_TALK = {"conversation_id": "v-1", "text": "?", **BOTH}
TOLD = (
    {"command": "request-access", **OF_REQUEST, **BOTH, "at": MONDAY},
    {"command": "approve-access", **OF_REQUEST, "at": TUESDAY},
    {"command": "write-to-seller", **OF_TALK, "message_id": "m-1", "at": MONDAY},
    {"command": "write-to-buyer", **OF_TALK, "message_id": "m-2", "at": WEDNESDAY},
)
"""A request that is approved in time, and a message that is answered too late."""


def test_an_accepted_order_makes_a_customer_and_answers_make_a_scorecard(
    services: Services,
) -> None:
    link = {"customer_id": "c-1", "customer_link": "created"}
    post(services.orders, "/orders", PLACE)
    post(services.orders, "/orders/o-1/acceptance", link)
    services.told(*TOLD)

    def is_customer() -> bool:
        found = services.buyers.get("/sellers/s-1/buyers/b-1").json()
        return bool(found["customer"] and found["customer"]["customer_id"] == "c-1")

    def cards() -> dict[str, tuple[int, int]]:
        asked = {"as_of": "2026-03-20T00:00:00Z", "all": "true", "seller_id": "s-1"}
        said = services.performance.get("/scorecards", params=asked).json()
        return {
            card["metric"]: (card["due"], card["kept"]) for card in said.get("cards", ())
        }

    def is_measured() -> bool:
        expected = {"approvals.timely": (1, 1), "responses.timely": (1, 0)}
        return expected.items() <= cards().items()

    wait_until(is_customer, what="the customer", within_s=60)
    wait_until(is_measured, what="the scorecard", within_s=60)
    services.caught_up()
    for service in (services.buyers, services.performance):
        compared = service.post("/read-models/verify").json()
        assert all(each["equal"] for each in compared), compared
