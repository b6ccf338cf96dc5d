"""The season as it is told: what is asked, what came of it, and where all sellers stand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from market.demo.notices import notice
from market.imports.catch_up import wait_until_caught_up
from market.platform import Platform
from market.tokens import AsOperator
from scripts.demo_orders.clients import (
    Answer,
    Client,
    Json,
    Question,
    UnexpectedError,
)
from scripts.demo_orders.day import now, told
from scripts.demo_performance import tables
from scripts.demo_performance.selling import BEGUN, BUYER, SELLERS, Event
from scripts.demo_performance.simulated import Clock

ORDERS: Final = "orders"
CATALOG: Final = "catalog"
PERFORMANCE: Final = "performance"
_BATCH: Final = 1_000


@dataclass
class Season:
    """A season of a platform, and what was shown of it so far.

    Shape: `told` and `reviewed` are the days until which the season's history was told and
        all sellers were reviewed.
    """

    platform: Platform
    console: Console
    clock: Clock
    steps: int = 0
    told: int = BEGUN
    reviewed: int = -1
    _shown: dict[str, tuple[str, str]] = field(default_factory=dict)
    _events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.marketplace = Client.of(self.platform, "operator", "market")
        self.known = Client.of(self.platform, "buyer", BUYER)
        self.stranger = Client.of(self.platform, "buyer", "hotel")
        events = (event for one in SELLERS for event in one.events(self.clock))
        self._events = sorted(events, key=lambda event: event.at)

    def seller(self, name: str) -> Client:
        """Return a seller, with a token of their own."""
        return Client.of(self.platform, "seller", name)

    @contextmanager
    def step(self, title: str, sentence: str) -> Iterator[None]:
        """Tell a step, what it is about, and where all sellers stand then."""
        self.steps += 1
        self.console.print()
        self.console.print(Rule(f"{self.steps}. {title}", align="left", characters="─"))
        self.console.print(Text(sentence, style="italic"))
        yield
        self._ladder()

    def ask(self, who: Client, service: str, question: Question, expect: int = 200) -> Any:  # noqa: ANN401 - JSON
        """Ask, show what was asked and what came of it, and return what was answered.

        Raises:
            UnexpectedError: Something else came than was expected.
        """
        answer = who.ask(service, question)
        self.show(told(who, service, question, answer))
        self._came(question, answer, expect)
        return answer.body

    def tell_of(
        self, who: Client, service: str, question: Question, expect: int = 200
    ) -> None:
        """Ask, and show what came of it without the body that was sent.

        Raises:
            UnexpectedError: As `ask`.
        """
        answer = who.ask(service, question)
        self.show(told(who, service, replace(question, body=None), answer))
        self._came(question, answer, expect)

    def quietly(self, who: Client, service: str, question: Question) -> Any:  # noqa: ANN401 - JSON
        """Ask, show nothing, and return what was answered.

        Raises:
            UnexpectedError: It was refused.
        """
        answer = who.ask(service, question)
        self._came(question, answer, 200)
        return answer.body

    def _came(self, question: Question, answer: Answer, expect: int) -> None:
        """Let the story end here unless what came is what was expected.

        Raises:
            UnexpectedError: It is not.
        """
        if answer.status != expect:
            raise UnexpectedError(
                f"step {self.steps}: {question.method} {question.url} was answered "
                f"{answer.status}, not {expect}: {answer.body}"
            )

    def post(
        self,
        who: Client,
        path: str,
        body: Json | None = None,
        *,
        service: str = PERFORMANCE,
        expect: int = 200,
    ) -> Any:  # noqa: ANN401 - JSON
        """Command something, and return what was answered."""
        return self.ask(who, service, Question("POST", path, body), expect)

    def read(self, who: Client, path: str, service: str = PERFORMANCE) -> Any:  # noqa: ANN401 - JSON
        """Read something, and return it; what of it matters is shown by whoever asked."""
        return self.quietly(who, service, Question("GET", path))

    def pass_until(self, day: int) -> None:
        """Let the season go on until a day: tell what happened, and review each day.

        As of a day nothing counts that happens later; so what happens until then may be
        told at once, and the days be reviewed one after the other.
        """
        self._tell_until(day)
        self.let_it_travel()
        self._review_until(day)

    def tell(self, commands: list[Json]) -> None:
        """Tell orders of what happened, as an import does.

        Raises:
            UnexpectedError: Some of it was refused.
        """
        for first in range(0, len(commands), _BATCH):
            some = commands[first : first + _BATCH]
            question = Question("POST", "/commands", {"commands": some})
            results = self.quietly(self.marketplace, ORDERS, question)["results"]
            if wrong := [one for one in results if one["outcome"] != "recorded"]:
                raise UnexpectedError(f"step {self.steps}: POST /commands: {wrong[0]}")

    def tell_one(self, name: str, order_id: str, at: datetime, said: Json) -> None:
        """Tell orders of one thing that happened, and show it."""
        command = {"command": name, "order_id": order_id, **said, "at": at.isoformat()}
        self.tell([{"key": f"late {order_id}", **command}])
        written = json.dumps(command)
        self.show(tables.asked(self.marketplace, f"orders  POST /commands\n{written}"))

    def _tell_until(self, day: int) -> None:
        until = self.clock.at(day)
        happened = [one for one in self._events if one.at < until]
        self._events = self._events[len(happened) :]
        self.tell([one.command for one in happened])
        span = tables.span(self.clock.day(self.told), self.clock.day(day - 1))
        line = f"orders  POST /commands  {len(happened)} facts of {span}"
        self.show(tables.asked(self.marketplace, line))
        self.told = day

    def _review_until(self, day: int) -> None:
        first, recorded = self.reviewed + 1, 0
        for number in range(first, day + 1):
            recorded += self._review(number)
        span = tables.span(self.clock.day(first), self.clock.day(day))
        line = f"performance  POST /reviews  each day of {span}: {recorded} facts"
        self.show(tables.asked(self.marketplace, line))
        self.reviewed = day

    def _review(self, number: int) -> int:
        """Return how many facts a day's review recorded, on all that is known by now.

        Raises:
            UnexpectedError: The day was not reviewed.
        """
        body = {
            "as_of": self.clock.day(number).isoformat(),
            "known_at": now().isoformat(),
        }
        question = Question("POST", "/reviews", body)
        days = self.quietly(self.marketplace, PERFORMANCE, question)["days"]
        if len(days) != 1:
            raise UnexpectedError(f"step {self.steps}: {body['as_of']}: {days}")
        recorded: int = days[0]["recorded"]
        return recorded

    def standing(self, seller: str) -> Any:  # noqa: ANN401 - JSON
        """Return where a seller stands, as they read it themselves."""
        return self.read(self.seller(seller), f"/sellers/{seller}/standing")

    def facts(self, seller: str) -> Any:  # noqa: ANN401 - JSON
        """Return the last facts of a seller's standing, the newest first."""
        path = f"/sellers/{seller}/standing/history?limit=10"
        return self.read(self.seller(seller), path)["facts"]

    def stands(self, seller: str, step: str, level: str | None = None) -> None:
        """Let the story end here unless a seller stands where it says.

        Raises:
            UnexpectedError: They stand elsewhere.
        """
        found = self.standing(seller)
        if found["step"] != step or level not in {None, found["level"]}:
            raise UnexpectedError(
                f"step {self.steps}: {seller} is {found['step']} ({found['level']}), "
                f"not {step} ({level or 'any level'})"
            )

    def notice(self, seller: str) -> None:
        """Show what a seller is told of the step that holds."""
        said = self.standing(seller)["steps"][-1]
        self.show(f"{seller} is told, in fact {said['fact_id']}:")
        self.show(*notice(said["grounds"], said["cure_by"]))

    def show(self, *what: RenderableType) -> None:
        """Print something that belongs to the step."""
        for one in what:
            shown = Text(one) if isinstance(one, str) else one
            self.console.print(Padding(shown, (0, 0, 0, 2), expand=False))

    def let_it_travel(self) -> None:
        """Wait until every service has heard what the others recorded."""
        auth = AsOperator(self.platform.home)
        wait_until_caught_up(self.platform.service_urls, _untold, auth=auth)

    def _ladder(self) -> None:
        rows = [
            tables.Rung.of(self.standing(one.name), self.facts(one.name)) for one in SELLERS
        ]
        day = self.clock.day(self.reviewed)
        self.console.print(
            f"\nWhere sellers stand, reviewed until {day:%d %b %Y}", style="bold"
        )
        self.show(tables.ladder(rows, self._shown))
        self._shown = {row.seller: row.key for row in rows}


def _untold(_stage: str, _done: int, _total: int) -> None:
    """Say nothing of how far it is: it takes a moment."""
