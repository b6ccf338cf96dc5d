"""The whole life of a platform, by the command itself; its services are small ones."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from contracts.topics import TOPICS
from market.home import Home
from market.launch import SERVICES
from market.programs import Identity
from market.state import Process, State
from market.waiting import wait_until
from tests.market.small_service import lay_out


@dataclass(frozen=True)
class Market:
    """The `market` command in a home of its own."""

    home: Home
    environment: Mapping[str, str]

    def __call__(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "market.app", *words],
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    def state(self) -> State:
        state = self.home.read_state()
        assert state
        return state

    def process(self, name: str) -> Process:
        [process] = [p for p in self.state().processes if p.name == name]
        return process

    def statuses(self) -> dict[str, dict[str, object]]:
        printed = self("status", "--format", "ndjson").stdout.splitlines()
        return {line["service"]: line for line in map(json.loads, printed)}

    def addresses(self) -> dict[str, str]:
        printed = self("env").stdout.splitlines()
        return dict(line.split("=", 1) for line in printed)

    def kill(self, run: Identity | None) -> None:
        assert run
        process = run.process()
        assert process
        process.kill()
        process.wait()


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    """A `market` whose broker and database are its own."""
    lay_out(tmp_path / "small", tuple(SERVICES))
    ours = {"MARKET_HOME": str(tmp_path / "home"), "PYTHONPATH": str(tmp_path / "small")}
    given = {"KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"}
    inherited = {k: v for k, v in os.environ.items() if k not in given}
    market = Market(Home(tmp_path / "home"), {**inherited, **ours})
    yield market
    market("down")


@pytest.fixture
def quick_market(market: Market, kafka: str, fresh_database: str) -> Market:
    """A `market` on the broker and the database server that all tests share."""
    given = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "DATABASE_URL": fresh_database}
    return Market(market.home, {**market.environment, **given})


def gone(process: Process) -> bool:
    return process.run is None or process.run.process() is None


def restarted(market: Market, name: str, first: Process) -> bool:
    now = market.process(name)
    return now.run not in {None, first.run} and now.phase == "running"


def wait_for(what: Callable[[], object]) -> None:
    wait_until(what, what="it", within_s=120)


@pytest.mark.kafka
@pytest.mark.postgres
def test_a_platform_starts_from_nothing_serves_any_client_and_stops(market: Market) -> None:
    up = market("up", "--detach")
    assert up.returncode == 0, up.stderr
    assert "waiting for kafka ..." in up.stderr
    assert up.stdout == ""

    addresses = market.addresses()
    admin = AdminClient({"bootstrap.servers": addresses["KAFKA_BOOTSTRAP_SERVERS"]})
    assert {topic.name for topic in TOPICS} <= set(admin.list_topics(timeout=10).topics)
    for name in SERVICES:
        with psycopg.connect(addresses[f"{name.upper()}_DATABASE_URL"]) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert httpx2.get(addresses[f"{name.upper()}_URL"] + "/ready").is_success
    processes = market.state().processes
    assert [p.name for p in processes] == ["postgres", "kafka", *SERVICES]

    assert market("down").returncode == 0
    assert all(gone(process) for process in processes)
    assert market.home.read_state() is None


@pytest.mark.kafka
@pytest.mark.postgres
def test_kafka_and_postgres_come_back_when_they_are_killed(market: Market) -> None:
    assert market("up", "--detach").returncode == 0
    first = {name: market.process(name) for name in ("kafka", "postgres")}
    for process in first.values():
        market.kill(process.run)
    for name, process in first.items():
        wait_for(partial(restarted, market, name, process))
    url = market.addresses()["ORDERS_DATABASE_URL"]
    wait_for(lambda: connects(url))


def test_a_service_that_is_killed_is_started_again(quick_market: Market) -> None:
    assert quick_market("up", "--detach").returncode == 0
    first = quick_market.process("orders")
    quick_market.kill(first.run)
    wait_for(partial(restarted, quick_market, "orders", first))
    wait_for(lambda: quick_market.statuses()["orders"]["state"] == "running")
    assert quick_market.process("orders").restarts == 1


def test_status_has_a_line_for_each_process(quick_market: Market) -> None:
    assert quick_market("up", "--detach").returncode == 0
    statuses = quick_market.statuses()
    assert set(statuses) == set(SERVICES)
    pid = quick_market.process("orders").run
    assert pid
    assert statuses["orders"] == {
        "service": "orders",
        "pid": pid.pid,
        "state": "running",
        "pos": 3,
        "lag": 0,
        "parked": 0,
    }


def test_what_a_killed_supervisor_left_is_stopped_by_down(quick_market: Market) -> None:
    assert quick_market("up", "--detach").returncode == 0
    left = quick_market.state()
    quick_market.kill(left.supervisor)
    assert not any(gone(process) for process in left.processes)
    assert quick_market("status").returncode == 3

    down = quick_market("down")

    assert down.returncode == 0
    assert "orders, catalog, performance, billing" in down.stderr
    assert all(gone(process) for process in left.processes)


def test_what_a_killed_supervisor_left_is_stopped_by_the_next_up(
    quick_market: Market,
) -> None:
    assert quick_market("up", "--detach").returncode == 0
    left = quick_market.state()
    quick_market.kill(left.supervisor)

    assert quick_market("up", "--detach").returncode == 0

    assert all(gone(process) for process in left.processes)
    assert set(quick_market.statuses()) == set(SERVICES)


def test_two_platforms_cannot_share_a_home(quick_market: Market) -> None:
    assert quick_market("up", "--detach").returncode == 0
    second = quick_market("up", "--detach")
    assert second.returncode == 4
    assert f"is in use by process {quick_market.state().supervisor.pid}" in second.stderr
    assert set(quick_market.statuses()) == set(SERVICES)


def test_a_port_in_use_is_named_and_nothing_is_started(quick_market: Market) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        up = quick_market("up", "--detach", "--port", f"orders={port}")
    assert up.returncode == 5
    assert f"orders cannot listen on port {port}" in up.stderr
    assert quick_market.home.read_state() is None


def test_a_service_that_cannot_start_is_named_and_the_others_are_stopped(
    quick_market: Market, tmp_path: Path
) -> None:
    broken = tmp_path / "small" / "services" / "billing" / "app.py"
    broken.write_text("raise SystemExit('billing has no settings')")
    up = quick_market("up", "--detach")
    assert up.returncode == 5
    assert "billing has no settings" in up.stderr
    assert "Traceback" not in up.stderr
    assert quick_market.home.read_state() is None


def test_a_broker_that_is_named_and_does_not_answer_is_an_error(market: Market) -> None:
    up = market("up", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9")
    assert up.returncode == 5
    assert "no Kafka broker answers at 127.0.0.1:9" in up.stderr


@pytest.mark.parametrize("command", ["status", "env"])
def test_a_command_that_needs_a_platform_says_how_to_start_one(
    market: Market, command: str
) -> None:
    asked = market(command)
    assert asked.returncode == 3
    assert "`market up --detach`" in asked.stderr
    assert asked.stdout == ""
    assert not market.home.path.exists()


def test_down_is_safe_where_nothing_runs(market: Market) -> None:
    assert market("down").returncode == 0
    assert not market.home.path.exists()


def connects(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
