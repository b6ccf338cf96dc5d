"""The demo, step by step: start, import, charge, and look at what follows."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rich.console import Console

from contracts.topics import BUYERS, CATALOG, ORDERS
from market.answers import understood
from market.answers_of_fees import StoreFees
from market.asking import ask
from market.background import start_in_background
from market.demo import showing
from market.demo.stages import Stages, StartUp
from market.demo.standing import StandingShown
from market.errors import MarketError, StartError
from market.history.reading import read_history
from market.imports.catch_up import wait_until_caught_up
from market.imports.client import Progress, Report, send_plan
from market.imports.directory import plan_history
from market.moments import as_text
from market.platform import Platform, running
from market.proof.finding import Finding
from market.samples import AS_OF, EXPLAINED_SELLER, FEE_MONTH, HISTORY
from market.showing.fees import usd
from market.tokens import AsOperator

SHOWN: Final = 4
"""How many of many are shown."""


class Explained(NamedTuple):
    """A metric that is explained: by facts of which topic, on how many misses."""

    metric: str
    topic: str
    misses: int


EXPLAINED: Final = (
    Explained("shipping.on_time", ORDERS, 2),
    Explained("approvals.timely", BUYERS, 1),
)


class NotProvedError(MarketError):
    """The platform's history is not whole."""


