"""Settings, requests, customers and messages in, commands out."""

from pathlib import Path
from typing import Any

import pytest

from market.imports.access import ACCESS_REQUESTS, ACCESS_RULES
from market.imports.customers import CUSTOMERS
from market.imports.messages import MESSAGES
from market.imports.plan import Plan
from market.imports.rows import Kind, plan_file
from tests.market.imports.files import (
    ANSWER,
    ASSOCIATED,
    CUSTOMER,
    MESSAGE,
    REQUEST,
    RULE,
    Cells,
    write_csv,
)

AT = "2018-03-02T10:00:00+00:00"
GOOD = {
    "access-rules": {**RULE, "at": "2018-04-01T09:00:00Z"},
    "access-requests": {**REQUEST, "request_id": "r-9"},
    "customers": {**CUSTOMER, "customer_id": "c-9"},
    "messages": {**MESSAGE, "message_id": "w-9"},
}


def plan(tmp_path: Path, kind: Kind[Any], *rows: Cells) -> Plan:
    return plan_file(kind, write_csv(tmp_path / kind.file_name, rows))


def test_approval_is_required_from_a_moment_on(tmp_path: Path) -> None:
    [command] = plan(tmp_path, ACCESS_RULES, RULE).commands()

    assert command.body() == {
        "key": "access-rules:s-1:2018-03-01T09:00:00+00:00",
        "command": "set-access-rule",
        "seller_id": "s-1",
        "approval_required": True,
        "at": "2018-03-01T09:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("outcome", "name", "of_buyer"),
    [
        ("approved", "approve-access", {}),
        ("declined", "decline-access", {}),
        ("withdrawn", "withdraw-access", {"buyer_id": "b-1"}),
        ("expired", "expire-access", {}),
    ],
)
def test_a_request_was_made_and_had_an_outcome(
    tmp_path: Path, outcome: str, name: str, of_buyer: dict[str, str]
) -> None:
    row = {**REQUEST, "outcome": outcome}
    asked, answered = plan(tmp_path, ACCESS_REQUESTS, row).commands()

    whose = {"request_id": "r-1", "seller_id": "s-1"}
    assert asked.name == "request-access"
    assert asked.fields == {
        **whose,
        "buyer_id": "b-1",
        "at": "2018-03-01T10:00:00+00:00",
    }
    assert answered.name == name
    assert answered.fields == {**whose, **of_buyer, "at": AT}


def test_a_request_that_waits_has_no_outcome(tmp_path: Path) -> None:
    row = {**REQUEST, "outcome": "", "outcome_at": ""}
    [command] = plan(tmp_path, ACCESS_REQUESTS, row).commands()

    assert command.name == "request-access"


def test_a_buyer_who_asks_anew_is_judged_by_what_became_of_it_before(
    tmp_path: Path,
) -> None:
    anew = {**REQUEST, "request_id": "r-2", "requested_at": "2018-03-09T10:00:00Z"}
    anew["outcome_at"] = "2018-03-10T10:00:00Z"
    commands = [*plan(tmp_path, ACCESS_REQUESTS, anew, REQUEST).commands()]

    assert [(one.name, one.fields["request_id"]) for one in commands] == [
        ("request-access", "r-1"),
        ("approve-access", "r-1"),
        ("request-access", "r-2"),
        ("approve-access", "r-2"),
    ]


def test_a_customer_is_created_before_a_buyer_is_associated_with_it(
    tmp_path: Path,
) -> None:
    later = {**ASSOCIATED, "at": "2018-03-03T10:00:00Z"}
    created, associated = plan(tmp_path, CUSTOMERS, later, CUSTOMER).commands()

    assert (created.name, created.fields["name"]) == (
        "create-customer",
        "Mill Street Goods",
    )
    assert associated.name == "associate-buyer"
    assert associated.fields == {
        "seller_id": "s-1",
        "customer_id": "c-1",
        "buyer_id": "b-2",
        "at": "2018-03-03T10:00:00+00:00",
    }


def test_a_message_was_sent_and_answered(tmp_path: Path) -> None:
    asked, answered = plan(tmp_path, MESSAGES, ANSWER, MESSAGE).commands()

    whose = {
        "seller_id": "s-1",
        "conversation_id": "t-1",
        "buyer_id": "b-1",
        "order_id": "o-1:s-1",
    }
    assert (asked.name, answered.name) == ("write-to-seller", "write-to-buyer")
    assert asked.fields == {
        **whose,
        "message_id": "w-1",
        "text": "When will it leave?",
        "at": "2018-03-03T10:00:00+00:00",
    }
    assert "answers" not in answered.fields


