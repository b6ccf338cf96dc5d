"""A seller's day with orders, as whoever reads it runs it: all is answered as it says."""

import io
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from rich.console import Console

from market.home import Home
from market.platform import Platform
from market.tokens import TokenKey
from scripts.demo_orders.clients import Question, UnexpectedError
from scripts.demo_orders.day import Day
from scripts.demo_orders.names import Names
from tests.journeys.told import told_by

WITHIN_S = 240
STEPS = 23
TOLD = (
    "428 if-match-required",
    "409 last-line",
    "412 changed",
    "409 customer-needed",
    "409 order-rejected",
    "422 tracking-malformed",
    "409 too-many-units",
    "409 order-shipped",
    "409 insufficient-stock",
    "403 access-needed",
)
"""What is refused on the way, in the order in which it first is."""


def last_table(told: str, seller: str) -> dict[str, list[str]]:
    """The last All Orders table shown of `seller`: the words of its rows, by id."""
    shown = told.rpartition(f"\nAll orders of {seller}\n")[2].partition("\n\n")[0]
    rows = [line.replace("*", " ").split() for line in shown.splitlines()[2:]]
    return {row[0]: row[1:] for row in rows if row}


@pytest.mark.kafka
@pytest.mark.postgres
def test_a_seller_lives_a_day_with_orders_from_placement_to_shipment(
    tmp_path: Path,
) -> None:
    day = told_by("scripts.demo_orders", tmp_path, WITHIN_S)
    assert day.returncode == 0, day.stdout + day.stderr
    headings = re.findall(r"^(\d+)\. .* ─+$\n“.+”$", day.stdout, re.MULTILINE)
    assert headings == [str(number) for number in range(1, STEPS + 1)]
    assert re.search(rf"^Done: {STEPS} steps in \d+ s\.$", day.stdout, re.MULTILINE)
    assert max(map(len, day.stdout.splitlines())) <= 100

    refused = re.findall(r"→ (4\d\d)\s+([a-z-]+): ", day.stdout)
    told = dict.fromkeys(f"{status} {code}" for status, code in refused)
    assert tuple(one for one in told if one in TOLD) == TOLD

    orders = last_table(day.stdout, "pottery")
    assert {order_id: row[1] for order_id, row in orders.items()} == {
        "o-1": "accepted",
        "o-1a": "accepted",
        "o-1b": "accepted",
        "o-2": "accepted",
        "o-2a": "cancelled",
        "o-3": "rejected",
        "o-4": "rejected",
        "o-5": "cancelled",
        "o-6": "cancelled",
        "o-7": "accepted",
    }
    assert orders["o-1"] == ["cafe", "accepted", "28", "28", "421.00", "USD", "ready"]
    assert orders["o-1b"][-1] == "o-1a"
    assert "2 on hand; set aside: 3 for o-7" in day.stdout
    assert "done: 10 of 10 orders are written" in day.stdout
    assert "seller_orders equals the fold of its facts" in day.stdout
    assert not list(tmp_path.iterdir())


class Contrary(BaseHTTPRequestHandler):
    """Answers whatever it is asked with a conflict."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"type": "order-open", "title": "Conflict", "status": 409, "detail": "no"}'
        self.send_response(409)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def contrary() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Contrary) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_that_the_story_does_not_say_ends_it(
    contrary: str, tmp_path: Path
) -> None:
    TokenKey.of(Home(tmp_path)).make()
    platform = Platform("", "", {"orders": contrary}, {}, {}, Home(tmp_path))
    shown = io.StringIO()
    day = Day(platform, Console(file=shown, width=100), Names())
    with pytest.raises(UnexpectedError, match=r"step 0: POST /orders/o-1/acceptance.* 409"):
        day.post(day.pottery, "/orders/o-1/acceptance", {})
    assert "order-open: no" in shown.getvalue()
    day.ask(day.pottery, "orders", Question("POST", "/orders", {}), {409})
