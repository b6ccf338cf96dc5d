import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

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


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Run as nobody in particular, where we are root and may do everything."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(me)


@pytest.fixture
def left_home() -> Iterator[Home]:
    """A home of ours that a platform has left, in a folder that everyone may look into."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "home")
        with home.occupied():
            home.write_state(STATE)
        yield home
        home.path.chmod(0o755)


@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_home_that_may_not_be_read_is_no_home(left_home: Home, mode: int) -> None:
    left_home.path.chmod(mode)

    with as_somebody_else():
        with pytest.raises(HomeError, match=r"cannot be used \(Permission denied\)"):
            left_home.read_state()
        with pytest.raises(HomeError, match="MARKET_HOME"), left_home.occupied():
            pass


def test_a_home_that_may_not_be_written_can_be_looked_at_and_not_cleared(
    left_home: Home,
) -> None:
    for name in ("version", "platform.json"):
        (left_home.path / name).chmod(0o644)
    left_home.path.chmod(0o555)

    with as_somebody_else():
        assert left_home.read_state() == STATE
        with pytest.raises(HomeError, match="Permission denied"):
            left_home.forget_state()
        with pytest.raises(HomeError, match="Permission denied"), left_home.occupied():
            pass


def test_ports_are_all_different() -> None:
    wanted = free_port()
    ports = choose_ports(["kafka", "orders", "billing"], {"orders": wanted})
    assert ports["orders"] == wanted
    assert len(set(ports.values())) == 3
