"""Parked streams seen to by command, in a real service with its real handler."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from contracts.fact import Fact
from kit.consumers.parked import park
from kit.consumers.records import read_envelope
from kit.consumers.tables import discarded_events
from kit.consumers.triage import Held
from kit.serving import build
from market.app import build as market
from market.asking import AnsweredError
from market.commands.parked import NotParkedError, Parked, find
from market.home import Home
from market.ports import free_port
from market.programs import Identity
from market.state import State
from market.tokens import TokenKey
from market.waiting import wait_until
from services.performance.app import BLUEPRINT
from services.performance.projections import obligation_sayings
from tests.kit.consumers.records import ARecord, headers_of, record
from tests.samples import ACCEPTED, PLACED, received
from tests.tokens import settings

TOPIC = "orders.v1"
STREAM = "order-o 1:s?1%2Fé#"


class Performance:
    """A service that has parked what a test wants it to have parked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(schema_translate_map={None: "public"})
        self.engine = engine

    def park(self, *facts: Fact | ARecord, why: str) -> None:
        """Park `facts` as the queue of one stream, the first for this reason."""
        held = []
        for offset, fact in enumerate(facts):
            each = fact if isinstance(fact, ARecord) else record(fact, offset, None, STREAM)
            reason = why if offset == 0 else None
            held.append(Held(each, read_envelope(each.headers), reason))
        with self._engine.begin() as db:
            park(db, "performance", held)

    def obliged(self) -> set[str]:
        with self.engine.connect() as db:
            return set(db.scalars(select(obligation_sayings.c.metric)))

    def grounds(self) -> list[str]:
        with self._engine.connect() as db:
            return list(db.scalars(select(discarded_events.c.because)))


@pytest.fixture
def performance(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Performance]:
    """The API of performance on a database of its own, and a home that names it."""
    port = free_port()
    monkeypatch.setenv("MARKET_HOME", str(tmp_path / "home"))
    ourselves = Identity.of(os.getpid())
    assert ourselves
    home = Home(tmp_path / "home")
    state = State(
        supervisor=ourselves,
        ready=True,
        kafka_bootstrap_servers="127.0.0.1:1",
        database_url=fresh_database,
        service_urls={"performance": f"http://127.0.0.1:{port}"},
        service_database_urls={"performance": fresh_database},
    )
    with home.occupied():
        app = build(BLUEPRINT, settings(fresh_database, **told_of_tokens(home)))
        with served(uvicorn.Config(app, port=port, log_config=None)):
            home.write_state(state)
            yield Performance(app.state.engine)


def told_of_tokens(home: Home) -> dict[str, str]:
    """Make the key of `home`, and return what its services are told of it."""
    TokenKey.of(home).make()
    return {n.lower(): v for n, v in TokenKey.of(home).environment().items()}


@contextmanager
def served(config: uvicorn.Config) -> Iterator[None]:
    server = uvicorn.Server(config)
    serving = threading.Thread(target=server.run)
    serving.start()
    try:
        wait_until(lambda: server.started, what="the service", within_s=60)
        yield
    finally:
        server.should_exit = True
        serving.join()


def parked(*words: str) -> str:
    """What `market parked` prints; what goes wrong is raised."""
    done = CliRunner().invoke(market(), ["parked", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def parked_rows(*words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in parked(*words, "--format", "ndjson").splitlines()]


def test_a_stream_that_waits_is_listed_and_shown_with_its_reason(
    performance: Performance,
) -> None:
    performance.park(PLACED, ACCEPTED, why="no such policy")
    [row] = parked_rows("list")
    assert row["service"] == "performance"
    assert (row["topic"], row["stream"], row["events"]) == (TOPIC, STREAM, 2)
    assert row["reason"] == "no such policy"
    first, second = parked_rows("show", STREAM)
    assert first["reason"] == "no such policy"
    assert second["reason"] is None
    assert json.loads(str(first["value"]))["order_id"] == PLACED.order_id
    assert "no such policy" in parked("show", STREAM)


def test_a_redrive_applies_what_waits(performance: Performance) -> None:
    performance.park(PLACED, ACCEPTED, why="no such policy")
    assert parked("redrive", STREAM) == f"performance: 2 of {STREAM} applied\n"
    assert {"acceptance.timely", "shipping.on_time"} <= performance.obliged()
    assert parked("list") == "nothing is parked\n"


def test_what_still_cannot_be_applied_waits_on_and_the_command_says_why(
    performance: Performance,
) -> None:
    newer = received(PLACED, 1, STREAM).envelope.model_copy(
        update={"type": "orders.order-placed.v99"}
    )
    performance.park(ARecord(0, b"{}", headers_of(newer)), ACCEPTED, why="unknown")
    with pytest.raises(NotParkedError, match=r"2 of .* still wait: .*order-placed\.v99"):
        parked("redrive", STREAM)
    assert performance.obliged() == set()


def test_a_fact_is_given_up_on_grounds_that_are_kept(performance: Performance) -> None:
    performance.park(PLACED, ACCEPTED, why="twice")
    said = parked("discard", STREAM, "--because", "a duplicate")
    assert said == f"performance: one of {STREAM} given up, 1 still wait\n"
    assert performance.grounds() == ["a duplicate"]
    [left] = parked_rows("show", STREAM)
    assert left["type"] == "orders.order-accepted.v1"


def test_a_fact_that_does_not_wait_cannot_be_given_up(performance: Performance) -> None:
    performance.park(PLACED, why="twice")
    nobody = "00000000-0000-0000-0000-0000000000ff"
    with pytest.raises(AnsweredError, match=r"is not parked"):
        parked("discard", STREAM, "--because", "a duplicate", "--event", nobody)
    assert performance.grounds() == []


def test_a_fact_is_not_given_up_without_grounds(performance: Performance) -> None:
    performance.park(PLACED, why="twice")
    done = CliRunner().invoke(market(), ["parked", "discard", STREAM])
    assert done.exit_code == 2
    assert "--because" in done.output


def test_a_stream_that_does_not_wait_is_refused_by_name(performance: Performance) -> None:
    with pytest.raises(NotParkedError, match="nothing of 'order-o-9' waits"):
        parked("redrive", "order-o-9")
    assert performance.grounds() == []


def test_a_stream_that_waits_in_two_services_is_meant_in_one() -> None:
    both = [Parked(name, TOPIC, STREAM, {}) for name in ("performance", "billing")]
    with pytest.raises(NotParkedError, match=r"performance .*, billing .*: say which"):
        find(both, STREAM, None, None)
    assert find(both, STREAM, "billing", None) == both[1]
