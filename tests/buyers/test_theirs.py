"""What is a seller's and a buyer's: to others it is not there, under their own name too."""

from datetime import timedelta
from typing import Final, cast

import pytest
from fastapi import FastAPI

from kit.asker import Role
from kit.eventstore.history import History
from kit.eventstore.records import Recorded
from services.buyers.schedules import expire_requests
from tests.buyers.client import FRIDAY, TALK, Http

WORDS: Final = {"message_id": "m-9", "text": "?"}
TO_B_1: Final = WORDS | {"buyer_id": "b-1"}
OWN: Final = "/sellers/s-2"


@pytest.fixture
def theirs(http: Http) -> Http:
    """What seller s-1 and buyer b-1 have with each other."""
    http.ask("r-1", "b-1")
    http.write("buyer", "m-1")
    http.post("/sellers/s-1/customers", {"customer_id": "c-1", "name": "Shop"})
    return http


ASKED: Final[list[tuple[Role, str, str, object, str]]] = [
    (
        "seller",
        "s-2",
        f"{OWN}/access-requests/r-1/approval",
        None,
        "access-request-unknown",
    ),
    ("seller", "s-2", f"{OWN}/access-requests/r-1/decline", None, "access-request-unknown"),
    (
        "seller",
        "s-2",
        f"{OWN}/conversations/v-1/seller-messages",
        TO_B_1,
        "conversation-unknown",
    ),
    (
        "seller",
        "s-2",
        f"{OWN}/conversations/v-1/messages/m-1/spam",
        None,
        "conversation-unknown",
    ),
    (
        "seller",
        "s-2",
        f"{OWN}/customers/c-1/association",
        {"buyer_id": "b-1"},
        "customer-unknown",
    ),
    ("seller", "s-2", f"{TALK}/seller-messages", TO_B_1, "seller-unknown"),
    (
        "buyer",
        "b-2",
        "/sellers/s-1/access-requests/r-1/withdrawal",
        {},
        "access-request-unknown",
    ),
    ("buyer", "b-2", f"{TALK}/buyer-messages", WORDS, "conversation-unknown"),
    ("buyer", "b-2", f"{TALK}/buyer-messages", TO_B_1, "buyer-unknown"),
]


@pytest.mark.parametrize("seen", [None, '"1"', '"99"'])
@pytest.mark.parametrize(("role", "who", "path", "body", "code"), ASKED)
def test_what_is_anothers_is_unknown_and_nothing_of_it_is_told(  # noqa: PLR0913, PLR0917 - a table
    theirs: Http, role: Role, who: str, path: str, body: object, code: str, seen: str | None
) -> None:
    theirs.by(role, who)
    headers = {"Idempotency-Key": "k"} | ({"If-Match": seen} if seen else {})

    answer = theirs.client.post(path, json=body, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (404, code)
    assert answer.json().keys() == {"type", "title", "status", "detail"}
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("seen", ['"1"', '"99"'])
def test_an_id_that_another_request_has_is_taken_and_no_more_is_told(
    theirs: Http, seen: str
) -> None:
    theirs.by("buyer", "b-2")
    headers = {"Idempotency-Key": "k", "If-Match": seen}
    body = {"request_id": "r-1"}

    answer = theirs.client.post("/sellers/s-1/access-requests", json=body, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (409, "access-request-exists")
    assert answer.json().keys() == {"type", "title", "status", "detail"}


@pytest.mark.parametrize(
    "path", ["/sellers/s-1/access-requests/r-1", TALK, f"{TALK}/messages"]
)
@pytest.mark.parametrize(
    ("role", "who", "status"),
    [
        ("seller", "s-1", 200),
        ("buyer", "b-1", 200),
        ("seller", "s-2", 404),
        ("buyer", "b-2", 404),
    ],
)
def test_the_two_may_read_what_is_theirs(
    theirs: Http, role: Role, who: str, status: int, path: str
) -> None:
    theirs.by(role, who)

    assert theirs.client.get(path).status_code == status


def test_a_buyer_asks_and_writes_as_the_buyer_of_the_token(http: Http) -> None:
    http.by("buyer", "b-7")
    asked, _ = http.post("/sellers/s-1/access-requests", {"request_id": "r-7"})
    wrote, _ = http.post(f"{TALK}/buyer-messages", WORDS)

    requests = http.get("/buyers/b-7/access-requests")["items"]
    talks = http.get("/buyers/b-7/conversations")["items"]

    assert (asked, wrote) == (200, 200)
    assert [(one["seller_id"], one["request_id"]) for one in requests] == [("s-1", "r-7")]
    assert [(one["buyer_id"], one["begun_at"]) for one in talks] == [
        ("b-7", FRIDAY.isoformat().replace("+00:00", "Z"))
    ]


@pytest.mark.parametrize("path", [TALK, f"{TALK}/messages", "/buyers/b-1/conversations"])
def test_a_buyer_is_not_told_what_the_seller_takes_for_spam(
    theirs: Http, path: str
) -> None:
    theirs.by("buyer", "b-1")
    before = theirs.get(path)
    theirs.by("seller", "s-1")
    theirs.post(f"{TALK}/messages/m-1/spam")
    (marked,) = theirs.get(f"{TALK}/messages")["items"]

    theirs.by("buyer", "b-1")

    assert marked["spam_since"] is not None
    assert theirs.get(path) == before


def test_nor_by_what_becomes_of_what_they_write_after_it(theirs: Http) -> None:
    theirs.by("seller", "s-1")
    theirs.post(f"{TALK}/messages/m-1/spam")
    theirs.by("buyer", "b-1")
    headers = {"Idempotency-Key": "k", "If-Match": '"1"'}

    answer = theirs.client.post(f"{TALK}/buyer-messages", json=WORDS, headers=headers)

    talk, (_, message) = theirs.get(TALK), theirs.get(f"{TALK}/messages")["items"]
    assert answer.status_code == 200
    assert talk.keys().isdisjoint({"waiting", "waiting_since", "answer_by", "version"})
    assert message.keys().isdisjoint({"answers", "version"})


def test_what_the_clock_makes_due_is_asked_by_the_service(http: Http, app: FastAPI) -> None:
    http.by("buyer", "b-1")
    http.post("/sellers/s-1/access-requests", {"request_id": "r-1"})
    streams, engine = app.state.streams, app.state.engine

    assert expire_requests(FRIDAY + timedelta(days=60), streams, engine) == 1

    facts = History(engine).events.get("access-request-r-1")
    actors = [cast("Recorded", fact).meta.get("actor") for fact in facts]
    assert actors == ["buyer:b-1", "service:buyers"]
