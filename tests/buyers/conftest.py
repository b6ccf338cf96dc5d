from collections.abc import Iterator

import pytest

from tests.buyers.parts import Parts, parts_on


@pytest.fixture
def parts(fresh_database: str) -> Iterator[Parts]:
    """Buyers on a database of its own."""
    with parts_on(fresh_database) as parts:
        yield parts
