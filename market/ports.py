"""TCP ports of this machine: a free one, or the one that was asked for."""

import socket
from typing import Final

from market.errors import StartError

LOOPBACK: Final = "127.0.0.1"


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def claim(name: str, port: int) -> int:
    """Return `port`, which `name` is to listen on.

    Raises:
        StartError: Another program listens there, or we may not.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError) as why:
            raise StartError(
                f"{name} cannot listen on port {port} ({why}): end what uses it, or give "
                f"another with --port {name}=PORT"
            ) from why
    return port
