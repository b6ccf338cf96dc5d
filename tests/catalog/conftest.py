"""The catalog over HTTP, on a database of its own."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from kit.serving import build
from services.catalog.app import BLUEPRINT
from tests.catalog.stored import StoredCatalog
from tests.tokens import asking, settings


@pytest.fixture
def catalog(fresh_database: str) -> Iterator[StoredCatalog]:
    made = StoredCatalog(fresh_database)
    yield made
    made.engine.dispose()


@pytest.fixture
def http(catalog: StoredCatalog) -> Iterator[TestClient]:
    with asking(build(BLUEPRINT, settings(catalog.url))) as client:
        yield client
