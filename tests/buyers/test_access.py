"""Access to a gated seller: the setting, and what becomes of a request."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.fact import Fact
from services.buyers.commands import RequestCommand
from services.buyers.model import ACCESS_REQUEST, ACCESS_RULE
from services.buyers.model.refusals import (
    RequestExists,
    RequestIsDecided,
    RequestNotDue,
    RequestUnknown,
)
from tests.buyers.given import APPROVE, DECLINE, REQUEST, WITHDRAW, expire, gate
from tests.samples import (
    ACCESS_EXPIRED,
    APPROVED,
    DECLINED,
    FRIDAY,
    MONDAY,
    REQUESTED,
    RULE_SET,
    TUESDAY,
    WITHDRAWN,
)
from tests.spec import Given

OVER_AT = FRIDAY + timedelta(days=14)
TICK = timedelta(microseconds=1)


def given(*facts: Fact) -> Given:
    return Given(ACCESS_REQUEST, facts)


def test_a_seller_switches_the_gate_on() -> None:
    Given(ACCESS_RULE, []).when(gate()).then(RULE_SET)


def test_a_gate_that_nobody_set_may_be_set_to_off() -> None:
    off = RULE_SET.model_copy(update={"approval_required": False})

    Given(ACCESS_RULE, []).when(gate(on=False)).then(off)


def test_a_gate_that_is_on_is_not_switched_on_again() -> None:
    Given(ACCESS_RULE, [RULE_SET]).when(gate(MONDAY)).then_nothing()


def test_a_buyer_requests_access() -> None:
    given().when(REQUEST).then(REQUESTED)


def test_the_same_request_is_made_once() -> None:
    given(REQUESTED).when(replace(REQUEST, at=MONDAY)).then_nothing()


def test_another_buyers_request_needs_an_id_of_its_own() -> None:
    given(REQUESTED).when(replace(REQUEST, buyer_id="b-2")).then_refused(RequestExists)


@pytest.mark.parametrize(
    ("command", "fact"),
    [
        (APPROVE, APPROVED),
        (DECLINE, DECLINED),
        (WITHDRAW, WITHDRAWN),
        (expire(OVER_AT), ACCESS_EXPIRED),
    ],
)
def test_a_request_that_waits_is_answered_once(command: RequestCommand, fact: Fact) -> None:
    given(REQUESTED).when(command).then(fact)
    given(REQUESTED, fact).when(replace(command, at=OVER_AT)).then_nothing()


@pytest.mark.parametrize("command", [APPROVE, DECLINE, WITHDRAW, expire(OVER_AT)])
@pytest.mark.parametrize("fact", [APPROVED, DECLINED, WITHDRAWN, ACCESS_EXPIRED])
def test_an_answer_is_not_taken_back(command: RequestCommand, fact: Fact) -> None:
    answered = given(REQUESTED, fact).when(command)
    mine = given(REQUESTED).when(command)
    if type(*mine.decided()) is type(fact):
        answered.then_nothing()
    else:
        answered.then_refused(RequestIsDecided, saying="'r-1'")


def test_a_request_is_not_over_before_its_fourteen_days_are() -> None:
    given(REQUESTED).when(expire(OVER_AT - TICK)).then_refused(
        RequestNotDue, saying="2026-03-20T18:00:00+00:00"
    )


def test_an_expiry_that_comes_late_says_when_it_came() -> None:
    late = ACCESS_EXPIRED.model_copy(update={"expired_at": OVER_AT + timedelta(days=9)})

    given(REQUESTED).when(expire(OVER_AT + timedelta(days=9))).then(late)


def test_a_request_may_be_approved_until_somebody_saw_that_it_is_over() -> None:
    late = APPROVED.model_copy(update={"approved_at": OVER_AT + TICK})

    given(REQUESTED).when(replace(APPROVE, at=OVER_AT + TICK)).then(late)


@pytest.mark.parametrize("command", [APPROVE, DECLINE, WITHDRAW, expire(OVER_AT)])
def test_anothers_request_is_as_unknown_as_none(command: RequestCommand) -> None:
    for history in [(), (REQUESTED,), (REQUESTED, APPROVED)]:
        given(*history).when(replace(command, seller_id="s-2")).then_refused(
            RequestUnknown, saying="there is no access request 'r-1'"
        )


def test_a_request_is_withdrawn_by_its_buyer_alone() -> None:
    given(REQUESTED).when(replace(WITHDRAW, buyer_id="b-2")).then_refused(RequestUnknown)


def test_a_declined_buyer_asks_anew_under_another_id() -> None:
    given().when(replace(REQUEST, request_id="r-2", at=TUESDAY)).then(
        REQUESTED.model_copy(update={"request_id": "r-2", "requested_at": TUESDAY})
    )
