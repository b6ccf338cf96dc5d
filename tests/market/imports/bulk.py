"""A service over HTTP that keeps commands by key, and can be away or slow to catch up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field


class Given(BaseModel):
    """A command as this service reads it: any, whose units are positive if it has some."""

    model_config = ConfigDict(extra="allow")

    key: str
    command: str
    units: Annotated[int, Field(ge=1)] = 1


class Bulk(BaseModel):
    commands: list[Given]


@dataclass
class Service:
    """What it was sent, and what it is told to do about it."""

    requests: list[list[str]] = field(default_factory=list)
    recorded: dict[str, Given] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    away_for: int = 0
    loses_answers: int = 0
    statuses: list[dict[str, object]] = field(default_factory=list)
    url: str = ""

    def take(self, command: Given) -> dict[str, object]:
        if why := self.refuses.get(command.key):
            problem = {"type": "insufficient-stock", "detail": why}
            return {"key": command.key, "outcome": "refused", "problem": problem}
        known = self.recorded.setdefault(command.key, command)
        outcome = "recorded" if known is command else "unchanged"
        return {"key": command.key, "outcome": outcome, "problem": None}

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/commands")
        def commands(bulk: Bulk, request: Request) -> JSONResponse:
            assert request.headers["content-type"] == "application/json"
            if self.away_for > 0:
                self.away_for -= 1
                raise HTTPException(503)
            self.requests.append([command.key for command in bulk.commands])
            results = [self.take(command) for command in bulk.commands]
            if self.loses_answers > 0:
                self.loses_answers -= 1
                raise HTTPException(502)
            return JSONResponse({"results": results})

        @app.get("/status")
        def status() -> JSONResponse:
            now = self.statuses[0]
            if len(self.statuses) > 1:
                self.statuses.pop(0)
            return JSONResponse(now)

        return app


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Serve `service` on a free port of this machine."""
    with serving_app(service.app()) as service.url:
        yield service


@contextmanager
def serving_app(app: FastAPI) -> Iterator[str]:
    """Serve `app` on a free port of this machine, and give its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield "http://{}:{}".format(*listening.getsockname())
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
