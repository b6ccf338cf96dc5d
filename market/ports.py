"""TCP ports of this machine: free ones, or those that were asked for."""

import secrets
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Final

from market.errors import StartError

LOOPBACK: Final = "127.0.0.1"
_OUT_OF_THE_WAY: Final = range(20_000, 32_000)
"""Below those that systems give to outgoing connections: a restart finds its port free."""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    return choose_ports(["any"], {})["any"]


def choose_ports(names: Sequence[str], given: Mapping[str, int]) -> dict[str, int]:
    """Return a port for each of `names`, all different: as `given`, else a free one.

    Raises:
        StartError: A given port is in use, or `given` has a name that is none of `names`.
    """
    if strangers := sorted(set(given) - set(names)):
        raise StartError(
            f"nothing here is called {strangers[0]!r}: --port takes NAME=PORT with a NAME "
            f"of {', '.join(names)}"
        )
    with ExitStack() as held:
        ports = {name: _hold(held, name, port) for name, port in given.items()}
        return ports | {name: _hold_any(held) for name in names if name not in ports}


def _hold(held: ExitStack, name: str, port: int) -> int:
    try:
        _bind(held, port)
    except (OSError, OverflowError) as why:
        raise StartError(
            f"{name} cannot listen on port {port} ({getattr(why, 'strerror', why)}): end "
            f"what uses it, or give another with --port {name}=PORT"
        ) from why
    return port


def _hold_any(held: ExitStack) -> int:
    while True:
        port = secrets.choice(_OUT_OF_THE_WAY)
        try:
            _bind(held, port)
        except OSError:
            continue
        return port


def _bind(held: ExitStack, port: int) -> None:
    probe = held.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind((LOOPBACK, port))
