"""What holds beside a command's own stream, in bulk: from several places at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from kit.eventstore.records import Recorded
from kit.eventstore.requests import AnyRequest
from services.buyers.adapters import checked_request
from services.buyers.commands import (
    ApproveAccess,
    AssociateBuyer,
    BuyersCommand,
    CreateCustomer,
    DeclineAccess,
    RequestAccess,
    WriteToSeller,
)
from tests.buyers.given import by_buyer
from tests.buyers.parts import Parts
from tests.samples import FRIDAY


def message(number: int, conversation_id: str = "") -> WriteToSeller:
    return replace(
        by_buyer(f"m-{number}"), conversation_id=conversation_id or f"v-{number}"
    )


def create(number: int) -> CreateCustomer:
    return CreateCustomer(
        seller_id="s-1", customer_id=f"c-{number}", name="Shop", at=FRIDAY
    )


def associate(number: int, buyer_id: str = "b-1") -> AssociateBuyer:
    return AssociateBuyer(
        seller_id="s-1", customer_id=f"c-{number}", buyer_id=buyer_id, at=FRIDAY
    )


def ask(number: int, buyer_id: str = "") -> RequestAccess:
    return RequestAccess(
        seller_id="s-1",
        request_id=f"r-{number}",
        buyer_id=buyer_id or f"b-{number}",
        at=FRIDAY,
    )


def approve(number: int) -> ApproveAccess:
    return ApproveAccess(seller_id="s-1", request_id=f"r-{number}", at=FRIDAY)


def decline(number: int) -> DeclineAccess:
    return DeclineAccess(seller_id="s-1", request_id=f"r-{number}", at=FRIDAY)


def told_of(commands: Sequence[BuyersCommand], parts: Parts) -> tuple[list[int], list[str]]:
    """How many facts the read models were told of at a time, and what was refused."""
    told: list[int] = []

    def project(recorded: Sequence[Recorded], _: Connection) -> None:
        told.append(len(recorded))

    known = [*parts.streams.projections, project]
    answers = replace(parts.streams, projections=known).submit(
        [checked_request(command) for command in commands]
    )
    return told, [one.refused.code for one in answers if one.refused is not None]


@pytest.mark.parametrize(
    "commands",
    [
        [message(n) for n in range(5)],
        [create(n) for n in range(1, 6)],
        [associate(0, f"b-{n}") for n in range(4)],
        [ask(1), approve(1), ask(2), decline(2), ask(3)],
    ],
    ids=["messages", "customers", "associations", "requests"],
)
def test_what_is_about_different_things_is_kept_at_once(
    parts: Parts, commands: Sequence[BuyersCommand]
) -> None:
    parts.streams.submit([checked_request(create(0))])

    told, refused = told_of(commands, parts)

    assert (told, refused) == ([len(commands)], [])


@pytest.mark.parametrize(
    ("commands", "refused"),
    [
        ([message(1), message(1, "v-2")], ["message-exists"]),
        ([create(1), replace(create(1), buyer_id="b-1")], ["customer-exists"]),
        ([create(1), associate(1), associate(2)], ["customer-unknown"]),
        ([ask(1), ask(2, "b-1")], ["access-requested"]),
        ([ask(1), approve(1), ask(2, "b-1")], []),
        ([ask(1), decline(1), ask(2, "b-1"), ask(3, "b-1")], ["access-requested"]),
    ],
)
def test_what_is_about_the_same_sees_what_came_before_it(
    parts: Parts, commands: Sequence[BuyersCommand], refused: list[str]
) -> None:
    assert told_of(commands, parts)[1] == refused


def test_an_answer_frees_a_buyer_to_ask_again_in_the_same_batch(parts: Parts) -> None:
    parts.streams.submit([checked_request(ask(1))])

    assert told_of([approve(1), ask(2, "b-1")], parts) == ([1, 1], [])


def test_imports_at_once_never_wait_for_each_other_in_a_circle(parts: Parts) -> None:
    looked: list[AnyRequest] = []

    def noted(request: AnyRequest) -> AnyRequest:
        def look(db: Connection) -> None:
            looked.append(request)
            assert request.premise is not None
            request.premise(db)

        return replace(request, premise=look)

    def send(writer: int) -> int:
        commands = [
            replace(message(n, f"v-{writer}-{n}"), seller_id=f"s-{writer}")
            for n in range(100)
        ]
        batch = [noted(checked_request(command)) for command in commands]
        return sum(answer.recorded for answer in parts.streams.submit(batch))

    with ThreadPoolExecutor(4) as writers:
        recorded = list(writers.map(send, range(4)))

    assert recorded == [100] * 4
    assert len(looked) == 400, "a batch was given up and done again"
