"""Which customer a buyer is: created, associated, settled by an order."""

from dataclasses import replace
from typing import Literal

from contracts.fact import Fact
from services.buyers.commands import AssociateBuyer, CreateCustomer, FollowAcceptance
from services.buyers.model import RELATIONSHIP
from services.buyers.model.refusals import BuyerIsCustomer, CustomerExists
from tests.samples import ASSOCIATED, CUSTOMER_CREATED, FRIDAY, SATURDAY
from tests.spec import Given

CREATE = CreateCustomer(
    seller_id="s-1", customer_id="c-1", name="Corner Shop", buyer_id="b-1", at=FRIDAY
)
CREATED = CUSTOMER_CREATED.model_copy(update={"buyer_id": "b-1"})
ASSOCIATE = AssociateBuyer(seller_id="s-1", customer_id="c-1", buyer_id="b-1", at=SATURDAY)
ELSEWHERE = ASSOCIATED.model_copy(update={"customer_id": "c-2"})
NAMED_BY_BUYER = CREATED.model_copy(update={"name": "b-1", "created_at": SATURDAY})


def given(*facts: Fact) -> Given:
    return Given(RELATIONSHIP, facts)


def accepted(
    link: Literal["created", "associated"], customer_id: str = "c-1"
) -> FollowAcceptance:
    return FollowAcceptance(
        seller_id="s-1",
        customer_id=customer_id,
        buyer_id="b-1",
        customer_link=link,
        at=SATURDAY,
    )


def test_a_stranger_becomes_a_new_customer() -> None:
    given().when(CREATE).then(CREATED)


def test_the_same_customer_is_created_once() -> None:
    given(CREATED).when(replace(CREATE, at=SATURDAY)).then_nothing()
    given(CREATED, ELSEWHERE).when(CREATE).then_nothing()


def test_a_customer_needs_no_buyer() -> None:
    alone = replace(CREATE, buyer_id=None)

    given().when(alone).then(CUSTOMER_CREATED)
    given(CUSTOMER_CREATED).when(alone).then_nothing()
    given(CUSTOMER_CREATED).when(replace(alone, name="Shop")).then_refused(CustomerExists)


def test_a_buyer_is_not_created_as_a_second_customer() -> None:
    given(CREATED).when(replace(CREATE, customer_id="c-2")).then_refused(
        BuyerIsCustomer, saying="'b-1' is customer 'c-1'"
    )
    given(ELSEWHERE).when(CREATE).then_refused(BuyerIsCustomer, saying="'c-2'")


def test_a_stranger_is_associated_with_a_customer() -> None:
    given().when(ASSOCIATE).then(ASSOCIATED)


def test_an_association_may_move_and_is_recorded_once() -> None:
    given(ELSEWHERE).when(ASSOCIATE).then(ASSOCIATED)
    given(ASSOCIATED).when(ASSOCIATE).then_nothing()
    given(CREATED).when(ASSOCIATE).then_nothing()
    given(CREATED, ELSEWHERE).when(ASSOCIATE).then(ASSOCIATED)


def test_an_order_creates_a_customer_by_the_name_of_its_buyer() -> None:
    given().when(accepted("created")).then(NAMED_BY_BUYER)


def test_an_order_settles_nothing_that_is_known() -> None:
    given(CREATED).when(accepted("created")).then_nothing()
    given(ASSOCIATED).when(accepted("created")).then_nothing()
    given(CREATED).when(accepted("associated")).then_nothing()


def test_what_an_order_settled_otherwise_counts_from_then_on() -> None:
    given(ELSEWHERE).when(accepted("associated")).then(ASSOCIATED)
    given(ELSEWHERE).when(accepted("created")).then(NAMED_BY_BUYER)
