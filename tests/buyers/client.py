"""Buyers over HTTP, as a test speaks to them."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from kit.asker import Role
from tests.tokens import bearing

FRIDAY = datetime(2026, 3, 6, 18, tzinfo=UTC)
TALK = "/sellers/s-1/conversations/v-1"


class Http:
    """A client that makes a key for each request, and moves the clock.

    An operator's, unless it is said whose.
    """

    def __init__(self, app: FastAPI, client: TestClient) -> None:
        self.app, self.client, self.keys = app, client, count(1)
        self.by("operator", "op-1")
        self.at(FRIDAY)

    def at(self, moment: datetime) -> None:
        self.app.state.now = lambda: moment
        self.app.state.streams = replace(self.app.state.streams, now=lambda: moment)
        self.client.headers.update(bearing(*self.who, moment))

    def by(self, role: Role, who: str) -> None:
        self.who: tuple[Role, str] = role, who
        self.client.headers.update(bearing(role, who, self.app.state.now()))

    def post(self, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
        key = key or f"k-{next(self.keys)}"
        answer = self.client.post(path, json=body, headers={"Idempotency-Key": key})
        return answer.status_code, answer.json()

    def refused(self, path: str, body: object = None) -> tuple[int, str]:
        status, problem = self.post(path, body)
        return status, problem["type"]

    def get(self, path: str, **params: object) -> Any:  # noqa: ANN401 - JSON
        answer = self.client.get(path, params=params)  # type: ignore[arg-type]  # plain values
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, request_id: str, buyer_id: str, seller_id: str = "s-1") -> None:
        body = {"request_id": request_id, "buyer_id": buyer_id}
        assert self.post(f"/sellers/{seller_id}/access-requests", body)[0] == 200

    def write(
        self, side: str, message_id: str, talk: str = TALK, **more: str
    ) -> tuple[int, Any]:
        words = {"message_id": message_id, "buyer_id": "b-1", "text": message_id, **more}
        return self.post(f"{talk}/{side}-messages", words)

    def ids(self, path: str, name: str, **params: object) -> list[str]:
        return [item[name] for item in self.get(path, **params)["items"]]
