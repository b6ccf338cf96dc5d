"""How each process of a platform is doing: what is known of it, and what it says."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from market.state import Process, State

TIMEOUT_S = 5.0


class Line(BaseModel):
    """One process, as it is printed.

    Units: `pos` is the last position of its history; `lag` counts facts that are still to
        be published or consumed; `parked` counts streams that wait for help.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: str
    pid: int | None = None
    state: str
    pos: int | None = None
    lag: int | None = None
    parked: int | None = None


def lines(state: State, auth: httpx2.Auth) -> Sequence[Line]:
    """Return a line per process, in the order of their start; services are asked at once.

    A broker or a database of others has no process here, and no line.
    """
    with ThreadPoolExecutor(8) as asking:
        return list(
            asking.map(lambda process: _line(process, state, auth), state.processes)
        )


def _line(process: Process, state: State, auth: httpx2.Auth) -> Line:
    known = Line(
        service=process.name,
        pid=process.run.pid if process.run else None,
        state=process.phase if process.run and process.run.process() else "restarting",
    )
    url = state.service_urls.get(process.name)
    if url is None or known.state == "restarting":
        return known
    try:
        answer = httpx2.get(f"{url}/status", auth=auth, timeout=TIMEOUT_S)
        said = Line.model_validate_json(answer.raise_for_status().content)
    except (httpx2.HTTPError, ValidationError):
        return known.model_copy(update={"state": "unreachable"})
    return said.model_copy(update={"service": process.name, "pid": known.pid})
