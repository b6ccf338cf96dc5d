"""Two requests at the same moment, over HTTP: one is carried out, and the other is told."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kit.serving import build
from services.orders.app import BLUEPRINT
from tests.orders.test_api import ACCEPT, post
from tests.orders.test_editing_api import SPLIT, TWO_LINES
from tests.orders.test_invoicing import INVOICE, PARCEL
from tests.tokens import asking, settings

LONG_AGO = "2026-01-05T00:00:00Z"


@dataclass(frozen=True)
class Ask:
    """A request about o-1, by who has seen its newest version, if `edits` says so."""

    path: str
    body: Mapping[str, Any] | None = None
    edits: bool = True


ACCEPTANCE = Ask("acceptance", ACCEPT)
CANCELLATION = Ask("cancellation", {"by": "buyer", "reason": "other"})
EXPIRY = Ask("expiry", edits=False)
SPLITTING = Ask("splits", SPLIT)
CUT = Ask("lines/l-2/quantity", {"quantity": 1, "reason": "other"})
OTHER_CUT = Ask("lines/l-1/quantity", {"quantity": 1, "reason": "other"})
INVOICING = Ask("invoice-confirmation", INVOICE)


@pytest.fixture
def http(fresh_database: str) -> Iterator[TestClient]:
    """An order of long ago, which nobody has decided."""
    with asking(build(BLUEPRINT, settings(fresh_database))) as client:
        placed = {"key": "k-0", "command": "place-order", **TWO_LINES, "at": LONG_AGO}
        told = client.post("/commands", json={"commands": [placed]}).json()
        assert told["results"][0]["outcome"] == "recorded"
        yield client


def at_once(http: TestClient, *asks: Ask) -> list[tuple[int, dict[str, Any]]]:
    """What each is answered, all asked at one moment on what the order is now."""
    seen, start = http.get("/orders/o-1").headers["etag"], Barrier(len(asks))

    def send(ask: Ask) -> tuple[int, dict[str, Any]]:
        headers = {"Idempotency-Key": ask.path} | ({"If-Match": seen} if ask.edits else {})
        start.wait()
        answer = http.post(f"/orders/o-1/{ask.path}", json=ask.body, headers=headers)
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(send, asks))


def accepted(http: TestClient) -> None:
    assert post(http, "/orders/o-1/acceptance", ACCEPT, "k-accepted")[0] == 200


def shipped(http: TestClient) -> None:
    accepted(http)
    assert post(http, "/orders/o-1/shipments", PARCEL, "k-shipped")[0] == 200


def nothing(_: TestClient) -> None:
    pass


@pytest.mark.parametrize("_", range(3))
@pytest.mark.parametrize(
    ("before", "asks", "told"),
    [
        (nothing, (ACCEPTANCE, CANCELLATION), {"changed"}),
        (nothing, (ACCEPTANCE, EXPIRY), {"changed", "order-accepted"}),
        (nothing, (SPLITTING, CUT), {"changed"}),
        (accepted, (SPLITTING, CUT), {"changed"}),
        (shipped, (CUT, INVOICING), {"changed"}),
        (shipped, (SPLITTING, INVOICING), {"changed"}),
        (shipped, (CANCELLATION, INVOICING), {"changed"}),
    ],
    ids=[
        "an open order is accepted or cancelled",
        "accepted or expired",
        "split or edited",
        "an accepted one split or edited",
        "edited or invoiced",
        "split or invoiced",
        "cancelled or invoiced",
    ],
)
def test_one_of_two_is_carried_out_and_the_other_told(
    http: TestClient,
    before: Callable[[TestClient], None],
    asks: tuple[Ask, Ask],
    told: set[str],
    _: int,
) -> None:
    before(http)
    version = http.get("/orders/o-1").json()["version"]

    answers = at_once(http, *asks)

    [won] = [said for status, said in answers if status == 200]
    [lost] = [said for status, said in answers if status != 200]
    assert won == {"version": version + 1}
    assert lost["type"] in told
    if lost["type"] == "changed":
        assert [change["version"] for change in lost["changed"]] == [version + 1]
    assert len(http.get("/orders/o-1/timeline").json()) == version + 1
    was_cut = CUT in asks and answers[asks.index(CUT)][0] == 200
    assert worth(http) == ((3, 5_700) if was_cut else (5, 7_700))


def worth(http: TestClient) -> tuple[int, int]:
    """The units and the cents of the order and its parts."""
    family = http.get("/orders/o-1/family").json()
    members = [family, *family["parts"]]
    cents = sum(member["total_cents"] for member in members)
    return sum(member["units"] for member in members), cents


@pytest.mark.parametrize("_", range(3))
def test_edits_of_different_lines_are_both_carried_out(http: TestClient, _: int) -> None:
    answers = at_once(http, CUT, OTHER_CUT)

    assert sorted(said["version"] for _, said in answers) == [2, 3]
    assert [line["quantity"] for line in http.get("/orders/o-1").json()["lines"]] == [1, 1]
