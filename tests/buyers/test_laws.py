"""What holds for access, customers and conversations whatever is asked, in any order."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st

from contracts.buyers import (
    BuyerAccessExpired,
    BuyerAccessRequested,
    BuyerAssociated,
    CustomerCreated,
    MessageMarkedSpam,
    MessageSent,
)
from contracts.fact import Fact
from kit.domain import Decider, Refused
from services.buyers.commands import (
    ApproveAccess,
    AssociateBuyer,
    CreateCustomer,
    DeclineAccess,
    ExpireAccess,
    FollowAcceptance,
    MarkSpam,
    RequestAccess,
    WithdrawAccess,
    WriteAsSystem,
    WriteToBuyer,
    WriteToSeller,
)
from services.buyers.model import ACCESS_REQUEST, CONVERSATION, RELATIONSHIP
from tests.samples import FRIDAY

moments = st.integers(-30, 30).map(lambda days: FRIDAY + timedelta(days=days))
sellers = st.sampled_from(["s-1", "s-1", "s-1", "s-2"])
buyers = st.sampled_from(["b-1", "b-1", "b-1", "b-2"])
of_request = {"request_id": st.just("r-1"), "seller_id": sellers, "at": moments}
requests = st.lists(
    st.one_of(
        st.builds(RequestAccess, **of_request, buyer_id=buyers),
        st.builds(ApproveAccess, **of_request),
        st.builds(DeclineAccess, **of_request),
        st.builds(WithdrawAccess, **of_request, buyer_id=buyers),
        st.builds(ExpireAccess, **of_request),
    ),
    max_size=20,
)
customers = st.sampled_from(["c-1", "c-2", "c-3"])
of_buyer = {
    "seller_id": st.just("s-1"),
    "buyer_id": st.just("b-1"),
    "customer_id": customers,
    "at": moments,
}
names = st.sampled_from(["Shop", "Store"])
links = st.sampled_from(["created", "associated"])
relationships = st.lists(
    st.one_of(
        st.builds(CreateCustomer, **of_buyer, name=names),
        st.builds(AssociateBuyer, **of_buyer),
        st.builds(FollowAcceptance, **of_buyer, customer_link=links),
    ),
    max_size=20,
)
message_ids = st.sampled_from([f"m-{n}" for n in range(8)])
of_message = {
    "conversation_id": st.just("v-1"),
    "message_id": message_ids,
    "seller_id": sellers,
    "buyer_id": buyers,
    "order_id": st.sampled_from([None, None, "o-1"]),
    "text": st.sampled_from(["yes", "no"]),
    "at": moments,
}
spam = st.builds(
    MarkSpam,
    conversation_id=st.just("v-1"),
    message_id=message_ids,
    seller_id=sellers,
    at=moments,
)
conversations = st.lists(
    st.one_of(
        st.builds(WriteToSeller, **of_message),
        st.builds(WriteToSeller, **of_message),
        st.builds(WriteToBuyer, **of_message, answers=st.none() | message_ids),
        st.builds(WriteToBuyer, **of_message),
        st.builds(WriteAsSystem, **of_message),
        spam,
    ),
    max_size=25,
)
everything = st.one_of(
    st.tuples(st.just(ACCESS_REQUEST), requests),
    st.tuples(st.just(RELATIONSHIP), relationships),
    st.tuples(st.just(CONVERSATION), conversations),
)


def carried_out(decider: Decider[Any, Any, Any], asked: Sequence[object]) -> list[Any]:
    """All that is recorded when these commands are asked in turn."""
    facts: list[Any] = []
    for command in asked:
        try:
            facts += decider.decide(command, decider.fold(facts))
        except Refused:
            continue
    return facts


@given(everything)
def test_what_was_taken_once_is_never_recorded_again_at_once(
    of: tuple[Decider[Any, Any, Any], Sequence[object]],
) -> None:
    decider, asked = of
    twice = [command for command in asked for _ in "ab"]

    assert carried_out(decider, twice) == carried_out(decider, asked)


@given(everything, st.data())
def test_the_same_facts_in_two_parts_make_the_same_state(
    of: tuple[Decider[Any, Any, Any], Sequence[object]], data: st.DataObject
) -> None:
    decider, asked = of
    facts = carried_out(decider, asked)
    cut = data.draw(st.integers(0, len(facts)))

    state = decider.fold(facts[:cut])
    for fact in facts[cut:]:
        state = decider.evolve(state, fact)

    assert state == decider.fold(facts)


@given(requests)
def test_a_request_is_asked_once_and_ends_at_most_once(asked: list[object]) -> None:
    facts: list[Fact] = carried_out(ACCESS_REQUEST, asked)

    assert len(facts) <= 2
    assert [isinstance(fact, BuyerAccessRequested) for fact in facts] == [True, False][
        : len(facts)
    ]
    assert len({(fact.seller_id, getattr(fact, "buyer_id", "")) for fact in facts}) <= 1


@given(requests)
def test_nothing_expires_before_its_days_are_over(asked: list[object]) -> None:
    facts = carried_out(ACCESS_REQUEST, asked)

    for fact in facts:
        if isinstance(fact, BuyerAccessExpired):
            assert fact.expired_at - facts[0].requested_at >= timedelta(days=14)


@given(relationships)
def test_a_buyer_is_the_customer_that_was_settled_last(asked: list[object]) -> None:
    facts = carried_out(RELATIONSHIP, asked)

    last = [
        f.customer_id for f in facts if isinstance(f, CustomerCreated | BuyerAssociated)
    ]
    assert RELATIONSHIP.fold(facts).customer_id == (last[-1] if last else None)
    assert all(a != b for a, b in pairwise(last))


@given(relationships)
def test_what_an_order_settled_is_never_refused(asked: list[object]) -> None:
    facts = carried_out(RELATIONSHIP, asked)
    state = RELATIONSHIP.fold(facts)
    for command in asked:
        if isinstance(command, FollowAcceptance):
            new = RELATIONSHIP.decide(command, state)

            after = RELATIONSHIP.fold([*facts, *new])
            assert after.customer_id == command.customer_id


@given(conversations)
def test_one_message_waits_at_most_and_what_answers_it_ends_that(
    asked: list[object],
) -> None:
    waiting: str | None = None
    for fact in carried_out(CONVERSATION, asked):
        match fact:
            case MessageSent(sender="buyer", answers=None):
                assert waiting is None
                waiting = fact.message_id
            case MessageSent(sender="buyer"):
                assert fact.answers == waiting
            case MessageSent(sender="seller") if fact.answers == waiting:
                waiting = None
            case MessageMarkedSpam() if fact.message_id == waiting:
                waiting = None
            case _:
                pass


@given(conversations)
def test_every_answer_is_to_an_opening_message_before_it(asked: list[object]) -> None:
    opening: set[str] = set()
    facts = carried_out(CONVERSATION, asked)
    sent = [fact for fact in facts if isinstance(fact, MessageSent)]
    for fact in sent:
        assert fact.answers is None or fact.answers in opening
        assert fact.sender != "system" or fact.answers is None
        if fact.sender == "buyer" and fact.answers is None:
            opening.add(fact.message_id)
    assert len({fact.message_id for fact in sent}) == len(sent)
    assert len({(f.seller_id, f.buyer_id, f.order_id) for f in sent}) <= 1
