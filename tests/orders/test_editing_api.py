"""Edits over HTTP: on what was seen, over two orders at once, and families."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kit.serving import build
from services.orders.app import BLUEPRINT
from tests.orders.test_api import ACCEPT, PLACE, post
from tests.tokens import asking, settings

BOWL = {
    "line_id": "l-2",
    "product_id": "p-2",
    "title": "Bowl",
    "quantity": 3,
    "unit_price_cents": 1_000,
}
TWO_LINES = PLACE | {"lines": [*PLACE["lines"], BOWL], "shipping_cents": 500}
SPLIT = {"new_order_id": "o-2", "lines": [{"line_id": "l-2", "quantity": 2}]}
CUT = {"quantity": 1, "reason": "out_of_stock"}
GONE = {"reason": "buyer_request"}


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    with asking(build(BLUEPRINT, settings(fresh_database))) as client:
        post(client, "/orders", TWO_LINES, "k-placed")
        yield client


def edit(
    http: TestClient, path: str, body: object, *, seen: int | None = 1, key: str = "k-1"
) -> tuple[int, Any]:
    headers = {"Idempotency-Key": key}
    headers |= {} if seen is None else {"If-Match": f'"{seen}"'}
    answer = http.post(f"/orders/{path}", json=body, headers=headers)
    return answer.status_code, answer.json()


def test_reads_and_commands_tell_the_version_that_an_edit_is_asked_on(
    http: TestClient,
) -> None:
    read = http.get("/orders/o-1").headers["etag"]
    headers = {"Idempotency-Key": "k-1", "If-Match": read}

    edited = http.post("/orders/o-1/lines/l-1/quantity", json=CUT, headers=headers)

    assert (read, edited.status_code, edited.headers["etag"]) == ('"1"', 200, '"2"')
    assert http.get("/orders/o-1").headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("o-1/lines/l-1/quantity", CUT),
        ("o-1/lines/l-1/removal", GONE),
        ("o-1/splits", SPLIT),
    ],
)
def test_an_edit_must_say_what_was_seen(http: TestClient, path: str, body: object) -> None:
    status, said = edit(http, path, body, seen=None)

    assert (status, said["type"]) == (428, "if-match-required")
    assert http.get("/orders/o-1").json()["version"] == 1


@pytest.mark.parametrize("tag", ["1", "*", 'W/"1"', '"1", "2"', '"x"', '"-1"', ""])
def test_what_is_no_version_is_refused_by_the_name_of_its_header(
    http: TestClient, tag: str
) -> None:
    headers = {"Idempotency-Key": "k-1", "If-Match": tag}

    answer = http.post("/orders/o-1/lines/l-1/quantity", json=CUT, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].endswith("If-Match")


def test_who_edits_what_somebody_else_edited_meanwhile_is_shown_the_change(
    http: TestClient,
) -> None:
    edit(http, "o-1/lines/l-2/quantity", CUT, key="k-1")

    status, said = edit(http, "o-1/lines/l-2/quantity", CUT | {"quantity": 2}, key="k-2")

    assert (status, said["type"], said["version"]) == (412, "changed", 2)
    (change,) = said["changed"]
    assert change["type"] == "orders.order-line-quantity-changed.v1"
    assert (change["fields"]["old_quantity"], change["fields"]["quantity"]) == (3, 1)
    assert change["who"] == "operator:op-1"
    timeline = http.get("/orders/o-1/timeline").json()
    assert (change["event_id"], change["at"]) == (
        timeline[1]["event_id"],
        timeline[1]["at"],
    )


def test_who_edits_another_line_than_somebody_else_is_not_held_up(http: TestClient) -> None:
    first = edit(http, "o-1/lines/l-2/quantity", CUT, key="k-1")
    second = edit(http, "o-1/lines/l-1/quantity", CUT, key="k-2")

    assert (first, second) == ((200, {"version": 2}), (200, {"version": 3}))
    order = http.get("/orders/o-1").json()
    assert [line["quantity"] for line in order["lines"]] == [1, 1]
    assert (order["subtotal_cents"], order["total_cents"]) == (3_100, 3_600)


def test_an_order_shows_whether_it_qualifies_and_until_when(http: TestClient) -> None:
    (cheap,) = http.get("/orders/o-1").json()["promotions"]
    more = CUT | {"quantity": 30}
    edit(http, "o-1/lines/l-2/quantity", more)

    (dear,) = http.get("/orders/o-1").json()["promotions"]

    assert (cheap["qualifies"], cheap["until"]) == (False, None)
    assert (dear["promotion"], dear["qualifies"]) == ("free-shipping", True)
    assert dear["until"] is not None


def test_any_command_may_say_what_was_seen(http: TestClient) -> None:
    edit(http, "o-1/lines/l-2/quantity", CUT, key="k-1")

    stale = edit(http, "o-1/acceptance", ACCEPT, seen=1, key="k-2")
    fresh = edit(http, "o-1/acceptance", ACCEPT, seen=2, key="k-3")

    assert (stale[0], stale[1]["type"], fresh[0]) == (412, "changed", 200)


def test_an_edit_that_is_asked_again_with_its_key_is_answered_the_same(
    http: TestClient,
) -> None:
    answers = [edit(http, "o-1/lines/l-2/quantity", CUT) for _ in range(2)]

    assert answers == [(200, {"version": 2})] * 2


def test_a_split_makes_both_orders_at_once(http: TestClient) -> None:
    assert edit(http, "o-1/splits", SPLIT) == (200, {"version": 2})

    parent, child = (http.get(f"/orders/{one}").json() for one in ("o-1", "o-2"))

    assert [line["quantity"] for line in parent["lines"]] == [2, 1]
    assert [(line["line_id"], line["quantity"]) for line in child["lines"]] == [("l-2", 2)]
    assert (parent["total_cents"], child["total_cents"]) == (5_700, 2_000)
    assert child["split_from"] == "o-1"
    for name in ("clock_started_at", "ship_by", "buyer_id", "payment_method"):
        assert child[name] == parent[name]


def test_a_split_to_an_order_that_exists_changes_neither(http: TestClient) -> None:
    post(http, "/orders", PLACE | {"order_id": "o-2"}, "k-other")
    before = [http.get(f"/orders/{one}").json() for one in ("o-1", "o-2")]

    status, said = edit(http, "o-1/splits", SPLIT)

    assert (status, said["type"]) == (409, "order-exists")
    assert [http.get(f"/orders/{one}").json() for one in ("o-1", "o-2")] == before


def test_a_split_of_an_accepted_order_is_accepted(http: TestClient) -> None:
    post(http, "/orders/o-1/acceptance", ACCEPT, "k-accepted")
    edit(http, "o-1/splits", SPLIT, seen=2)

    parent, child = (http.get(f"/orders/{one}").json() for one in ("o-1", "o-2"))

    assert (child["state"], child["customer_id"]) == ("accepted", ACCEPT["customer_id"])
    assert child["decided_at"] == parent["decided_at"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("o-1/splits", {"new_order_id": "o-2", "lines": []}, 422),
        ("o-1/splits", SPLIT | {"lines": [{"line_id": "l-2", "quantity": 0}]}, 422),
        ("o-1/splits", SPLIT | {"lines": [{"line_id": "l-2", "quantity": 4}]}, 409),
        ("o-1/splits", SPLIT | {"lines": [{"line_id": "l-9"}]}, 404),
        ("o-1/splits", SPLIT | {"lines": [{"line_id": "l-2"}] * 2}, 409),
        (
            "o-1/splits",
            SPLIT | {"lines": [{"line_id": "l-1"}, {"line_id": "l-2"}]},
            409,
        ),
        ("o-9/splits", SPLIT, 404),
        ("o-1/lines/l-9/quantity", CUT, 404),
        ("o-1/lines/l-1/quantity", CUT | {"quantity": -1}, 422),
        ("o-1/lines/l-1/quantity", CUT | {"quantity": 1.5}, 422),
        ("o-1/lines/l-1/quantity", CUT | {"quantity": 2**63}, 422),
        ("o-1/lines/l-1/quantity", {"quantity": 1}, 422),
    ],
)
def test_bad_edits_are_refused_and_change_nothing(
    http: TestClient, path: str, body: object, status: int
) -> None:
    seen = 0 if path.startswith("o-9") else 1

    assert edit(http, path, body, seen=seen)[0] == status
    assert http.get("/orders/o-1").json()["version"] == 1


def test_a_family_is_a_tree_whoever_of_it_is_asked_for(http: TestClient) -> None:
    edit(http, "o-1/splits", SPLIT, key="k-1")
    again = {"new_order_id": "o-3", "lines": [{"line_id": "l-2", "quantity": 1}]}
    edit(http, "o-2/splits", again, key="k-2")
    other = {"new_order_id": "o-4", "lines": [{"line_id": "l-2"}]}
    edit(http, "o-1/splits", other, seen=2, key="k-3")

    trees = [http.get(f"/orders/o-{n}/family").json() for n in (1, 2, 3, 4)]

    assert trees == trees[:1] * 4
    assert _names(trees[0]) == {"o-1": {"o-2": {"o-3": {}}, "o-4": {}}}
    assert trees[0]["parts"][0]["parts"][0]["clock_started_at"] == trees[0]["placed_at"]


def _names(tree: dict[str, Any]) -> dict[str, Any]:
    return {
        tree["order_id"]: {k: v for part in tree["parts"] for k, v in _names(part).items()}
    }


def test_an_order_that_was_never_placed_has_no_family(http: TestClient) -> None:
    answer = http.get("/orders/o-9/family")

    assert (answer.status_code, answer.json()["type"]) == (404, "order-unknown")


def preview(
    http: TestClient, path: str, body: object, seen: int | None = None
) -> tuple[int, Any]:
    return edit(http, f"{path}?dry_run=true", body, seen=seen)


def effects_of(said: dict[str, Any]) -> dict[str, tuple[str, int | None]]:
    return {each["standard"]: (each["effect"], each["units"]) for each in said["standards"]}


def test_a_preview_shows_lines_totals_and_standards_and_changes_nothing(
    http: TestClient,
) -> None:
    status, said = preview(http, "o-1/lines/l-2/quantity", CUT)

    assert (status, said["version"], said["new_order"]) == (200, 1, None)
    order = said["order"]
    assert [line["total_cents"] for line in order["lines"]] == [4_200, 1_000]
    assert (order["units"], order["currency"]) == (3, "USD")
    assert (order["subtotal_cents"], order["total_cents"]) == (5_200, 5_700)
    assert effects_of(said) == {
        "acceptance.timely": ("unchanged", None),
        "shipping.on_time": ("unchanged", None),
        "inventory.units_filled": ("lost", 2),
    }
    assert http.get("/orders/o-1").json()["version"] == 1


def test_a_preview_of_a_split_shows_the_new_order(http: TestClient) -> None:
    _, said = preview(http, "o-1/splits", SPLIT)

    assert (said["order"]["total_cents"], said["new_order"]["total_cents"]) == (
        5_700,
        2_000,
    )
    assert said["new_order"]["order_id"] == "o-2"
    assert effects_of(said) == {
        "acceptance.timely": ("added", None),
        "shipping.on_time": ("added", None),
        "inventory.units_filled": ("unchanged", None),
    }
    assert http.get("/orders/o-2").status_code == 404


def test_a_preview_that_is_meant_afterwards_happens_as_it_was_shown(
    http: TestClient,
) -> None:
    headers = {"Idempotency-Key": "k-1"}
    path = "/orders/o-1/lines/l-1/removal"
    shown = http.post(f"{path}?dry_run=true", json=GONE, headers=headers)

    meant = http.post(
        path, json=GONE, headers=headers | {"If-Match": shown.headers["etag"]}
    )

    assert meant.json() == {"version": 2}
    order, foreseen = http.get("/orders/o-1").json(), shown.json()["order"]
    for name in ("units", "subtotal_cents", "shipping_cents", "total_cents"):
        assert order[name] == foreseen[name]


def test_a_trial_under_a_key_that_was_meant_before_is_a_trial_all_the_same(
    http: TestClient,
) -> None:
    path = "o-1/lines/l-2/quantity"
    edit(http, path, CUT)

    status, said = edit(http, f"{path}?dry_run=true", CUT | {"quantity": 2}, seen=None)
    again = edit(http, f"{path}?dry_run=false", CUT)

    assert (status, said["order"]["units"]) == (200, 4)
    assert again == (200, {"version": 2})


def test_a_parameter_that_means_nothing_here_is_refused(http: TestClient) -> None:
    status, said = edit(http, "o-1/lines/l-2/quantity?mood=fine", CUT)

    assert (status, said["errors"][0]["field"]) == (422, "mood")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("o-9/lines/l-1/quantity", CUT, 404, "order-unknown"),
        ("o-1/lines/l-2/quantity", CUT | {"quantity": 2**31 - 1}, 200, None),
        (
            "o-1/splits",
            SPLIT | {"lines": [{"line_id": "l-2", "quantity": 9}]},
            409,
            "too-many-units",
        ),
    ],
)
def test_a_preview_is_refused_as_the_edit_would_be(
    http: TestClient, path: str, body: object, status: int, code: str | None
) -> None:
    answered, said = preview(http, path, body)

    assert (answered, said.get("type")) == (status, code)


def test_a_preview_tells_of_a_conflict_before_it_is_one(http: TestClient) -> None:
    edit(http, "o-1/lines/l-2/quantity", CUT, key="k-9")

    assert preview(http, "o-1/lines/l-2/removal", GONE, seen=1)[0] == 412
