"""What sellers decided of their buyers, and what it lets them and the buyers do."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, select

from contracts.buyers import (
    BuyerAccessApproved,
    BuyerAccessDeclined,
    BuyerAccessExpired,
    BuyerAccessRequested,
    BuyerAccessRuleSet,
    BuyerAccessWithdrawn,
    BuyerAssociated,
    CustomerCreated,
)
from contracts.fact import Fact
from contracts.orders import CustomerLink, OrderEvent
from kit.consumers.records import Received
from kit.serving import build
from services.orders.app import BLUEPRINT
from services.orders.commands import AcceptOrder, BuyerStanding, OfBuyer
from services.orders.model import ORDER, refusals
from services.orders.projections import project_buyers
from services.orders.projections.buyers import (
    buyer_access,
    buyer_relationships,
    gated_sellers,
    metadata,
)
from tests.orders.test_api import PLACE as PLACE_BODY, post
from tests.orders.test_model import ACCEPT, PLACE
from tests.samples import (
    ACCEPTED,
    FRIDAY,
    MONDAY,
    PLACED,
    REJECTED,
    SATURDAY,
    TUESDAY,
    received,
)
from tests.spec import Given
from tests.tokens import asking, settings

STRANGER = BuyerStanding()
CUSTOMER = BuyerStanding(customer_id="c-1")
OF_OTHERS = BuyerStanding(named="others")
SIMPLY = AcceptOrder(order_id="o-1", at=SATURDAY)

GATED = BuyerAccessRuleSet(seller_id="s-1", approval_required=True, set_at=FRIDAY)
UNGATED = BuyerAccessRuleSet(seller_id="s-1", approval_required=False, set_at=MONDAY)
OF_ONE = {"seller_id": "s-1", "buyer_id": "b-1"}
REQUESTED = BuyerAccessRequested(**OF_ONE, request_id="r-1", requested_at=FRIDAY)
DECLINED = BuyerAccessDeclined(**OF_ONE, request_id="r-1", declined_at=SATURDAY)
AGAIN = BuyerAccessRequested(**OF_ONE, request_id="r-2", requested_at=MONDAY)
APPROVED = BuyerAccessApproved(**OF_ONE, request_id="r-2", approved_at=TUESDAY)
CREATED = CustomerCreated(**OF_ONE, customer_id="c-1", name="Ms", created_at=FRIDAY)
ASSOCIATED = BuyerAssociated(**OF_ONE, customer_id="c-2", associated_at=MONDAY)


def given(*facts: OrderEvent) -> Given:
    return Given(ORDER, facts)


def accepting(
    buyer: BuyerStanding,
    customer_id: str | None = None,
    link: CustomerLink | None = None,
) -> OfBuyer:
    command = replace(SIMPLY, customer_id=customer_id, customer_link=link)
    return OfBuyer(command=command, buyer=buyer)


def as_customer(customer_id: str, link: CustomerLink) -> OrderEvent:
    return ACCEPTED.model_copy(update={"customer_id": customer_id, "customer_link": link})


def test_of_a_known_customer_nothing_need_be_said() -> None:
    given(PLACED).when(accepting(CUSTOMER)).then(as_customer("c-1", "existing"))


@pytest.mark.parametrize(
    ("customer_id", "link"),
    [(None, None), ("c-1", None), (None, "created"), (None, "associated")],
)
def test_of_an_unknown_buyer_must_be_said_who_they_are(
    customer_id: str | None, link: CustomerLink | None
) -> None:
    unsaid = accepting(STRANGER, customer_id, link)

    given(PLACED).when(unsaid).then_refused(refusals.CustomerNeeded, "create a customer")
    given(PLACED).when(unsaid.command).then_refused(refusals.CustomerNeeded)


def test_who_must_say_is_told_the_two_choices() -> None:
    choices = refusals.CustomerNeeded("o-1").more["choices"]

    assert [(one["choice"], one["customer_link"], *one["takes"]) for one in choices] == [
        ("create", "created", "customer_name"),
        ("associate", "associated"),
    ]


@pytest.mark.parametrize("link", [None, "existing", "associated"])
def test_only_a_customer_who_is_created_gets_a_name(link: CustomerLink | None) -> None:
    command = replace(SIMPLY, customer_id="c-1", customer_link=link)
    named = replace(command, customer_name="Mill Street Goods")

    given(PLACED).when(OfBuyer(command=named, buyer=STRANGER)).then_refused(
        refusals.NameOfNobodyNew, "customer_name"
    )


@pytest.mark.parametrize(
    ("link", "buyer"), [("created", STRANGER), ("associated", OF_OTHERS)]
)
def test_an_unknown_buyer_becomes_the_customer_that_the_seller_says(
    link: CustomerLink, buyer: BuyerStanding
) -> None:
    given(PLACED).when(accepting(buyer, "c-7", link)).then(as_customer("c-7", link))


def test_who_is_said_to_be_a_customer_and_was_not_heard_to_be_is_associated() -> None:
    accepted = as_customer("c-7", "associated")
    unheard = accepting(OF_OTHERS, "c-7", "existing")

    given(PLACED).when(unheard).then(accepted)
    given(PLACED, accepted).when(unheard).then_nothing()


@pytest.mark.parametrize("buyer", [STRANGER, CUSTOMER])
def test_nobody_becomes_a_customer_who_was_not_heard_of(buyer: BuyerStanding) -> None:
    given(PLACED).when(accepting(buyer, "c-7", "associated")).then_refused(
        refusals.CustomerUnknown, "a moment ago, ask again"
    )
    given(PLACED).when(accepting(STRANGER, "c-7", "existing")).then_refused(
        refusals.CustomerUnknown
    )


def test_a_customer_is_not_created_under_the_id_of_somebody_else() -> None:
    given(PLACED).when(accepting(OF_OTHERS, "c-7", "created")).then_refused(
        refusals.CustomerExists, "associate the buyer"
    )
    again = replace(CUSTOMER, named="theirs")
    given(PLACED).when(accepting(again, "c-1", "created")).then(
        as_customer("c-1", "created")
    )


def test_a_known_customer_becomes_another_by_association_only() -> None:
    other = replace(CUSTOMER, named="others")
    given(PLACED).when(accepting(other, "c-2", "associated")).then(
        as_customer("c-2", "associated")
    )
    for link in ("created", "existing"):
        given(PLACED).when(accepting(CUSTOMER, "c-2", link)).then_refused(
            refusals.BuyerIsCustomer, "'c-1'"
        )


def test_an_accepted_order_is_not_asked_again_who_its_buyer_is() -> None:
    given(PLACED, ACCEPTED).when(accepting(STRANGER)).then_nothing()
    given(PLACED, ACCEPTED).when(accepting(STRANGER, "c-2", "created")).then_refused(
        refusals.OrderIsAccepted
    )
    given(PLACED, REJECTED).when(accepting(STRANGER)).then_refused(refusals.OrderIsRejected)


def test_what_happened_elsewhere_is_taken_as_it_is() -> None:
    given(PLACED).when(replace(ACCEPT, customer_link="existing")).then(
        as_customer("c-1", "existing")
    )


@pytest.mark.parametrize(
    ("access", "told"),
    [
        (None, "has not requested access"),
        ("requested", "waits for an answer"),
        ("declined", "was declined"),
        ("withdrawn", "request access"),
        ("expired", "request access"),
    ],
)
def test_a_buyer_of_a_gated_seller_cannot_order_unapproved_and_is_told_why(
    access: str | None, told: str
) -> None:
    gated = BuyerStanding(approval_required=True, access=access, customer_id="c-1")

    given().when(OfBuyer(command=PLACE, buyer=gated)).then_refused(
        refusals.AccessNeeded, told
    )
    given(PLACED).when(OfBuyer(command=PLACE, buyer=gated)).then_nothing()


@pytest.mark.parametrize(
    "buyer",
    [
        BuyerStanding(approval_required=True, access="approved"),
        BuyerStanding(access="declined"),
        STRANGER,
    ],
)
def test_an_approved_buyer_orders_and_so_does_anybody_of_an_ungated_seller(
    buyer: BuyerStanding,
) -> None:
    given().when(OfBuyer(command=PLACE, buyer=buyer)).then(PLACED)


@pytest.fixture
def tables(db: Connection) -> Connection:
    metadata.create_all(db)
    return db


def told(*facts: Fact) -> list[Received]:
    """The facts as they come, each at its place in its stream."""
    places: dict[str, int] = {}
    batch = []
    for pos, fact in enumerate(facts, 1):
        stream = getattr(fact, "request_id", type(fact).__mro__[1].__name__)
        if isinstance(fact, CustomerCreated | BuyerAssociated):
            stream = "customers-s-1:b-1"
        places[stream] = places.get(stream, 0) + 1
        one = received(fact, pos, stream)
        heading = one.envelope.model_copy(update={"sequence": places[stream]})
        batch.append(replace(one, envelope=heading))
    return batch


def rows(db: Connection) -> list[tuple[Any, ...]]:
    return [
        (
            *db.execute(
                select(gated_sellers.c.seller_id, gated_sellers.c.approval_required)
            ),
        ),
        (*db.execute(select(buyer_relationships.c.customer_id)),),
        (*db.execute(select(buyer_access.c.access, buyer_access.c.request_id)),),
    ]


def test_the_newest_word_of_each_stands(tables: Connection) -> None:
    project_buyers(told(GATED, REQUESTED, DECLINED, CREATED), tables)
    assert rows(tables) == [(("s-1", True),), (("c-1",),), (("declined", "r-1"),)]

    every = told(GATED, REQUESTED, DECLINED, CREATED, UNGATED, AGAIN, ASSOCIATED, APPROVED)
    project_buyers(every, tables)
    assert rows(tables) == [(("s-1", False),), (("c-2",),), (("approved", "r-2"),)]


def test_neither_order_nor_repeats_of_facts_matter(tables: Connection) -> None:
    expired = BuyerAccessExpired(**OF_ONE, request_id="r-2", expired_at=TUESDAY)
    withdrawn = BuyerAccessWithdrawn(**OF_ONE, request_id="r-1", withdrawn_at=SATURDAY)
    batch = told(CREATED, ASSOCIATED, REQUESTED, withdrawn, AGAIN, expired)[1:]
    found = []
    for order in permutations(batch):
        tables.execute(buyer_access.delete())
        tables.execute(buyer_relationships.delete())
        for one in (*order, order[0]):
            project_buyers([one], tables)
        found.append(rows(tables))

    assert found == [found[0]] * len(found)
    assert found[0][1:] == [(("c-2",),), (("expired", "r-2"),)]


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    with asking(build(BLUEPRINT, settings(fresh_database))) as client:
        yield client


def hear(engine: Engine, *facts: Fact) -> None:
    with engine.begin() as db:
        project_buyers(told(*facts), db)


def test_an_unknown_buyers_order_is_accepted_with_one_of_the_choices(
    http: TestClient,
) -> None:
    post(http, "/orders", PLACE_BODY, "k-1")

    status, said = post(http, "/orders/o-1/acceptance", {}, "k-2")
    assert (status, said["type"]) == (409, "customer-needed")
    chosen = {"customer_link": said["choices"][0]["customer_link"], "customer_id": "c-7"}
    chosen |= {"customer_name": "Mill Street Goods"}

    assert post(http, "/orders/o-1/acceptance", chosen, "k-2") == (200, {"version": 2})


def test_what_was_heard_of_a_buyer_accepts_their_orders(
    http: TestClient, engine: Engine
) -> None:
    post(http, "/orders", PLACE_BODY, "k-1")
    hear(engine, CREATED, ASSOCIATED)

    assert post(http, "/orders/o-1/acceptance", {}, "k-2")[0] == 200
    assert http.get("/orders/o-1").json()["customer_id"] == "c-2"


def test_a_customer_made_by_one_order_is_known_to_the_next(http: TestClient) -> None:
    for order in ("o-1", "o-2"):
        post(http, "/orders", PLACE_BODY | {"order_id": order}, f"k-{order}")
    made = {"customer_id": "c-7", "customer_link": "created"}
    post(http, "/orders/o-1/acceptance", made, "k-1")

    assert post(http, "/orders/o-2/acceptance", {}, "k-2")[0] == 200
    assert http.get("/orders/o-2").json()["customer_id"] == "c-7"


def test_a_gated_sellers_buyer_orders_once_approved(
    http: TestClient, engine: Engine
) -> None:
    hear(engine, GATED, REQUESTED)
    status, said = post(http, "/orders", PLACE_BODY, "k-1")
    assert (status, said["type"], said["access"]) == (403, "access-needed", "requested")

    hear(engine, AGAIN, APPROVED)
    assert post(http, "/orders", PLACE_BODY, "k-1") == (200, {"version": 1})


def test_a_customer_is_associated_once_heard_of_and_never_before(
    http: TestClient, engine: Engine
) -> None:
    post(http, "/orders", PLACE_BODY | {"buyer_id": "b-2"}, "k-1")
    chosen = {"customer_id": "c-9", "customer_link": "associated"}
    path = "/orders/o-1/acceptance"

    status, said = post(http, path, chosen, "k-2")
    assert (status, said["type"], said["retry_after"]) == (409, "customer-unknown", 1)

    of_nobody = CREATED.model_copy(update={"buyer_id": None, "customer_id": "c-9"})
    hear(engine, of_nobody)
    assert post(http, path, chosen, "k-2") == (200, {"version": 2})


@pytest.mark.parametrize("whose", [None, "b-9"])
def test_a_customer_of_another_is_not_created_again(
    http: TestClient, engine: Engine, whose: str | None
) -> None:
    post(http, "/orders", PLACE_BODY, "k-1")
    hear(engine, CREATED.model_copy(update={"buyer_id": whose, "customer_id": "c-9"}))
    chosen = {"customer_id": "c-9", "customer_link": "created"}

    status, said = post(http, "/orders/o-1/acceptance", chosen, "k-2")

    assert (status, said["type"]) == (409, "customer-exists")


def test_what_an_import_says_of_a_customer_is_taken_as_it_is(http: TestClient) -> None:
    post(http, "/orders", PLACE_BODY, "k-1")
    accept = {"order_id": "o-1", "customer_id": "c-9", "customer_link": "associated"}
    told = {"key": "k", "command": "accept-order", **accept, "at": "2030-01-01T00:00:00Z"}

    said = http.post("/commands", json={"commands": [told]}).json()

    assert said["results"][0]["outcome"] == "recorded"