@dataclass
class Demo:
    """One showing: what it prints on, and what it waited for.

    Shape: `charge` does the month-end run of a month, `prove` looks at the whole history.
    """

    console: Console
    stages: Stages
    charge: Callable[[Platform, str], object]
    prove: Callable[[Platform], Iterable[Finding]]
    _began: float = field(default_factory=time.monotonic)

    def start(self) -> Platform:
        """Start the platform of this home.

        Raises:
            StartError: It did not start; what had been is stopped again.
        """
        self._heading("Start Kafka, PostgreSQL and the services")
        with self.stages.shown("start"):
            if start_in_background(StartUp(self.stages).tell, {}):
                raise StartError("the platform did not start: the lines above say why")
        return running()

    def show(self, platform: Platform) -> None:
        """Import the history, and show what follows from it.

        Raises:
            NotProvedError: Something was lost, doubled or put out of order.
        """
        self._import(platform)
        self._scorecards(platform)
        self._standing(platform)
        self._store_fee(platform)
        self._places(platform)
        self._proofs(platform)

    def end(self) -> None:
        """Say how long all of it took, and what took the longest."""
        stage, seconds = self.stages.longest()
        total = time.monotonic() - self._began
        self.console.print(
            f"\nDone in {total:.0f} s. The longest wait, {seconds:.1f} s, was for {stage}."
        )

    def _heading(self, text: str) -> None:
        self.console.print(f"\n[bold]{text}[/bold]")

    def _import(self, platform: Platform) -> None:
        self._heading("Import three months of orders, parcels, stock, buyers and messages")
        with self.stages.shown("import"):
            report = send_plan(
                plan_history(HISTORY),
                platform.service_urls,
                self.stages.told,
                auth=AsOperator(platform.home),
            )
            _catch_up(platform, self.stages.told)
        self.console.print(_outcome(report))
        self.console.print(showing.rejected(report.rejected))

    def _scorecards(self, platform: Platform) -> None:
        at = f"{AS_OF:%d %B %Y}"
        self._heading(f"Scorecards of all sellers as of {at}, in percent")
        self.console.print(showing.PERCENT_OF)
        answer = ask(
            platform,
            "performance",
            "/scorecards",
            {"as_of": as_text(AS_OF), "all": True, "explain": True},
        )
        self.console.print(showing.scorecards(answer))
        for each in EXPLAINED:
            self._explain(platform, answer, each)

    def _standing(self, platform: Platform) -> None:
        """Show how one seller stands, step by step."""

        def caught_up() -> None:
            with self.stages.shown("late fact"):
                _catch_up(platform, self.stages.told)

        StandingShown(self.console, platform, caught_up).show()

    def _explain(
        self, platform: Platform, answer: Mapping[str, Any], what: Explained
    ) -> None:
        """Say what the first seller at warn has missed, and all there is of one of it."""
        card = next(
            card
            for card in answer["cards"]
            if card["metric"] == what.metric and card["level"] == "warn"
        )
        seller = card["seller_id"]
        self._heading(
            f"Why {what.metric} of {seller} is at {card['level']}: "
            f"{card['due'] - card['kept']} of {card['due']} were not kept"
        )
        evidence = (row for row in answer["evidence"] if row["seller_id"] == seller)
        rows = showing.missed(evidence, what.metric)[: what.misses]
        self.console.print(showing.obligations(rows))
        self.console.print(f"\nWhat {what.topic} has of {rows[0]['subject_id']}:")
        because = {fact["event_id"] for fact in rows[0]["facts"]}
        self._facts(platform, what.topic, because, whole_streams=True)

    def _store_fee(self, platform: Platform) -> None:
        self._heading(f"The store fee of {FEE_MONTH} for {EXPLAINED_SELLER}")
        with self.stages.shown("store fee"):
            with self.stages.waiting_for("month-end run"):
                self.charge(platform, FEE_MONTH)
            _catch_up(platform, self._told_of_the_run)
        answer = ask(
            platform,
            "billing",
            f"/store-fees/{FEE_MONTH}",
            {"seller_id": EXPLAINED_SELLER, "explain": True},
        )
        fees = understood(StoreFees, "billing", answer)
        for line in fees.lines:
            days = [day for day in fees.days or () if day.product_id == line.product_id]
            self.console.print(
                f"{line.product_id}: {line.unit_days} unit-days that count, in a month of "
                f"{line.days_in_month} days: {usd(line.cents)}\n"
            )
            self.console.print(showing.fee(days))
            because = {each for day in days for each in day.because}
            self.console.print(f"\nIt follows from {len(because)} facts of {CATALOG}:")
            self._facts(platform, CATALOG, because)

    def _told_of_the_run(self, _: str, done: int, total: int) -> None:
        known = total > 0
        self.stages.told("its facts", done if known else 1, total if known else 1)

    def _facts(
        self,
        platform: Platform,
        topic: str,
        because: Collection[str],
        *,
        whole_streams: bool = False,
    ) -> None:
        """Print facts of `topic` as anyone reads them: some, or the streams of those."""
        servers = platform.kafka_bootstrap_servers
        facts = [*read_history(servers, [topic], self.stages.console.print)]
        found = [fact for fact in facts if str(fact.envelope.id) in because]
        if whole_streams:
            streams = {fact.envelope.subject for fact in found}
            found = [fact for fact in facts if fact.envelope.subject in streams]
        for fact in found[:SHOWN]:
            line = fact.short_line()[: self.console.width].rstrip()
            self.console.print(line, markup=False, no_wrap=True)
        if len(found) > SHOWN:
            self.console.print(f"        ... and {len(found) - SHOWN} more")

    def _places(self, platform: Platform) -> None:
        self._heading("Where every service stands")
        statuses = [ask(platform, name, "/status") for name in platform.service_urls]
        self.console.print(showing.places(statuses))

    def _proofs(self, platform: Platform) -> None:
        self._heading("Was anything lost, doubled or put out of order?")
        claims: dict[str, list[str]] = defaultdict(list)
        with self.stages.shown("proof"), self.stages.waiting_for("facts and tables"):
            for found in self.prove(platform):
                if found.wrong:
                    raise NotProvedError(f"{found.what}: no; {found.wrong}")
                where, _, claim = found.what.partition(": ")
                claims[claim].append(f"{where} {found.figure}")
        self.console.print(showing.proofs(claims))


def _catch_up(platform: Platform, told: Progress) -> None:
    auth = AsOperator(platform.home)
    wait_until_caught_up(platform.service_urls, told, auth=auth)


def _outcome(report: Report) -> str:
    there = f", {report.unchanged} were there already" if report.unchanged else ""
    return (
        f"{report.recorded} facts recorded{there}; {len(report.rejected)} rows rejected:\n"
    )
