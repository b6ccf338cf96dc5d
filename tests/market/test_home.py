import os
from pathlib import Path

import pytest

from market.errors import HomeError
from market.home import Home
from market.ports import choose_ports, free_port
from market.programs import Identity
from market.state import State

STATE = State(
    supervisor=Identity(1, 2.5),
    kafka_bootstrap_servers="127.0.0.1:9092",
    database_url="postgresql://postgres@127.0.0.1/postgres",
    service_urls={},
    service_database_urls={},
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_what_is_known_of_a_platform_is_read_as_it_was_written(home: Home) -> None:
    with home.occupied():
        home.write_state(STATE)
        assert home.read_state() == STATE
        assert (home.path / "platform.json").stat().st_mode & 0o077 == 0


def test_a_home_in_use_names_who_uses_it(home: Home) -> None:
    with (
        home.occupied(),
        pytest.raises(HomeError, match=f"in use by process {os.getpid()}"),
        Home(home.path).occupied(),
    ):
        pass


def test_a_home_is_free_again_afterwards(home: Home) -> None:
    for _ in range(2):
        with home.occupied():
            pass


def test_a_home_of_another_version_is_left_as_it_is(home: Home) -> None:
    home.path.mkdir()
    (home.path / "version").write_text("7")
    with pytest.raises(HomeError, match="version '7'"), home.occupied():
        pass
    with pytest.raises(HomeError, match="MARKET_HOME"):
        home.read_state()
    assert [f.name for f in home.path.iterdir()] == ["version"]


def test_a_folder_with_something_else_in_it_is_no_home(home: Home) -> None:
    home.path.mkdir()
    (home.path / "thesis.txt").touch()
    with pytest.raises(HomeError, match="something else"), home.occupied():
        pass


def test_a_file_is_no_home(home: Home) -> None:
    home.path.touch()
    with pytest.raises(HomeError, match="MARKET_HOME"), home.occupied():
        pass


def test_no_space_left_is_said_and_keeps_what_was_there(home: Home) -> None:
    with home.occupied():
        home.write_state(STATE)
        (home.path / "platform.json.coming").symlink_to("/dev/full")
        with pytest.raises(OSError, match="No space left"):
            home.write_state(STATE.model_copy(update={"ready": True}))
        assert home.read_state() == STATE


def test_a_state_that_cannot_be_read_names_its_file(home: Home) -> None:
    with home.occupied():
        (home.path / "platform.json").write_text("{")
        with pytest.raises(HomeError, match=r"platform\.json"):
            home.read_state()


def test_ports_are_all_different() -> None:
    wanted = free_port()
    ports = choose_ports(["kafka", "orders", "billing"], {"orders": wanted})
    assert ports["orders"] == wanted
    assert len(set(ports.values())) == 3
