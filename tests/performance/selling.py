"""A seller's months over HTTP, for tests that ask about one seller."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from contracts.fact import Fact
from kit.consumers.records import Received
from kit.serving import build
from services.performance.app import BLUEPRINT
from services.performance.consumers import OBLIGATIONS
from tests.performance.facts import (
    accepted,
    cancelled,
    changed,
    cut,
    listed,
    placed,
    rejected,
    requested,
    sent,
    shipped,
    tracked,
)
from tests.performance.test_confirmation import came_in, counted
from tests.performance.world import AS_OF, DAY, HOUR, recorded
from tests.tokens import asking, settings

LATER = 1_000
"""What is told later has places, and ids, of its own."""


def busy_months() -> list[Fact]:
    """Something of all nine metrics, some of it late, lost, void or still open."""
    facts: list[Fact] = [listed(), changed(AS_OF - DAY, images=1), came_in()]
    for n in range(14):
        order, at = f"o-{n}", AS_OF - (n + 4) * DAY
        facts += [placed(order, at, units=n + 1), accepted(at + n * 4 * HOUR, order)]
    facts += [
        placed("o-open", AS_OF - HOUR),
        placed("o-ship", AS_OF - 2 * DAY),
        accepted(AS_OF - 2 * DAY, "o-ship"),
        placed("o-void", AS_OF - 6 * DAY),
        cancelled("buyer", AS_OF - 6 * DAY + HOUR, order_id="o-void"),
        placed("o-no", AS_OF - 6 * DAY),
        rejected("out_of_territory", AS_OF - 6 * DAY + HOUR, "o-no"),
        placed("o-14", AS_OF - 6 * DAY, units=2, split_from="o-1"),
        cut(12, 5, order_id="o-11"),
        cancelled("seller", AS_OF - 5 * DAY, "out_of_stock", "o-14"),
        shipped(AS_OF - 7 * DAY, units=2, completes_order=False),
        tracked(AS_OF - DAY),
        counted(AS_OF - 15 * DAY),
        *(requested(AS_OF - 9 * DAY, f"r-{n}") for n in range(3)),
        *(sent("buyer", AS_OF - 9 * DAY, f"m-{n}") for n in range(12)),
        *(sent("seller", AS_OF - 8 * DAY, f"a-{n}", f"m-{n}") for n in range(8)),
    ]
    others = [fact.model_copy(update={"seller_id": "s-2"}) for fact in facts[:9]]
    return [*facts, *others]


def later(told: Iterable[tuple[Fact, timedelta]], first: int = LATER) -> list[Received]:
    """Facts that come after all others, recorded so much later than they happened."""
    return [
        Received(
            r.envelope.model_copy(
                update={"pos": first + n, "id": UUID(int=first * LATER + n)}
            ),
            r.fact,
        )
        for n, r in enumerate(recorded(told))
    ]


def tell(engine: Engine, told: Sequence[Received]) -> None:
    with engine.begin() as db:
        OBLIGATIONS.handler(told, db)


@contextmanager
def selling(database: str) -> Iterator[tuple[TestClient, Engine]]:
    """Serve performance, which has come to know of a busy seller."""
    with asking(build(BLUEPRINT, settings(database))) as http:
        engine: Engine = http.app.state.engine  # type: ignore[attr-defined]
        tell(engine, recorded((fact, timedelta()) for fact in busy_months()))
        yield http, engine


def got(http: TestClient, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
    answer = http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def problem(http: TestClient, path: str, **query: str) -> tuple[int, str, str]:
    answer = http.get(path, params=query)
    said = answer.json()
    return answer.status_code, said["type"], said["detail"]
