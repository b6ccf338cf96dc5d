"""People at work over HTTP: each asks again, with the same key, until it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
from pydantic import TypeAdapter

from kit.web.bulk import kebab
from market.waiting import wait_until
from tests.faults.processes import PATIENCE_S
from tests.faults.stories import SELLERS, story
from tests.tokens import OPERATOR

PACE_S = 0.02


def bodies(order_id: str, seller_id: str) -> list[dict[str, Any]]:
    """The commands of one order's story, as `POST /commands` takes them."""
    return [
        {
            "key": f"{type(command).__name__}-{order_id}",
            "command": kebab(type(command).__name__),
            **TypeAdapter(type(command)).dump_python(command, mode="json"),
        }
        for command in story(order_id, seller_id)
    ]


@dataclass
class Load:
    """What was asked of `url`, what was acknowledged, and how often nobody answered."""

    url: str
    acknowledged: list[str] = field(default_factory=list)
    unanswered: int = 0
    wrong: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _stop: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, more: int) -> None:
        """Return once `more` commands are acknowledged beyond those that are now."""
        goal = len(self.acknowledged) + more
        wait_until(
            lambda: len(self.acknowledged) >= goal,
            what=f"{self.url} under load",
            within_s=2 * PATIENCE_S,
            alive=lambda: "; ".join(self.wrong) or None,
        )

    @contextmanager
    def going_on(self, people: int = 3) -> Iterator[None]:
        self._stop.clear()
        crowd = [threading.Thread(target=self._work) for _ in range(people)]
        for one in crowd:
            one.start()
        try:
            yield
        finally:
            self._stop.set()
            for one in crowd:
                one.join()
        assert not self.wrong

    def _work(self) -> None:
        with httpx2.Client(base_url=self.url, headers=OPERATOR, timeout=30) as client:
            while not self._stop.wait(PACE_S):
                number = next(self._numbers)
                asked = bodies(f"o-{number}", f"s-{number % SELLERS}")
                self._insist(client, asked)

    def _insist(self, client: httpx2.Client, asked: list[dict[str, Any]]) -> None:
        """Ask until the answer is there, whatever it is, or work is over."""
        while (reply := _reply(client, asked)) is None:
            self.unanswered += 1
            if self._stop.wait(PACE_S):
                return
        outcomes = {each["outcome"] for each in reply.json()["results"]}
        if outcomes <= {"recorded", "unchanged"}:
            self.acknowledged += [each["key"] for each in asked]
        else:
            self.wrong.append(reply.text)


def _reply(client: httpx2.Client, asked: list[dict[str, Any]]) -> httpx2.Response | None:
    try:
        reply = client.post("/commands", json={"commands": asked})
    except httpx2.TransportError:
        return None
    return reply if reply.status_code == httpx2.codes.OK else None
