from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kit.eventstore.streams import PostgresStreams
from kit.serving import build
from services.buyers.app import BLUEPRINT
from tests.buyers.client import Http
from tests.buyers.parts import Parts, parts_on
from tests.tokens import settings


@pytest.fixture
def parts(fresh_database: str) -> Iterator[Parts]:
    """Buyers on a database of its own."""
    with parts_on(fresh_database) as parts:
        yield parts


@pytest.fixture
def app(fresh_database: str) -> FastAPI:
    """Buyers' API on a database of its own, with one clock, nothing else of its process."""
    app = build(BLUEPRINT, settings(fresh_database))
    streams: PostgresStreams = app.state.process.streams
    app.state.streams = replace(streams, now=lambda: moment_of(app))
    return app


def moment_of(app: FastAPI) -> datetime:
    """What the clock says to which a test has set the app, by now."""
    now: datetime = app.state.now()
    return now


@pytest.fixture
def http(app: FastAPI) -> Iterator[Http]:
    """A client of that API."""
    with TestClient(app) as client:
        yield Http(app, client)
