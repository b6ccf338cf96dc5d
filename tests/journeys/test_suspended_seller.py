"""A seller who ships late goes down the ladder, until orders takes no order of theirs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete
from uuid_utils.compat import uuid7

from kit.blueprint import Blueprint
from kit.serving import build, now
from kit.settings import Part
from market.waiting import wait_until
from services.catalog.app import BLUEPRINT as CATALOG
from services.orders.app import BLUEPRINT as ORDERS
from services.performance.app import BLUEPRINT as PERFORMANCE
from services.performance.projections import obligation_sayings
from tests.orders.test_api import PLACE, post
from tests.performance.world import AS_OF, DAY
from tests.tokens import asking, settings

_SELLER = "/sellers/s-1"


@dataclass(frozen=True)
class Services:
    """Orders, catalog and performance, that know each other by Kafka alone."""

    orders: TestClient
    catalog: TestClient
    performance: TestClient

    def tell(self, name: str, **said: Any) -> None:  # noqa: ANN401 - a command
        """Tell orders of what happened, as an import does."""
        told = {"key": str(uuid7()), "command": name, **said}
        answer = self.orders.post("/commands", json={"commands": [told]}).json()
        assert answer["results"][0]["outcome"] == "recorded", answer

    def placing(self) -> tuple[int, str]:
        """What a buyer is answered who orders of the seller now."""
        order_id = f"o-now-{next(_numbers)}"
        status, said = post(
            self.orders, "/orders", PLACE | {"order_id": order_id}, order_id
        )
        return status, str(said.get("type", "placed"))

    def shown(self) -> int:
        """How many products of the seller a buyer finds."""
        asked = {"buyer_id": "b-1", "seller_id": "s-1"}
        return len(self.catalog.get("/browse", params=asked).json()["products"])


_numbers = count()


@pytest.fixture
def services(
    kafka: str, new_topics: Callable[..., list[str]], fresh_databases: Callable[[], str]
) -> Iterator[Services]:
    names = ("orders.v1", "catalog.v1", "buyers.v1", "performance.v1")
    renamed = dict(zip(names, new_topics(*names), strict=True))

    def app(blueprint: Blueprint) -> TestClient:
        """The service, on topics of its own."""
        made = replace(
            blueprint,
            name=f"{blueprint.name} {renamed['orders.v1']}",
            topic=renamed[str(blueprint.topic)],
            foreign=[
                replace(model, topics=[renamed[topic] for topic in model.topics])
                for model in blueprint.foreign
            ],
            reactions=[
                replace(one, topics=tuple(renamed[topic] for topic in one.topics))
                for one in blueprint.reactions
            ],
            schedules=(),
        )
        every_part = frozenset(get_args(Part))
        told = settings(fresh_databases(), kafka_bootstrap_servers=kafka, parts=every_part)
        return stack.enter_context(asking(build(made, told)))

    with ExitStack() as stack:
        yield Services(app(ORDERS), app(CATALOG), app(PERFORMANCE))


def ship_late(services: Services) -> None:
    """Let twenty orders of the past be accepted in time, and leave days too late."""
    for n in range(20):
        order, at = {"order_id": f"o-{n}"}, AS_OF - 12 * DAY
        placed = PLACE | order | {"ship_by": (at + 5 * DAY).isoformat()}
        services.tell("place-order", **placed, at=at.isoformat())
        customer = {"customer_id": "c-1", "customer_link": "created"}
        services.tell("accept-order", **order, **customer, at=at.isoformat())
        left = (at + 9 * DAY).isoformat()
        services.tell(
            "save-shipment",
            **order,
            shipment_id="h-1",
            lines=[
                {key: line[key] for key in ("line_id", "quantity")}
                for line in PLACE["lines"]
            ],
            carrier="UPS",
            tracking_number="1Z999AA10123456784",
            shipped_by="seller",
            shipped_at=left,
            at=left,
        )


def heard_of(services: Services) -> bool:
    asked = {"as_of": AS_OF.isoformat(), "seller_id": "s-1"}
    said = services.performance.get("/scorecards", params=asked).json()
    cards = said.get("cards", ())  # none while the seller is unknown
    return {c["metric"]: c["due"] for c in cards}.get("shipping.on_time") == 20


def replayed(services: Services) -> tuple[int, int, list[str]]:
    """What is due by the topics, by the tables, and of whom they differ."""
    asked = {"metric": "shipping.on_time", "as_of": AS_OF.isoformat()}
    said = services.performance.get("/scorecards/replay", params=asked).json()
    differing = [each["seller_id"] for each in said["differences"]]
    return said["replayed"]["due"], said["live"]["due"], differing


def test_a_row_that_a_table_lost_is_told(services: Services) -> None:
    ship_late(services)
    wait_until(lambda: heard_of(services), what="all that was shipped", within_s=60)
    engine = services.performance.app.state.engine  # type: ignore[attr-defined]  # a FastAPI
    with engine.begin() as db:
        lost = obligation_sayings.c.subject_id == "o-3"
        db.execute(delete(obligation_sayings).where(lost))

    assert replayed(services) == (20, 19, ["s-1"])


def test_a_seller_who_ships_late_is_suspended_refused_and_reinstated(
    services: Services,
) -> None:
    listing = {"title": "Mug", "images": ["https://cdn.example/mug.jpg"]}
    post(services.catalog, f"{_SELLER}/products/p-1/listing", listing, "k-listing")
    ship_late(services)
    wait_until(lambda: heard_of(services), what="all that was shipped", within_s=60)
    assert (services.placing(), services.shown()) == ((200, "placed"), 1)
    assert replayed(services) == (20, 20, [])

    review = {"as_of": "2026-04-01", "known_at": now().isoformat()}
    status, done = post(services.performance, "/reviews", review, "k-review")
    assert (status, done["days"][0]["recorded"]) == (200, 2)
    refused = (403, "seller-suspended")
    wait_until(lambda: services.placing() == refused, what="a refusal", within_s=60)
    wait_until(lambda: services.shown() == 0, what="nothing for sale", within_s=60)
    services.tell("place-order", **PLACE | {"order_id": "o-old"}, at=AS_OF.isoformat())

    plan = {"plan_id": "n-1", "statement": "Another packer"}
    plans = f"{_SELLER}/plans"
    assert post(services.performance, plans, plan, "k-plan")[0] == 200
    assert post(services.performance, f"{plans}/n-1/acceptance", {}, "k-yes")[0] == 200
    wait_until(lambda: services.placing()[0] == 200, what="a placed order", within_s=60)
    wait_until(lambda: services.shown() == 1, what="a product for sale", within_s=60)
