"""Some sellers of whom facts came, and questions about all of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine

from contracts.fact import Fact
from kit.serving import build
from services.performance.app import blueprint
from tests.performance.arrivals import Arrivals
from tests.performance.facts import listed
from tests.performance.policy_files import SHIPPED, with_standard
from tests.performance.test_what_if import month
from tests.performance.world import AS_OF, DAY
from tests.tokens import asking, settings

NOW: Final = AS_OF + 40 * DAY
THEN: Final = AS_OF.isoformat()
SHADOW: Final = with_standard(
    "acceptance.timely",
    SHIPPED.model_copy(update={"version": "trial", "shadow": True}),
    star=0.1,
    warn=0.1,
    limit=0.1,
)
NAMES: Final = ("a", "o'neil", "s-1", "s-2", "s-3", "s-4", "ü")
EVERYBODY: Final = sorted((*NAMES, "only listed"))
COMPARED: Final = "/policies/trial/comparison"


@dataclass
class Served:
    http: TestClient
    arrivals: Arrivals

    @property
    def engine(self) -> Engine:
        return self.arrivals.engine


@contextmanager
def serving(database: str) -> Iterator[Served]:
    app = build(blueprint([SHIPPED, SHADOW]), settings(database))
    with asking(app, at=NOW) as http:
        yield Served(http, Arrivals(app.state.engine))


def tell(served: Served) -> None:
    for late, name in enumerate(NAMES):
        served.arrivals.hear(*month(name, late))
    served.arrivals.hear(of("s-4", listed()), of("only listed", listed()))


def of(seller_id: str, fact: Fact) -> Fact:
    return fact.model_copy(update={"seller_id": seller_id})


def ask(served: Served, path: str, **query: str) -> Response:
    if path == "/what-if":
        body = {"policy": SHADOW.content, "as_of": THEN, "all": True}
        return served.http.post(path, json=body, params=query)
    return served.http.get(path, params={"as_of": THEN} | query)


def pages(served: Served, path: str, **query: str) -> list[dict[str, Any]]:
    """All pages of an answer, one after the other."""
    return the_rest(served, path, [], **query)


def the_rest(
    served: Served, path: str, some: list[dict[str, Any]], **query: str
) -> list[dict[str, Any]]:
    """All pages of an answer, of which there are some."""
    found = [*some]
    while not found or found[-1]["next"] is not None:
        onward = {"after": found[-1]["next"]} if found else {}
        answer = ask(served, path, **query, **onward)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
    return found


SCORECARDS: Final = ("cards", "overall", "evidence")
ASKED: Final[list[tuple[str, dict[str, str], tuple[str, ...]]]] = [
    ("/scorecards", {"all": "true", "explain": "true"}, SCORECARDS),
    ("/scorecards", {"known_at": THEN, "policy": "trial"}, SCORECARDS[:2]),
    (COMPARED, {"all": "true"}, ("sellers",)),
    (COMPARED, {"known_at": THEN}, ("sellers",)),
    ("/what-if", {}, ("sellers",)),
]


def said_by(found: list[dict[str, Any]], names: Sequence[str]) -> list[list[Any]]:
    return [[row for page in found for row in page[name]] for name in names]