def test_an_answer_may_name_its_question_and_the_marketplace_writes_too(
    tmp_path: Path,
) -> None:
    told = {**ANSWER, "message_id": "w-3", "sender": "system", "order_id": ""}
    plan_ = plan(tmp_path, MESSAGES, {**ANSWER, "answers": "w-1"}, told)
    answered, written = plan_.commands()

    assert answered.fields["answers"] == "w-1"
    assert (written.name, written.fields["order_id"]) == ("write-as-system", None)


def test_spam_is_marked_when_it_was_between_other_messages(tmp_path: Path) -> None:
    spam = {**MESSAGE, "spam_at": "2018-03-03T13:00:00Z"}
    before = {**spam, "message_id": "w-0", "spam_at": "2018-03-01T00:00:00Z"}
    names = [
        (command.fields["message_id"], command.name)
        for command in plan(tmp_path, MESSAGES, spam, ANSWER, before).commands()
    ]

    assert names == [
        ("w-1", "write-to-seller"),
        ("w-0", "write-to-seller"),
        ("w-0", "mark-spam"),
        ("w-2", "write-to-buyer"),
        ("w-1", "mark-spam"),
    ]


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        (
            ACCESS_RULES,
            {**RULE, "approval_required": "maybe"},
            "approval_required: 'maybe' is neither on nor off",
        ),
        (ACCESS_RULES, {**RULE, "seller_id": "s:1"}, "seller_id: 's:1' has a colon"),
        (
            ACCESS_REQUESTS,
            {**REQUEST, "outcome": "lost"},
            "outcome: Input should be 'approved', 'declined', 'withdrawn' or 'expired'",
        ),
        (
            ACCESS_REQUESTS,
            {**REQUEST, "outcome_at": ""},
            "outcome_at: is empty; say when it was approved",
        ),
        (
            ACCESS_REQUESTS,
            {**REQUEST, "outcome": ""},
            "outcome_at: is given; say in outcome what it was",
        ),
        (CUSTOMERS, {**CUSTOMER, "name": ""}, "name: is empty; a customer is created with"),
        (CUSTOMERS, {**ASSOCIATED, "name": "Mill"}, "name: is given; the customer has one"),
        (CUSTOMERS, {**ASSOCIATED, "buyer_id": ""}, "buyer_id: is empty; say which buyer"),
        (MESSAGES, {**MESSAGE, "sender": "bot"}, "sender: Input should be 'buyer', 'sell"),
        (MESSAGES, {**MESSAGE, "text": " "}, "text: is empty; it must say something"),
        (MESSAGES, {**MESSAGE, "answers": "w-0"}, "answers: is given; only a seller's"),
        (
            MESSAGES,
            {**ANSWER, "spam_at": "2018-03-04T00:00:00Z"},
            "spam_at: is given; only a buyer's message is marked as spam",
        ),
    ],
)
def test_a_row_that_cannot_be_is_rejected_alone(
    tmp_path: Path, kind: Kind[Any], row: Cells, reason: str
) -> None:
    planned = plan(tmp_path, kind, row, GOOD[kind.title])

    assert {command.place.line for command in planned.commands()} == {3}
    [rejected] = planned.rejected
    assert (rejected.place.file, rejected.place.line) == (kind.file_name, 2)
    assert rejected.reason.startswith(reason)


@pytest.mark.parametrize(
    ("kind", "row", "other"),
    [
        (ACCESS_RULES, RULE, {"approval_required": "off"}),
        (ACCESS_REQUESTS, REQUEST, {"buyer_id": "b-2"}),
        (CUSTOMERS, CUSTOMER, {"name": "The Corner Window"}),
        (MESSAGES, MESSAGE, {"text": "Hello?"}),
    ],
)
def test_of_rows_about_the_same_the_first_counts(
    tmp_path: Path, kind: Kind[Any], row: Cells, other: Cells
) -> None:
    planned = plan(tmp_path, kind, row, row, {**row, **other})

    assert {command.place.line for command in planned.commands()} == {2}
    assert [report.reason for report in planned.noted] == ["repeats line 2"]
    assert [report.place.line for report in planned.rejected] == [4]
