"""The demo as a newcomer runs it: the real command, broker, database and services."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from market import samples
from market.demo.showing import NARROW
from market.home import Home
from market.state import State
from market.tokens import AsOperator
from tests.market.imports.kept import KEPT
from tests.performance.test_evidence_bundle import verified
from tests.performance.test_verify_facts import SCRIPT as OF_FACTS

WITHIN_S = 240
AS_OF = f"{samples.AS_OF:%Y-%m-%dT%H:%M:%SZ}"
METRICS = {*KEPT, "acceptance.accepted", "inventory.units_filled", "listings.complete"}


@dataclass(frozen=True)
class Newcomer:
    """Somebody in an empty folder, with nothing set up."""

    folder: Path
    environment: Mapping[str, str]

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "market.app", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=WITHIN_S)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def rows(self, *words: str) -> list[dict[str, object]]:
        done = self.run(*words, "--format", "ndjson")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    settings = {"MARKET_HOME", "KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"}
    inherited = {name: value for name, value in os.environ.items() if name not in settings}
    (tmp_path / "temporary").mkdir()
    newcomer = Newcomer(tmp_path, {**inherited, "TMPDIR": str(tmp_path / "temporary")})
    yield newcomer
    newcomer.run("down")


def assert_shown(told: str) -> None:
    """All metrics are told on a narrow screen, and the facts of a late approval."""
    overall = re.search(r"^overall +(.+)$", told, re.MULTILINE)
    assert overall
    assert overall[1].split() == ["star", "good", "warn", "limit", "star", "star"]
    for metric in METRICS:
        assert re.search(rf"^{re.escape(metric)} +\d", told, re.MULTILINE), metric
    assert all(len(line) <= NARROW for line in told.splitlines())
    assert "approvals.timely of seller-cedar is at warn: 5 of 35 were not kept" in told
    for fact in ("requested", "approved"):
        assert f"buyers.buyer-access-{fact}.v1" in told


def assert_standing(told: str) -> None:
    """A seller is warned, shown the way out and a what-if, and the warning is lifted."""
    order = (
        "The scorecard of seller-cedar as of 30 March 2025: limit",
        "shipping.tracked: 30 of 34 kept in 30 days, 88.2%; the limit is under 95%",
        "way out: 100 kept in a row, or 85 days with nothing more broken",
        "shipping.tracked  30 of 34, 88.2% limit  31 of 34, 91.2% warn",
        "1 of 6 sellers would change level",
        "A late fact: ",
        "seller-cedar is healthy again",
    )
    places = [told.find(one) for one in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)
    restated = r"^shipping\.tracked +88\.2% of 34 +91\.2% of 34 +[0-9a-f-]{36}$"
    assert re.search(restated, told, re.MULTILINE)


def assert_kept(cards: list[dict[str, object]]) -> None:
    """The services say the same of sellers as the files do, read one by one.

    But for one parcel: the demo itself told its number, as told in time.
    """
    late = KEPT["shipping.tracked"] | {"seller-cedar": (35, 38)}
    for metric, kept in (KEPT | {"shipping.tracked": late}).items():
        mine = [card for card in cards if card["metric"] == metric]
        shown = {card["seller_id"]: (card["kept"], card["due"]) for card in mine}
        assert shown == kept, metric


def assert_the_same_in_pages(home: Home) -> None:
    """Pages of one seller each say what one page does, of facts that came through Kafka."""
    state = home.read_state()
    assert state
    url = f"{state.service_urls['performance']}/scorecards"
    asked = {"as_of": AS_OF, "all": "true"}

    def page(**more: str) -> dict[str, Any]:
        answer = httpx2.get(url, params=asked | more, auth=AsOperator(home))
        found: dict[str, Any] = answer.json()
        return found

    whole, pages = page(), [page(limit="1")]
    while pages[-1]["next"] is not None:
        pages.append(page(limit="1", after=pages[-1]["next"]))
    assert len(pages) == len(whole["overall"]) > 1
    assert [card for each in pages for card in each["cards"]] == whole["cards"]


def assert_proved(newcomer: Newcomer, seller: str) -> None:
    """A seller's evidence has its facts, as Kafka has them, and proves itself alone."""
    file = newcomer.folder / "bundle.json"
    assert newcomer.run("evidence", seller, "--out", str(file)).returncode == 0
    bundle = json.loads(file.read_text())
    assert verified(bundle, newcomer.folder)[0] == 0
    assert verified(bundle, newcomer.folder, OF_FACTS)[0] == 0
    bundle["facts"].pop()
    code, said = verified(bundle, newcomer.folder, OF_FACTS)
    assert code == 1
    assert "no fact says so: " in said


@pytest.mark.kafka
@pytest.mark.postgres
def test_the_demo_shows_the_main_job_and_leaves_a_platform_to_try(
    newcomer: Newcomer,
) -> None:
    demo = newcomer.run("demo", "--keep")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert_shown(demo.stdout)
    assert_standing(demo.stdout)
    assert "16 are more than the 2 on hand" in demo.stdout
    assert "8289 unit-days that count, in a month of 31 days: 53.48 USD" in demo.stdout
    assert re.search(
        r"^Done in \d+ s\. The longest wait, .* was for .+\.$", demo.stdout, re.MULTILINE
    )
    assert "waiting for kafka ..." in demo.stderr

    statuses = {line["service"]: line for line in newcomer.rows("status")}
    assert [statuses[name]["lag"] for name in ("orders", "performance", "billing")] == [
        0
    ] * 3
    assert_kept(newcomer.rows("scorecards", "--as-of", AS_OF, "--all"))
    assert_the_same_in_pages(Home(newcomer.folder / ".market"))
    facts = newcomer.rows("history", "--topic", "orders.v1")
    assert [fact["pos"] for fact in facts] == list(range(1, len(facts) + 1))
    assert len(facts) == statuses["orders"]["pos"]
    assert newcomer.run("parked", "list").stdout == "nothing is parked\n"
    assert_proved(newcomer, samples.EXPLAINED_SELLER)

    again = newcomer.run("demo", "--keep")
    assert again.returncode == 4
    assert "market down" in again.stderr
    assert newcomer.run("status").returncode == 0


@pytest.mark.kafka
@pytest.mark.postgres
def test_a_demo_that_is_interrupted_leaves_nothing_behind(newcomer: Newcomer) -> None:
    demo = newcomer.start("demo")
    assert demo.stderr
    said = next(line for line in demo.stderr if "waiting for databases" in line)
    assert said
    [home] = (newcomer.folder / "temporary").iterdir()
    state = Home(home).read_state()
    assert state
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert demo.returncode != 0
    assert not list((newcomer.folder / "temporary").iterdir())
    assert not still_running(state)


def test_a_demo_does_not_add_to_a_history_of_somebody(newcomer: Newcomer) -> None:
    home = newcomer.folder / ".market"
    home.mkdir()
    (home / "version").write_text("1")
    refused = newcomer.run("demo", "--keep")
    assert refused.returncode == 4
    assert "holds a history of its own" in refused.stderr
    assert [file.name for file in home.iterdir()] == ["version"]


def still_running(state: State) -> list[psutil.Process]:
    runs = [state.supervisor, *(p.run for p in state.processes if p.run)]
    return [process for run in runs if (process := run.process())]
