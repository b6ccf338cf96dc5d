"""Conversations over HTTP, on a real database: what is said, unread, waiting, overdue."""

from datetime import timedelta

import pytest

from tests.buyers.client import FRIDAY, TALK, Http


def test_a_conversation_shows_what_is_unread_and_what_waits(http: Http) -> None:
    http.write("buyer", "m-1", order_id="o-1")
    http.write("buyer", "m-2")
    http.write("system", "m-3")
    waiting = http.get(TALK)
    http.at(FRIDAY + timedelta(days=1))
    http.write("seller", "m-4")
    answered = http.get(TALK)

    assert (waiting["unread_by_seller"], waiting["unread_by_buyer"]) == (3, 1)
    assert (waiting["waiting"], waiting["answer_by"], waiting["order_id"]) == (
        "m-1",
        "2026-03-09T18:00:00Z",
        "o-1",
    )
    assert (answered["unread_by_seller"], answered["unread_by_buyer"]) == (0, 2)
    assert (answered["waiting"], answered["answer_by"]) == (None, None)
    assert answered["messages"] == 4


def test_its_messages_tell_who_said_what_in_answer_to_what(http: Http) -> None:
    for side, message_id in [("buyer", "m-1"), ("buyer", "m-2"), ("seller", "m-3")]:
        http.write(side, message_id)
    http.post(f"{TALK}/messages/m-2/spam")

    messages = http.get(f"{TALK}/messages")["items"]
    told = ("message_id", "sender", "answers", "text", "spam_since")
    assert [tuple(m[name] for name in told) for m in messages] == [
        ("m-1", "buyer", None, "m-1", None),
        ("m-2", "buyer", "m-1", "m-2", "2026-03-06T18:00:00Z"),
        ("m-3", "seller", "m-1", "m-3", None),
    ]


def test_those_that_wait_come_by_how_long_they_wait(http: Http) -> None:
    all_of_them = "/sellers/s-1/conversations"
    for hours, talk in [(0, "v-1"), (1, "v-2"), (2, "v-3")]:
        http.at(FRIDAY + timedelta(hours=hours))
        http.write("buyer", f"m-{talk}", f"{all_of_them}/{talk}")
    http.write("seller", "m-4")
    http.write("buyer", "m-5")

    first = http.get(all_of_them, unanswered=True, limit=2)
    rest = http.get(all_of_them, unanswered=True, limit=2, after=first["next"])
    seen = [c["conversation_id"] for c in [*first["items"], *rest["items"]]]
    assert seen == ["v-2", "v-1", "v-3"]
    assert http.ids(all_of_them, "conversation_id") == ["v-1", "v-2", "v-3"]
    assert http.ids("/buyers/b-1/conversations", "conversation_id") == [
        "v-1",
        "v-2",
        "v-3",
    ]
    assert http.ids(all_of_them, "conversation_id", buyer_id="b-9") == []


def test_what_waits_and_is_overdue_is_counted(http: Http) -> None:
    http.write("buyer", "m-1")
    http.write("buyer", "m-2")
    http.ask("r-1", "b-1")
    http.ask("r-2", "b-2")
    http.post("/sellers/s-1/access-requests/r-2/approval")
    soon = http.get("/sellers/s-1/counts")
    http.at(FRIDAY + timedelta(days=5))
    late = http.get("/sellers/s-1/counts")

    assert soon == {
        "access_requests": {"waiting": 1, "approved": 1, "overdue": 0},
        "conversations": {"all": 1, "unread": 2, "unanswered": 1, "overdue": 0},
    }
    assert late["access_requests"]["overdue"] == 1
    assert late["conversations"]["overdue"] == 1


def test_spam_waits_for_no_answer_and_is_not_unread(http: Http) -> None:
    http.write("buyer", "m-1")
    http.post(f"{TALK}/messages/m-1/spam")

    talk = http.get(TALK)
    assert (talk["waiting"], talk["unread_by_seller"]) == (None, 0)
    assert http.refused(f"{TALK}/messages/m-9/spam") == (404, "message-unknown")


def test_the_id_of_a_message_is_used_once_by_a_seller(http: Http) -> None:
    http.write("buyer", "m-1")

    status, problem = http.write("buyer", "m-1", "/sellers/s-1/conversations/v-2")
    elsewhere, _ = http.write("buyer", "m-1", "/sellers/s-2/conversations/v-2")

    assert (status, problem["type"], elsewhere) == (409, "message-exists", 200)


@pytest.mark.parametrize("path", ["", "/messages"])
def test_another_sellers_conversation_is_unknown(http: Http, path: str) -> None:
    http.write("buyer", "m-1")

    answer = http.client.get(f"/sellers/s-2/conversations/v-1{path}")

    assert (answer.status_code, answer.json()["type"]) == (404, "conversation-unknown")
