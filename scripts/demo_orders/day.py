"""The day as it is told: what is asked, what is answered, and how all orders stand then."""

import json
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from market.imports.catch_up import wait_until_caught_up
from market.platform import Platform
from market.tokens import AsOperator
from scripts.demo_orders import tables
from scripts.demo_orders.clients import OK, Answer, Client, Json, Question, UnexpectedError
from scripts.demo_orders.names import Names

ORDERS: Final = "orders"
_LONG: Final = 160
_SAID: Final = {"type", "title", "status", "detail", "version", "changed"}
"""What of a problem is told in words, or has been."""


@dataclass
class Day:
    """A day of a platform: who is there, and what was shown of it so far.

    Shape: `steps` counts those that were told.
    """

    platform: Platform
    console: Console
    names: Names
    steps: int = 0
    _shown: set[tuple[str, int]] = field(default_factory=set)
    _told: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sellers = (self.names.pottery, self.names.glassworks)
        buyers = (self.names.cafe, self.names.hotel, self.names.museum)
        self.pottery, self.glassworks = (self._client("seller", one) for one in sellers)
        self.cafe, self.hotel, self.museum = (self._client("buyer", one) for one in buyers)
        self.marketplace = Client.of(self.platform, "operator", "market")

    def _client(self, role: Any, name: str) -> Client:  # noqa: ANN401 - a role's literal
        return Client.of(self.platform, role, name)

    @contextmanager
    def step(
        self, title: str, quote: str, order_id: str | None, seller: Client | None = None
    ) -> Iterator[None]:
        """Tell a step under what the sellers' guide says of it; then show how all stands.

        Shape: the orders are those of `seller`, or of the pottery; the timeline is that of
            `order_id`.
        """
        self.steps += 1
        self.console.print()
        self.console.print(Rule(f"{self.steps}. {title}", align="left", characters="─"))
        self.console.print(f"“{quote}”", style="italic", no_wrap=True, overflow="ellipsis")
        yield
        self.stand(seller or self.pottery, order_id)

    def ask(
        self, who: Client, service: str, question: Question, expect: Collection[int] = OK
    ) -> Answer:
        """Ask, show what was asked and what came of it, and return that.

        Raises:
            UnexpectedError: Something else came than was expected.
        """
        answer = who.ask(service, question)
        self._show(told(who, service, question, answer))
        if answer.status not in expect:
            raise UnexpectedError(
                f"step {self.steps}: {question.method} {question.url} was answered "
                f"{answer.status}, not {' or '.join(map(str, sorted(expect)))}"
            )
        return answer

    def post(
        self,
        who: Client,
        path: str,
        body: Json | None = None,
        *,
        service: str = ORDERS,
        expect: int = 200,
    ) -> Any:  # noqa: ANN401 - JSON
        """Command something, and return what was answered."""
        question = Question("POST", path, body)
        return self.ask(who, service, question, {expect}).body

    def get(
        self,
        who: Client,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        service: str = ORDERS,
    ) -> Any:  # noqa: ANN401 - JSON
        """Read something, and return it; what of it matters is shown by whoever asked."""
        return self.ask(who, service, Question("GET", path, query=query)).body

    def edit(self, who: Client, path: str, body: Json, seen: int, expect: int = 200) -> Any:  # noqa: ANN401 - JSON
        """Edit an order that was `seen`, and return what was answered."""
        question = Question("POST", path, body, seen=seen)
        return self.ask(who, ORDERS, question, {expect}).body

    def preview(self, who: Client, path: str, body: Json) -> int:
        """Show what an edit would do, and return the version that it was tried on."""
        question = Question("POST", path, body, trial=True)
        seen = self.ask(who, ORDERS, question).body
        for order in filter(None, (seen["order"], seen["new_order"])):
            self.show(tables.items(order), tables.sums(order))
        self.show(tables.standards(seen["standards"]))
        version: int = seen["version"]
        return version

    def show(self, *what: RenderableType) -> None:
        """Print something that belongs to the step."""
        for one in what:
            self._show(one)

    def stand(self, seller: Client, order_id: str | None) -> None:
        """Print all orders of `seller`, and what happened to one of them so far."""
        found = seller.ask(ORDERS, Question("GET", "/orders")).body["orders"]
        self.console.print(f"\nAll orders of {seller.name}", style="bold")
        self._show(tables.all_orders(found, self._shown))
        self._shown |= {(order["order_id"], order["version"]) for order in found}
        if order_id is not None:
            asked = Question("GET", f"/orders/{order_id}/timeline")
            entries = seller.ask(ORDERS, asked).body
            self.console.print(f"\nTimeline of {order_id}", style="bold")
            self._show(tables.timeline(entries, self._told.get(order_id, 0)))
            self._told[order_id] = len(entries)

    def let_it_travel(self, what: str) -> None:
        """Wait until every service has heard what the others recorded."""
        began = time.monotonic()
        auth = AsOperator(self.platform.home)
        wait_until_caught_up(self.platform.service_urls, _untold, auth=auth)
        self.show(f"... {what}, through Kafka, {time.monotonic() - began:.1f} s later")

    def _show(self, what: RenderableType) -> None:
        shown = Text(what) if isinstance(what, str) else what
        self.console.print(Padding(shown, (0, 0, 0, 2), expand=False))


def now() -> datetime:
    """Return the moment of whoever asks."""
    return datetime.now(UTC)  # noqa: TID251 - the edge


def in_days(days: int) -> str:
    """Return the moment so many days from now, as a command takes it."""
    return (now() + timedelta(days=days)).isoformat(timespec="seconds")


def told(who: Client, service: str, question: Question, answer: Answer) -> RenderableType:
    """Return what was asked and what came of it, beside who asked."""
    seen = "" if question.seen is None else f'  If-Match: "{question.seen}"'
    said = Text(f"{service}  {question.method} {question.url}{seen}", style="bold")
    if question.body is not None:
        said.append(f"\n{_written(question.body)}", style="not bold")
    version = "" if answer.version is None else f'  ETag: "{answer.version}"'
    gap = "  " if question.body is None else "\n"
    came = f"{gap}→ {answer.status}{version}"
    said.append(came, style="red" if answer.is_problem else "green")
    if answer.is_problem:
        said.append(
            "".join(f"\n{line}" for line in _problem(answer.body)), style="not bold"
        )
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=17, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(str(who.asker), said)
    return grid


def _problem(said: Json) -> Iterator[str]:
    """Yield why something was refused, and what else the problem tells."""
    yield f"{said['type']}: {said['detail']}"
    yield from tables.changed(said.get("changed", ()))
    if more := {name: value for name, value in said.items() if name not in _SAID}:
        yield _written(more)


def _written(body: Json) -> str:
    """Return `body` as JSON, each of several objects in it on a line of its own."""
    said = json.dumps(body, ensure_ascii=False)
    return said if len(said) < _LONG else said.replace("}, {", "},\n {")


def _untold(_stage: str, _done: int, _total: int) -> None:
    """Say nothing of how far it is: it takes a moment."""
