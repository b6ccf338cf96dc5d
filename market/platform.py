"""The platform that runs in this home: where its parts are, for any command that asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from market.errors import NotRunningError
from market.home import Home
from market.state import State


@dataclass(frozen=True)
class Platform:
    """A running platform: its addresses, as any client takes them, and its processes.

    Shape: `home` has the key to it.
    """

    kafka_bootstrap_servers: str
    database_url: str
    service_urls: Mapping[str, str]
    service_database_urls: Mapping[str, str]
    pids: Mapping[str, int]
    home: Home


def running(home: Home | None = None) -> Platform:
    """Return the platform of `home`, by default the one that MARKET_HOME names.

    Raises:
        NotRunningError: None runs there, or not all of it yet.
        HomeError: The home is of another version, or cannot be read.
    """
    home = home or Home.of_environment()
    state = running_state(home)
    return Platform(
        kafka_bootstrap_servers=state.kafka_bootstrap_servers,
        database_url=state.database_url,
        service_urls=state.service_urls,
        service_database_urls=state.service_database_urls,
        pids={p.name: p.run.pid for p in state.processes if p.run},
        home=home,
    )


def running_state(home: Home) -> State:
    """Return what is known of the platform of `home`.

    Raises:
        NotRunningError: None runs there, or not all of it yet.
        HomeError: The home is of another version, or cannot be read.
    """
    state = home.read_state()
    if state is None:
        raise NotRunningError(
            f"no platform is running in {home.path}: start one with `market up --detach`"
        )
    if state.supervisor.process() is None:
        raise NotRunningError(
            f"the platform in {home.path} was killed, and its processes may be left: clear "
            "up with `market down`, or start it anew with `market up --detach`"
        )
    if not state.ready:
        raise NotRunningError(
            f"the platform in {home.path} is still starting: try again in a moment; "
            f"{home.log('supervisor')} says how far it is"
        )
    return state
