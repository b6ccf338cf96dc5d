"""`market projection`, `due` and `evidence`, of a real service on a real database."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import psutil
import pytest
import uvicorn
from typer.testing import CliRunner, Result

from kit.serving import build as build_service
from market.app import build
from market.errors import MarketError
from market.home import Home
from market.programs import Identity
from market.waiting import wait_until
from scripts import verify_evidence
from services.performance.app import BLUEPRINT
from tests.infrastructure import drop_database, new_database
from tests.market.test_home import STATE
from tests.performance.selling import busy_months, tell
from tests.performance.world import AS_OF, received
from tests.tokens import home_with_the_key, settings

THEN = ("--as-of", AS_OF.isoformat())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Path]:
    """A home whose platform has performance alone, which knows of a busy seller."""
    home = Home(tmp_path_factory.mktemp("market") / "home")
    with ExitStack() as ends, home.occupied():
        home_with_the_key(home.path)
        database = new_database(postgres_url)
        ends.callback(drop_database, postgres_url, database)
        app = build_service(BLUEPRINT, settings(database))
        listening = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        running = Thread(target=server.run, args=([listening],))
        running.start()
        ends.callback(running.join)
        ends.callback(setattr, server, "should_exit", True)  # noqa: FBT003 - its own flag
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        wait_until(lambda: server.started, what="performance", within_s=60)
        tell(app.state.engine, received(busy_months()))
        me = psutil.Process()
        who = Identity(me.pid, me.create_time())
        told = {
            "supervisor": who,
            "ready": True,
            "service_urls": {"performance": url},
            "service_database_urls": {"performance": database},
        }
        home.write_state(STATE.model_copy(update=told))
        yield home.path


@pytest.fixture
def market(served: Path, monkeypatch: pytest.MonkeyPatch) -> "Market":
    monkeypatch.setenv("MARKET_HOME", str(served))
    return Market()


class Market:
    def run(self, *words: str) -> Result:
        return CliRunner().invoke(build(), words)

    def lines(self, *words: str) -> list[str]:
        found = self.run(*words)
        assert found.exit_code == 0, (found.output, found.exception)
        return found.stdout.splitlines()

    def refused(self, *words: str) -> str:
        found = self.run(*words)
        assert isinstance(found.exception, MarketError), found.output
        return str(found.exception)


def test_a_projection_shows_levels_rates_and_the_ways_out(market: Market) -> None:
    lines = market.lines("projection", "s-1", *THEN)

    assert lines[0].startswith("s-1 by policy 2026-01, as of 2026-04-01T00:00:00Z: ")
    assert any("in 30 days" in line and "2026-01" in line for line in lines)
    assert any("responses.timely is at " in line for line in lines)


def test_what_is_due_is_shown_soonest_first(market: Market) -> None:
    rows = market.lines("due", "s-1", *THEN, "--format", "ndjson")

    due = [json.loads(row) for row in rows]
    assert [row["due_at"] for row in due] == sorted(row["due_at"] for row in due)
    assert any(
        "order accepted or order rejected" in line
        for line in market.lines("due", "s-1", *THEN)
    )


def test_evidence_is_a_file_that_proves_itself(market: Market, tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"

    asked = ("evidence", "s-1", *THEN, "--no-facts", "--out", str(file))
    assert market.lines(*asked) == []

    verify: Callable[[str], int] = verify_evidence.main
    assert verify(file.read_text()) == 0


@pytest.mark.parametrize("command", ["projection", "due", "evidence"])
def test_what_cannot_be_asked_is_said_in_one_line(
    market: Market, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "none" / "bundle.json"
    out = ("--no-facts", "--out", str(file)) if command == "evidence" else ()

    assert "there is no seller 'nobody'" in market.refused(command, "nobody", *out)
    assert "there are: 2026-01" in market.refused(command, "s-1", "--policy", "1999", *out)
    if out:
        assert "can't be written" in market.refused(command, "s-1", *THEN, *out)
