"""An acceptance asks catalog for its units first: all of them, once, or it is refused."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.eventstore.gathering import GatheredStreams
from kit.peers import PeerAway
from services.orders.adapters import CatalogStock
from services.orders.api.reserving import stock_of
from services.orders.ports import Stock
from tests.orders.test_api import ACCEPT, post
from tests.orders.two import LINE, Two, two_services
from tests.tokens import asking, token


@pytest.fixture
def two(fresh_databases: Callable[[], str], tmp_path: Path) -> Iterator[Two]:
    with two_services(fresh_databases(), fresh_databases(), tmp_path) as made:
        made.receive(3)
        yield made


def test_an_accepted_order_has_its_units(two: Two) -> None:
    two.place("o-1")
    with two.catalog_there():
        assert two.accept() == (200, {"version": 2})

    assert (two.aside(), two.left()) == ({"o-1": 2}, 1)


def test_an_order_is_not_accepted_for_which_there_is_too_little(two: Two) -> None:
    two.place("o-1", quantity=4)
    with two.catalog_there():
        status, said = two.accept()

    assert (status, said["type"]) == (409, "insufficient-stock")
    assert said["short"] == [{"product_id": "p-1", "units": 4, "on_hand": 3}]
    assert (two.state(), two.aside()) == ("open", {})


@pytest.mark.parametrize("_", range(3))
def test_of_two_orders_for_the_last_units_exactly_one_is_accepted(two: Two, _: int) -> None:
    orders = ["o-1", "o-2"]
    two.place(*orders)

    with two.catalog_there():
        answers = two.accept_at_once(orders)

    assert sorted(status for status, _ in answers) == [200, 409]
    assert Counter(map(two.state, orders)) == {"accepted": 1, "open": 1}
    [accepted] = [order for order in orders if two.state(order) == "accepted"]
    assert (two.aside(), two.left()) == ({accepted: 2}, 1)


def test_while_catalog_is_away_nothing_is_accepted_and_later_the_same_request_is(
    two: Two,
) -> None:
    two.place("o-1")

    away = two.orders.post(
        "/orders/o-1/acceptance", json=ACCEPT, headers={"Idempotency-Key": "accept"}
    )

    assert (away.status_code, away.json()["type"]) == (503, "peer-unavailable")
    assert away.headers["retry-after"] == "1"
    assert "catalog does not answer" in away.json()["detail"]
    assert (two.state(), two.aside()) == ("open", {})
    with two.catalog_there():
        assert two.accept() == (200, {"version": 2})


def test_what_was_answered_is_answered_again_without_catalog(two: Two) -> None:
    two.place("o-1")
    with two.catalog_there():
        two.accept()
        two.change(3, 2, "raise")
        two.change(1, 3, "cut")

    assert two.accept() == (200, {"version": 2})
    assert two.change(3, 4, "raise") == (200, {"version": 3})
    assert two.accept(key="another") == (200, {"version": 4})


def test_what_the_rules_refuse_is_refused_without_catalog(two: Two) -> None:
    two.place("o-1")
    reason = {"reason": "out_of_territory"}
    assert post(two.orders, "/orders/o-1/rejection", reason, "reject")[0] == 200

    status, said = two.accept()

    assert (status, said["type"]) == (409, "order-rejected")


def test_a_trial_asks_nobody(two: Two) -> None:
    two.place("o-1")
    with two.catalog_there():
        two.accept()

    status, said = two.change(3, 2, "try", dry_run="true")

    assert (status, said["order"]["units"], two.aside()) == (200, 3, {"o-1": 2})


def test_an_accepted_order_that_is_to_hold_more_asks_for_more(two: Two) -> None:
    two.place("o-1")
    with two.catalog_there():
        two.accept()
        too_much, much = two.change(4, 2, "k-4"), two.change(3, 2, "k-3")

    assert (too_much[0], too_much[1]["type"]) == (409, "insufficient-stock")
    assert (much, two.aside(), two.left()) == ((200, {"version": 3}), {"o-1": 3}, 0)


def test_an_order_that_is_not_accepted_yet_or_gets_fewer_units_asks_nobody(
    two: Two,
) -> None:
    two.place("o-1")

    more, fewer = two.change(9, 1, "more"), two.change(1, 2, "fewer")

    assert (more, fewer) == ((200, {"version": 2}), (200, {"version": 3}))


def test_of_many_orders_those_are_refused_for_which_too_little_is_left(two: Two) -> None:
    two.place("o-1", "o-2", "o-3")
    two.place("o-4", product_id="p-9")
    items = [{"order_id": f"o-{n}", **ACCEPT} for n in (1, 2, 4, 1, 3)]

    with two.catalog_there():
        _, said = post(two.orders, "/acceptances", {"items": items}, "many")

    outcomes = [result["outcome"] for result in said["results"]]
    assert outcomes == ["recorded", "refused", "recorded", "unchanged", "refused"]
    problem = said["results"][1]["problem"]
    assert (problem["type"], problem["short"][0]["on_hand"]) == ("insufficient-stock", 1)
    assert two.aside() == {"o-1": 2}
    [first, *_] = post(two.orders, "/acceptances", {"items": items[:1]}, "m")[1]["results"]
    assert first["outcome"] == "unchanged"


def test_many_are_accepted_later_if_catalog_is_away(two: Two) -> None:
    two.place("o-1", "o-2")
    items = {"items": [{"order_id": order_id, **ACCEPT} for order_id in ("o-1", "o-2")]}

    _, said = post(two.orders, "/acceptances", items, "many")

    problems = [result["problem"] for result in said["results"]]
    assert [problem["type"] for problem in problems] == ["peer-unavailable"] * 2
    assert (problems[0]["retry_after"], two.state()) == (1, "open")
    with two.catalog_there():
        _, said = post(two.orders, "/acceptances", items, "many")
    assert [one["outcome"] for one in said["results"]] == ["recorded", "refused"]
    assert two.aside() == {"o-1": 2}


@dataclass
class Gate:
    """Catalog, but for what `then` does before an answer comes back to who asked."""

    stock: Stock
    then: Callable[[str], None]

    def set_aside(
        self, seller_id: str, order_id: str, units: Mapping[str, int], version: int
    ) -> None:
        self.stock.set_aside(seller_id, order_id, units, version)
        self.then(order_id)


def meanwhile(two: Two, then: Callable[[str], None]) -> None:
    gate = Gate(CatalogStock(two.app.state.peers["catalog"]), then)
    two.app.dependency_overrides[stock_of] = lambda: gate


def test_what_catalog_granted_is_accepted_though_it_is_away_for_others(two: Two) -> None:
    two.place("o-1", "o-2", "o-3", quantity=1)
    items = [{"order_id": f"o-{n}", **ACCEPT} for n in (1, 2, 3)]

    def fail_for_one(order_id: str) -> None:
        if order_id == "o-2":
            raise PeerAway("catalog", "the line broke")

    meanwhile(two, fail_for_one)
    with two.catalog_there():
        status, said = post(two.orders, "/acceptances", {"items": items}, "many")
        outcomes = [result["outcome"] for result in said["results"]]
        assert (status, outcomes) == (200, ["recorded", "refused", "recorded"])
        assert "the same idempotency key" in said["results"][1]["problem"]["detail"]
        two.app.dependency_overrides.clear()
        _, said = post(two.orders, "/acceptances", {"items": items}, "many")

    outcomes = [result["outcome"] for result in said["results"]]
    assert outcomes == ["unchanged", "recorded", "unchanged"]


def test_two_who_raise_lines_of_one_product_at_once_get_no_more_than_there_is(
    two: Two,
) -> None:
    two.receive(7, "p-2")
    lines = [
        LINE | {"line_id": f"l-{n}", "product_id": "p-2", "quantity": 1} for n in (1, 2)
    ]
    two.place_lines("o-1", lines)
    both_asked = threading.Barrier(2)
    asked: list[str] = []

    def wait_for_the_other(order_id: str) -> None:
        asked.append(order_id)
        if len(asked) <= 2:
            both_asked.wait(30)

    with two.catalog_there(), ThreadPoolExecutor(2) as pool:
        two.accept()
        meanwhile(two, wait_for_the_other)
        answers = [*pool.map(partial(raised, two), ("l-1", "l-2"))]

    assert sorted(status for status, _ in answers) == [200, 409]
    [no] = [said for status, said in answers if status == 409]
    assert (no["type"], no["short"][0]["units"]) == ("insufficient-stock", 5)
    assert (two.aside(), two.units()) == ({"o-1": 7}, 7)


def raised(two: Two, line_id: str) -> tuple[int, Any]:
    answer = two.orders.post(
        f"/orders/o-1/lines/{line_id}/quantity",
        json={"quantity": 6, "reason": "buyer_request"},
        headers={"Idempotency-Key": line_id, "If-Match": '"2"'},
    )
    return answer.status_code, answer.json()


def test_an_order_that_grows_while_its_units_are_asked_for_is_asked_for_anew(
    two: Two,
) -> None:
    two.place("o-1", quantity=1)
    grown = [(2, 1), (3, 2)]

    def grow(_: str) -> None:
        if grown:
            quantity, seen = grown.pop(0)
            assert two.change(quantity, seen, f"to-{quantity}")[0] == 200

    meanwhile(two, grow)
    with two.catalog_there():
        assert two.accept() == (200, {"version": 4})

    assert (two.aside(), two.left()) == ({"o-1": 3}, 0)


def test_who_is_overtaken_each_time_is_told_to_ask_again(two: Two) -> None:
    two.place("o-1", quantity=1)
    versions = iter(range(1, 9))

    def edit(_: str) -> None:
        seen = next(versions)
        assert two.change(1 + seen % 2, seen, f"edit-{seen}")[0] == 200

    meanwhile(two, edit)
    with two.catalog_there():
        status, said = two.accept()
        items = {"items": [{"order_id": "o-1", **ACCEPT}]}
        _, many = post(two.orders, "/acceptances", items, "many")

    assert (status, said["type"], two.state()) == (409, "stream-conflict", "open")
    assert many["results"][0]["problem"]["type"] == "stream-conflict"


def test_what_has_happened_elsewhere_asks_nobody(two: Two) -> None:
    two.place("o-1")
    accept = {"key": "k", "command": "accept-order", "order_id": "o-1", **ACCEPT}
    told = {"commands": [accept | {"at": "2030-01-01T00:00:00Z"}]}

    said = two.orders.post("/commands", json=told).json()

    assert (said["results"][0]["outcome"], two.aside()) == ("recorded", {})


def test_orders_that_dies_between_the_units_and_the_acceptance_has_them_once(
    two: Two,
) -> None:
    two.place("o-1")
    streams: GatheredStreams = two.app.state.streams

    def power_cut(_: object, __: Connection) -> None:
        raise SystemError("the power is gone")

    two.app.state.streams = replace(streams.streams, projections=[power_cut])
    with two.catalog_there():
        with pytest.raises(SystemError):
            two.accept()
        meanwhile = two.state(), two.aside()
        two.app.state.streams = streams
        again = two.accept()

    assert meanwhile == ("open", {"o-1": 2})
    assert (again, two.aside(), two.left()) == ((200, {"version": 2}), {"o-1": 2}, 1)


class LosesReplies:
    """The network between a client and `app`, which carries questions alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def lose(message: Message) -> None:
            if message["type"].startswith("http.response"):
                raise ConnectionError("the reply is lost")
            await send(message)

        await self.app(scope, receive, lose)


