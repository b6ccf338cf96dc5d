import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from market.errors import StartError
from market.programs import Identity, Program
from market.state import Process
from market.supervisor import StoppingError, Supervisor, pause_after

STAY = """
import pathlib, signal, sys, time
mark = pathlib.Path({mark!r})
def end(*_):
    with mark.with_name("ended").open("a") as ended:
        ended.write(mark.name + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
mark.open("a").write("run ")
time.sleep(600)
"""
STUBBORN = STAY.replace(", end)", ", signal.SIG_IGN)")


class Programs:
    """Small programs that mark each of their runs in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self, name: str, code: str = STAY, stop_within_s: float = 15) -> Program:
        argv = (sys.executable, "-c", code.format(mark=str(self.folder / name)))
        return Program(name, argv, self.folder / "log", stop_within_s=stop_within_s)

    def ended(self) -> list[str]:
        return (self.folder / "ended").read_text().split()

    def runs(self, name: str) -> int:
        mark = self.folder / name
        return mark.read_text().count("run") if mark.exists() else 0


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path)


@pytest.fixture
def told() -> list[list[Process]]:
    return []


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(told: list[list[Process]], said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(lambda processes: told.append(list(processes)), said.append)
    yield supervisor
    supervisor.stop()


def test_a_program_that_is_killed_is_started_again(
    supervisor: Supervisor, programs: Programs, said: list[str]
) -> None:
    supervisor.add([programs.make("orders")])
    supervisor.wait_for("orders", lambda: programs.runs("orders") == 1, within_s=10)
    [first] = supervisor.processes()
    kill(first)

    supervisor.wait_for("orders", lambda: programs.runs("orders") == 2, within_s=10)

    [second] = supervisor.processes()
    assert second.run != first.run
    assert (second.phase, second.restarts) == ("running", 1)
    assert said == [
        "orders ended with code -9; next start in 0.5 s",
        "orders was started again",
    ]


def test_pauses_between_starts_grow_up_to_half_a_minute() -> None:
    assert [pause_after(n) for n in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_program_that_never_starts_is_given_up_with_its_last_words(
    supervisor: Supervisor, programs: Programs
) -> None:
    supervisor.add([programs.make("broken", "raise SystemExit('no settings')")])
    with pytest.raises(StartError, match=r"broken ended 4 times(?s:.*)no settings"):
        supervisor.wait_for("broken", lambda: False, within_s=30)


def test_what_was_started_last_is_stopped_first(
    supervisor: Supervisor, programs: Programs, told: list[list[Process]]
) -> None:
    for name in ("postgres", "kafka", "orders"):
        supervisor.add([programs.make(name)])
        supervisor.wait_for(name, partial(programs.runs, name), within_s=10)

    supervisor.stop()

    assert programs.ended() == ["orders", "kafka", "postgres"]
    assert told[-1] == []


def test_a_program_that_will_not_end_is_killed(
    supervisor: Supervisor, programs: Programs
) -> None:
    supervisor.add([programs.make("stubborn", STUBBORN, stop_within_s=0.3)])
    supervisor.wait_for("stubborn", lambda: programs.runs("stubborn") == 1, within_s=10)
    [process] = supervisor.processes()

    supervisor.stop()

    assert process.run
    assert process.run.process() is None


def test_waiting_ends_when_we_are_asked_to_stop(
    supervisor: Supervisor, programs: Programs
) -> None:
    supervisor.add([programs.make("orders")])
    supervisor.stopping.set()
    with pytest.raises(StoppingError):
        supervisor.wait_for("orders", lambda: False, within_s=10)


def test_another_process_with_the_pid_of_ours_is_not_ours() -> None:
    ours = Identity.of(1)
    assert ours
    assert ours.process()
    assert Identity(ours.pid, ours.born - 10).process() is None


def kill(process: Process) -> None:
    assert process.run
    found = process.run.process()
    assert found
    found.kill()
