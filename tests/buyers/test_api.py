"""Buyers over HTTP, on a real database: what sellers and buyers do, and what they see."""

from datetime import timedelta
from typing import Any

import pytest

from tests.buyers.client import FRIDAY, TALK, Http


class TestAccess:
    def test_a_seller_is_ungated_until_they_switch_the_gate_on(self, http: Http) -> None:
        before = http.get("/sellers/s-1/access-rule")
        http.post("/sellers/s-1/access-rule", {"approval_required": True})
        after = http.get("/sellers/s-1/access-rule")

        assert (before["approval_required"], before["set_at"]) == (False, None)
        assert (after["approval_required"], after["set_at"]) == (
            True,
            "2026-03-06T18:00:00Z",
        )

    def test_a_buyer_is_told_why_they_may_order_or_not(self, http: Http) -> None:
        def standing() -> tuple[bool, str]:
            found = http.get("/sellers/s-1/buyers/b-1")
            return found["may_order"], found["because"]

        seen = [standing()]
        http.post("/sellers/s-1/access-rule", {"approval_required": True})
        seen.append(standing())
        http.ask("r-1", "b-1")
        seen.append(standing())
        http.post("/sellers/s-1/access-requests/r-1/decline")
        seen.append(standing())
        http.at(FRIDAY + timedelta(days=1))
        http.ask("r-2", "b-1")
        seen.append(standing())
        http.post("/sellers/s-1/access-requests/r-2/approval")
        seen.append(standing())

        assert seen == [
            (True, "ungated"),
            (False, "not_requested"),
            (False, "waiting"),
            (False, "declined"),
            (False, "waiting"),
            (True, "approved"),
        ]

    def test_a_request_shows_its_deadlines_and_how_it_ended(self, http: Http) -> None:
        http.ask("r-1", "b-1")
        asked = http.get("/sellers/s-1/access-requests/r-1")
        http.post("/sellers/s-1/access-requests/r-1/withdrawal", {"buyer_id": "b-1"})
        gone = http.get("/sellers/s-1/access-requests/r-1")

        assert (asked["decide_by"], asked["expires_at"]) == (
            "2026-03-10T18:00:00Z",
            "2026-03-20T18:00:00Z",
        )
        assert (asked["state"], asked["ended_at"]) == ("waiting", None)
        assert (gone["state"], gone["ended_at"]) == ("withdrawn", "2026-03-06T18:00:00Z")

    def test_requests_are_listed_by_state_and_buyer(self, http: Http) -> None:
        for number in range(3):
            http.ask(f"r-{number}", f"b-{number}")
        http.ask("r-9", "b-0", "s-2")
        http.post("/sellers/s-1/access-requests/r-1/approval")
        mine = "/sellers/s-1/access-requests"

        assert http.ids(mine, "request_id") == ["r-0", "r-1", "r-2"]
        assert http.ids(mine, "request_id", state="waiting") == ["r-0", "r-2"]
        assert http.ids(mine, "request_id", state="approved") == ["r-1"]
        assert http.ids(mine, "request_id", buyer_id="b-2") == ["r-2"]
        assert http.ids("/buyers/b-0/access-requests", "request_id") == ["r-0", "r-9"]
        assert http.client.get(f"{mine}?state=lost").status_code == 422

    def test_pages_neither_skip_nor_repeat_while_requests_arrive(self, http: Http) -> None:
        for number in range(4):
            http.at(FRIDAY + timedelta(hours=number // 2))
            http.ask(f"r-{number}", f"b-{number}")
        mine = "/sellers/s-1/access-requests"

        first = http.get(mine, limit=3)
        http.at(FRIDAY + timedelta(hours=2))
        http.ask("r-4", "b-4")
        second = http.get(mine, limit=3, after=first["next"])

        seen = [item["request_id"] for item in [*first["items"], *second["items"]]]
        assert seen == [f"r-{number}" for number in range(5)]
        assert second["next"] is None

    def test_a_buyer_asks_a_seller_once_at_a_time(self, http: Http) -> None:
        http.ask("r-1", "b-1")

        body = {"request_id": "r-2", "buyer_id": "b-1"}
        status, problem = http.post("/sellers/s-1/access-requests", body)

        assert (status, problem["type"]) == (409, "access-requested")
        assert "'r-1'" in problem["detail"]

    def test_the_same_request_is_answered_the_same(self, http: Http) -> None:
        body = {"request_id": "r-1", "buyer_id": "b-1"}
        answers = [http.post("/sellers/s-1/access-requests", body, "k") for _ in "ab"]

        assert answers == [(200, {"version": 1})] * 2

    def test_another_sellers_request_is_as_unknown_as_none(self, http: Http) -> None:
        http.ask("r-1", "b-1")

        def problems(request_id: str) -> list[Any]:
            one = f"/sellers/s-2/access-requests/{request_id}"
            asked = [http.post(f"{one}/{way}") for way in ("approval", "decline", "expiry")]
            return [*asked, (404, http.client.get(one).json())]

        others = str(problems("r-1"))
        none = str(problems("r-8")).replace("r-8", "r-1")
        assert others == none
        assert others.count("'status': 404") == 4


class TestCustomers:
    def create(self, http: Http, customer_id: str, **more: str) -> tuple[int, Any]:
        body = {"customer_id": customer_id, "name": "Corner Shop", **more}
        return http.post("/sellers/s-1/customers", body)

    def test_a_customer_shows_the_buyers_that_are_it(self, http: Http) -> None:
        self.create(http, "c-1", buyer_id="b-2")
        http.post("/sellers/s-1/customers/c-1/association", {"buyer_id": "b-1"})

        customer = http.get("/sellers/s-1/customers/c-1")

        assert (customer["name"], customer["buyer_ids"]) == ("Corner Shop", ["b-1", "b-2"])
        assert http.get("/sellers/s-1/buyers/b-1")["customer"] == {
            "customer_id": "c-1",
            "link": "associated",
            "since": "2026-03-06T18:00:00Z",
        }
        assert http.get("/sellers/s-2/buyers/b-1")["customer"] is None

    def test_an_association_that_moves_leaves_the_old_customer(self, http: Http) -> None:
        self.create(http, "c-1", buyer_id="b-1")
        self.create(http, "c-2")
        http.post("/sellers/s-1/customers/c-2/association", {"buyer_id": "b-1"})

        customers = http.get("/sellers/s-1/customers")["items"]
        assert [(c["customer_id"], c["buyer_ids"]) for c in customers] == [
            ("c-1", []),
            ("c-2", ["b-1"]),
        ]

    def test_a_buyer_is_associated_with_a_known_customer_only(self, http: Http) -> None:
        other = "/sellers/s-2/customers/c-1/association"
        self.create(http, "c-1")

        assert http.refused(other, {"buyer_id": "b-1"}) == (404, "customer-unknown")
        assert http.client.get("/sellers/s-2/customers/c-1").status_code == 404

    def test_a_customer_is_created_once(self, http: Http) -> None:
        first = self.create(http, "c-1", buyer_id="b-1")

        assert first == self.create(http, "c-1", buyer_id="b-1") == (200, {"version": 1})
        for other in ({"buyer_id": "b-2"}, {}):
            status, problem = self.create(http, "c-1", **other)
            assert (status, problem["type"]) == (409, "customer-exists")
        status, problem = self.create(http, "c-2", buyer_id="b-1")
        assert (status, problem["type"]) == (409, "buyer-is-customer")


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/sellers/s-1/access-rule", {"approval_required": "yes"}, "approval_required"),
        ("/sellers/s-1/access-rule", {"approval_required": 1}, "approval_required"),
        ("/sellers/s-1/access-requests", {"request_id": "", "buyer_id": "b"}, "request_id"),
        ("/sellers/s-1/access-requests", {"request_id": "r"}, "buyer_id"),
        ("/sellers/s-1/customers", {"customer_id": "c", "name": ""}, "name"),
        (
            f"{TALK}/buyer-messages",
            {"message_id": "m", "buyer_id": "b", "text": ""},
            "text",
        ),
        (
            f"{TALK}/buyer-messages",
            {"message_id": "m", "buyer_id": "b", "text": "x", "sender": "seller"},
            "sender",
        ),
        ("/sellers/s:1/access-rule", {"approval_required": True}, "seller_id"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(
    http: Http, path: str, body: object, named: str
) -> None:
    status, problem = http.post(path, body)

    assert (status, problem["errors"][0]["field"]) == (422, named)


def test_a_page_that_never_was_is_refused(http: Http) -> None:
    answer = http.client.get("/sellers/s-1/customers?after=nowhere")

    assert (answer.status_code, "no page ended there" in answer.text) == (422, True)


def test_what_happened_elsewhere_comes_in_bulk(http: Http) -> None:
    asked = {"request_id": "r-1", "seller_id": "s-1", "buyer_id": "b-1"}
    commands = [
        {"key": "1", "command": "request-access", **asked, "at": "2026-01-05T00:00:00Z"},
        {
            "key": "2",
            "command": "approve-access",
            "request_id": "r-1",
            "seller_id": "s-1",
            "at": "2026-01-06T00:00:00Z",
        },
        {"key": "3", "command": "request-access", **asked},
    ]

    answer = http.client.post("/commands", json={"commands": commands}).json()

    assert [r["outcome"] for r in answer["results"]] == ["recorded", "recorded", "refused"]
    assert http.get("/sellers/s-1/access-requests/r-1")["state"] == "approved"


def in_bulk(http: Http, *commands: dict[str, Any]) -> list[str]:
    """What becomes of `commands` in one request, each under a key of its own content."""
    keyed = [{"key": str(one), "at": "2026-01-05T00:00:00Z", **one} for one in commands]
    answer = http.client.post("/commands", json={"commands": keyed}).json()
    return [one["outcome"] for one in answer["results"]]


def test_commands_in_bulk_see_what_those_before_them_did(http: Http) -> None:
    asked = {"command": "request-access", "seller_id": "s-1", "buyer_id": "b-1"}
    created = {"command": "create-customer", "seller_id": "s-1", "customer_id": "c-1"}
    associated = {**created, "command": "associate-buyer", "buyer_id": "b-2"}

    outcomes = in_bulk(
        http,
        {**asked, "request_id": "r-1"},
        {**asked, "request_id": "r-2"},
        {**created, "name": "Mill Street Goods"},
        associated,
    )

    assert outcomes == ["recorded", "refused", "recorded", "recorded"]


def test_what_was_not_there_yet_may_be_asked_again(http: Http) -> None:
    approved = {"command": "approve-access", "seller_id": "s-1", "request_id": "r-1"}
    asked = {**approved, "command": "request-access", "buyer_id": "b-1"}

    too_early = in_bulk(http, approved)
    again = in_bulk(http, asked, approved)

    assert (too_early, again) == (["refused"], ["recorded", "recorded"])


def test_read_models_equal_the_fold_of_their_facts(http: Http) -> None:
    http.post("/sellers/s-1/access-rule", {"approval_required": True})
    http.ask("r-1", "b-1")
    http.post("/sellers/s-1/access-requests/r-1/approval")
    http.post(
        "/sellers/s-1/customers", {"customer_id": "c-1", "name": "x", "buyer_id": "b"}
    )
    http.write("buyer", "m-1")
    http.write("seller", "m-2")
    http.post(f"{TALK}/messages/m-1/spam")

    compared = http.client.post("/read-models/verify").json()
    rebuilt = http.client.post("/read-models/rebuild").json()

    assert {each["table"]: each["live_rows"] for each in compared} == {
        "access_rules": 1,
        "access_requests": 1,
        "customers": 1,
        "relationships": 1,
        "conversations": 1,
        "messages": 2,
    }
    assert all(each["equal"] for each in [*compared, *rebuilt])
