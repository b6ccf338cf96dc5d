"""How sellers stand decides who may order of them; what has happened stays so."""

from collections.abc import Iterator
from itertools import permutations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, select

from contracts.fact import Fact
from kit.consumers.records import Received
from kit.serving import build
from services.orders.app import BLUEPRINT
from services.orders.commands import BuyerStanding, OfBuyer
from services.orders.model import ORDER, refusals
from services.orders.projections import project_buyers, project_standings
from services.orders.projections.standings import metadata, seller_standings
from tests.orders.test_api import PLACE as PLACE_BODY, post
from tests.orders.test_buyers import CREATED
from tests.orders.test_model import PLACE
from tests.samples import PLACED, received
from tests.spec import Given
from tests.standing_samples import LIFTED, REDUCED, REINSTATED, REVIEWED, SUSPENDED, WARNED
from tests.tokens import asking, settings


def told(*facts: Fact) -> list[Received]:
    """The facts of one seller's standing, in the order of its stream."""
    return [received(fact, pos, "standing-s-1") for pos, fact in enumerate(facts, 1)]


def placing(step: str, customer_id: str | None = None) -> OfBuyer:
    return OfBuyer(command=PLACE, buyer=BuyerStanding(step=step, customer_id=customer_id))


@pytest.mark.parametrize("customer_id", [None, "c-1"])
def test_a_suspended_seller_takes_no_orders(customer_id: str | None) -> None:
    Given(ORDER, ()).when(placing("suspended", customer_id)).then_refused(
        refusals.SellerSuspended, "s-1"
    )


def test_where_new_buyers_are_limited_customers_may_order() -> None:
    limited = "reduced_for_all"
    Given(ORDER, ()).when(placing(limited)).then_refused(refusals.NewBuyersLimited, "b-1")
    Given(ORDER, ()).when(placing(limited, "c-1")).then(PLACED)


@pytest.mark.parametrize("step", ["healthy", "warned", "reduced_for_some"])
def test_on_any_other_step_everybody_may(step: str) -> None:
    Given(ORDER, ()).when(placing(step)).then(PLACED)


def test_what_was_placed_before_stays_placed() -> None:
    Given(ORDER, (PLACED,)).when(placing("suspended")).then()


@pytest.fixture
def tables(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as db:
        metadata.create_all(db)
        yield db


def test_neither_order_nor_repeats_of_facts_matter(tables: Connection) -> None:
    facts = told(REVIEWED, WARNED, REDUCED, LIFTED, SUSPENDED)[1:]
    for order in permutations(facts):
        tables.execute(seller_standings.delete())
        for one in (*order, order[0]):
            project_standings([one], tables)
        (row,) = tables.execute(select(seller_standings)).all()
        assert row == ("s-1", "suspended", 5)


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    with asking(build(BLUEPRINT, settings(fresh_database))) as client:
        yield client


def test_a_suspension_is_in_force_until_the_seller_is_reinstated(
    http: TestClient, engine: Engine
) -> None:
    facts = told(SUSPENDED, REINSTATED)
    with engine.begin() as db:
        project_standings(facts[:1], db)
    status, said = post(http, "/orders", PLACE_BODY, "k-1")
    assert (status, said["type"]) == (403, "seller-suspended")

    with engine.begin() as db:
        project_standings(facts, db)
    assert post(http, "/orders", PLACE_BODY, "k-2")[0] == 200


def test_a_buyer_who_is_a_customer_is_not_new(http: TestClient, engine: Engine) -> None:
    with engine.begin() as db:
        project_standings(told(REDUCED), db)
    status, said = post(http, "/orders", PLACE_BODY, "k-1")
    assert (status, said["type"]) == (403, "new-buyers-limited")

    with engine.begin() as db:
        project_buyers([received(CREATED, 1, "customers-s-1:b-1")], db)
    assert post(http, "/orders", PLACE_BODY, "k-2")[0] == 200


def test_what_is_imported_has_happened(http: TestClient, engine: Engine) -> None:
    with engine.begin() as db:
        project_standings(told(SUSPENDED), db)
    told_later = {
        **PLACE_BODY,
        "key": "k-1",
        "command": "place-order",
        "at": "2020-03-06T18:00:00Z",
    }
    said = http.post("/commands", json={"commands": [told_later]}).json()

    assert [one["outcome"] for one in said["results"]] == ["recorded"]