def test_who_was_not_told_of_an_acceptance_asks_again_and_is_without_catalog(
    two: Two,
) -> None:
    two.place("o-1")
    lossy = asking(LosesReplies(two.app))  # type: ignore[arg-type]  # any ASGI app will do
    with two.catalog_there(), pytest.raises(ConnectionError):
        two.accept(by=lossy)

    assert (two.state(), two.aside()) == ("accepted", {"o-1": 2})
    assert two.accept() == (200, {"version": 2})
    assert two.happened() == ["Placed", "Accepted for customer c-1 (created)"]


def test_a_token_that_is_replaced_in_its_file_is_shown_from_then_on(
    two: Two, tmp_path: Path
) -> None:
    two.place("o-1")
    good = token("service", "orders")
    (tmp_path / "token").write_text(token("seller", "s-1"))
    with two.catalog_there():
        not_let_in = two.accept()
        (tmp_path / "token").write_text(f"{good}\n")
        let_in = two.accept()

    assert (not_let_in[0], let_in[0]) == (503, 200)


def test_more_units_than_any_line_takes_are_too_many_and_not_an_error(two: Two) -> None:
    lines = [
        {**LINE, "line_id": f"l-{n}", "quantity": 2**31 - 1, "unit_price_cents": 0}
        for n in range(3)
    ]
    two.place_lines("o-1", lines)
    with two.catalog_there():
        status, said = two.accept()

    assert (status, said["type"]) == (409, "insufficient-stock")
    assert said["short"][0]["units"] == 3 * (2**31 - 1)
