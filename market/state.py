"""What is known of a platform while it runs: kept in its home, read by every command."""

from signal import Signals
from typing import Literal

from pydantic import BaseModel, ConfigDict

from market.programs import Identity

Phase = Literal["starting", "running", "restarting"]


class Kept(BaseModel):
    """Data as it is written into the home."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Process(Kept):
    """A process that is kept running, and its present run, if it has one.

    Shape: a process stands on those of lower stages, which are stopped after it.
    """

    name: str
    phase: Phase
    run: Identity | None = None
    restarts: int = 0
    stage: int = 0
    stop_signal: Signals = Signals.SIGTERM


class State(Kept):
    """A platform: where its parts are, and who keeps them running."""

    supervisor: Identity
    ready: bool = False
    kafka_bootstrap_servers: str
    database_url: str
    service_urls: dict[str, str]
    service_database_urls: dict[str, str]
    processes: tuple[Process, ...] = ()
