"""A platform that goes on when the command that started it has ended, and its end."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from market.errors import HomeError, StartError
from market.home import Home
from market.leftovers import stop_leftovers
from market.programs import stop
from market.waiting import Tell

STOP_WITHIN_S: Final = 120.0


def start_in_background(tell: Tell, ports: Mapping[str, int]) -> int:
    """Start a platform in this home; return 0 once all is ready, else its exit code.

    What the platform tells until then is told on; later it goes to its log.

    Raises:
        KeyboardInterrupt: We were asked to stop, and so was the platform.
    """
    given = [word for name, port in ports.items() for word in ("--port", f"{name}={port}")]
    argv = [sys.executable, "-P", "-m", "market.app", "up", "--in-background", *given]
    with subprocess.Popen(  # noqa: S603 - our own command, and words that were parsed
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as platform:
        try:
            _tell_on(platform, tell)
        except KeyboardInterrupt:
            platform.terminate()
            _tell_on(platform, tell)
            raise
        if _is_ready(platform.pid):
            platform.returncode = 0  # it goes on without us
            return 0
    if platform.returncode < 0:
        tell(f"the platform was killed by signal {-platform.returncode} while it started")
        return StartError.exit_code
    return platform.returncode


def _is_ready(pid: int) -> bool:
    with suppress(HomeError):
        state = Home.of_environment().read_state()
        return state is not None and state.ready and state.supervisor.pid == pid
    return False


def _tell_on(platform: subprocess.Popen[str], tell: Tell) -> None:
    for line in platform.stderr or ():
        tell(line.rstrip())


def say_the_rest_to_log(home: Home) -> None:
    """End what the command that started us reads, and write on to the log."""
    with home.log("supervisor").open("a") as log:
        sys.stderr.flush()
        os.dup2(log.fileno(), 2)


def stop_platform(home: Home, tell: Tell) -> bool:
    """Stop the platform of `home`, or what is left of it; return whether there was one.

    Safe to repeat.

    Raises:
        HomeError: The home is of another version, or cannot be read.
        StartError: A process of it could not be ended.
    """
    state = home.read_state()
    if state is None:
        return False
    if state.supervisor.process():
        tell(f"stopping the platform in {home.path} ...")
        stop([state.supervisor], within_s=STOP_WITHIN_S)
    with home.occupied():
        clear_up(home, tell)
    return True


def clear_up(home: Home, tell: Tell) -> None:
    """Stop what a killed platform left behind in `home`, which is held.

    Raises:
        StartError: A process of it could not be ended.
    """
    state = home.read_state()
    if state is None:
        return
    if left := stop_leftovers(state):
        tell(f"stopped what a killed platform had left: {', '.join(left)}")
    if still := [p.name for p in state.processes if p.run and p.run.process()]:
        raise StartError(
            f"{', '.join(still)} cannot be ended: see who owns those processes"
        )
    home.forget_state()
