from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

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
    """Buyers' API on a database of its own, and nothing else of its process."""
    return build(BLUEPRINT, settings(fresh_database))


@pytest.fixture
def http(app: FastAPI) -> Iterator[Http]:
    """A client of that API."""
    with TestClient(app) as client:
        yield Http(app, client)
