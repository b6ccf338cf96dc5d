"""What a seller says of its buyers decides who may order, and who is a customer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count, repeat
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from uuid_utils.compat import uuid7

from kit.blueprint import Blueprint
from kit.serving import build
from kit.settings import Part
from market.waiting import wait_until
from services.buyers.app import BLUEPRINT as BUYERS
from services.orders.app import BLUEPRINT as ORDERS
from tests.orders.test_api import PLACE, post
from tests.tokens import asking, settings


@dataclass(frozen=True)
class Services:
    """Orders and buyers, that know each other by Kafka alone."""

    orders: TestClient
    buyers: TestClient

    def answers(
        self, status: int, asks: Iterator[tuple[str, dict[str, Any]]]
    ) -> dict[str, Any]:
        """What orders answers at last, once it has heard what changes its mind."""
        said: list[dict[str, Any]] = []

        def answered() -> bool:
            path, body = next(asks)
            got, answer = post(self.orders, path, body, f"{path}-{uuid7()}")
            said.append(answer)
            return got == status

        wait_until(answered, what=f"an answer {status}", within_s=60)
        return said[-1]


@pytest.fixture
def services(
    kafka: str, new_topics: Callable[..., list[str]], fresh_databases: Callable[[], str]
) -> Iterator[Services]:
    of_orders, of_buyers, of_performance = new_topics(
        "orders.v1", "buyers.v1", "performance.v1"
    )
    [heard, stand], [reaction] = ORDERS.foreign, BUYERS.reactions
    orders = replace(
        ORDERS,
        name=f"orders {of_orders}",
        topic=of_orders,
        foreign=[
            replace(heard, topics=(of_buyers,)),
            replace(stand, topics=(of_performance,)),
        ],
    )
    buyers = replace(
        BUYERS,
        name=f"buyers {of_buyers}",
        topic=of_buyers,
        reactions=[replace(reaction, topics=(of_orders,))],
    )

    def app(blueprint: Blueprint) -> TestClient:
        every_part = frozenset(get_args(Part))
        told = settings(fresh_databases(), kafka_bootstrap_servers=kafka, parts=every_part)
        return stack.enter_context(asking(build(blueprint, told)))

    with ExitStack() as stack:
        yield Services(app(orders), app(buyers))


NEW_ORDERS = (("/orders", PLACE | {"order_id": f"o-{n}"}) for n in count())
ACCEPTANCES = repeat(("/orders/o-accepted/acceptance", dict[str, Any]()))


def test_a_gated_seller_takes_orders_of_approved_buyers_and_knows_its_customers(
    services: Services,
) -> None:
    buyers, gate = services.buyers, {"approval_required": True}
    assert post(buyers, "/sellers/s-1/access-rule", gate, "k-rule")[0] == 200

    refused = services.answers(403, NEW_ORDERS)
    assert (refused["type"], refused["access"]) == ("access-needed", None)

    request = {"request_id": "r-1", "buyer_id": "b-1"}
    requests = "/sellers/s-1/access-requests"
    assert post(buyers, requests, request, "k-request")[0] == 200
    assert post(buyers, f"{requests}/r-1/approval", {}, "k-approval")[0] == 200
    services.answers(200, NEW_ORDERS)

    customer = {"customer_id": "c-7", "buyer_id": "b-1", "name": "Corner Shop"}
    assert post(buyers, "/sellers/s-1/customers", customer, "k-customer")[0] == 200
    placed = PLACE | {"order_id": "o-accepted"}
    assert post(services.orders, "/orders", placed, "k-placed")[0] == 200
    services.answers(200, ACCEPTANCES)
    assert services.orders.get("/orders/o-accepted").json()["customer_id"] == "c-7"
