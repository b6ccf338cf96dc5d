"""What `market scorecards` shows is had again, whatever comes, by the question it names."""

import shlex
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from contracts.fact import Fact
from kit.database import connect
from market.home import Home
from market.questions import typed
from tests.market import test_explained, test_sellers
from tests.market.answering import Service
from tests.market.test_explained import ASKED, SCORECARDS
from tests.market.test_sellers import Market
from tests.performance.facts import accepted, placed
from tests.performance.selling import LATER, later, tell
from tests.performance.world import AS_OF, DAY

served, market, service = test_sellers.served, test_sellers.market, test_explained.service
AGAIN = "the same again, whatever comes late: market "
THEN = ("scorecards", "--as-of", AS_OF.isoformat())
numbers = count(1)


@pytest.fixture
def performance(served: Path) -> Iterator[Engine]:
    """The tables of the service that is asked."""
    state = Home(served).read_state()
    assert state is not None
    engine = connect(state.service_database_urls["performance"])
    yield engine
    engine.dispose()


def more_comes(performance: Engine) -> None:
    """An order of long ago, accepted late."""
    number, at = next(numbers), AS_OF - 9 * DAY
    facts: list[Fact] = [
        placed(f"late-{number}", at),
        accepted(at + 6 * DAY, f"late-{number}"),
    ]
    tell(performance, later(((fact, timedelta()) for fact in facts), LATER * number))


def said(market: Market, *words: str) -> tuple[str, tuple[str, ...]]:
    """What is printed, and the words that give it again."""
    found = market.run(*words)
    assert found.exit_code == 0, (found.output, found.exception)
    (line,) = [each for each in found.stderr.splitlines() if each.startswith(AGAIN)]
    return found.stdout, tuple(shlex.split(line.removeprefix(AGAIN)))


@pytest.mark.parametrize(
    "more",
    [
        ("--seller", "s-1"),
        ("--seller", "s-1", "--explain", "--all", "--policy", "2026-01"),
        ("--seller", "s-1", "--known-at", AS_OF.isoformat(), "--format", "ndjson"),
    ],
)
def test_scorecards_name_the_question_that_gives_them_again(
    market: Market, performance: Engine, more: tuple[str, ...]
) -> None:
    first, again = said(market, *THEN, *more)

    more_comes(performance)

    shown = more[-2:] if "--format" in more else ()
    assert said(market, *again, *shown) == (first, again)
    assert said(market, *THEN, *more)[0] != first


def test_a_plot_names_the_question_that_draws_it_again(
    market: Market, performance: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "a trend.svg"
    asked = ("scorecards", "--seller", "s-1", "--metric", "acceptance.timely")
    days = ("--from", "2026-03-20", "--until", "2026-03-31")
    _, again = said(market, *asked, *days, "--plot", str(file))
    first = file.read_bytes()

    more_comes(performance)

    assert said(market, *asked, *days, "--plot", str(file))[1] != again
    assert file.read_bytes() != first
    assert said(market, *again) == ("", again)
    assert file.read_bytes() == first


def test_what_gives_all_pages_again_is_what_gives_the_first(service: Service) -> None:
    service.answer = SCORECARDS | {"again": "FIRST", "next": "here"}
    service.more = SCORECARDS | {"again": "SECOND"}

    (said,) = service.shown(*ASKED).stderr.splitlines()

    assert said.endswith(" --seen=FIRST --explain")


def test_what_cannot_be_had_again_is_said_to_be_by_nothing(service: Service) -> None:
    service.answer = SCORECARDS | {"again": None}

    assert service.shown(*ASKED).stderr == ""


def test_what_no_answer_said_is_refused(market: Market) -> None:
    assert "no page ended there" in market.refused(*THEN, "--seen", "x")
    plot = ("--seller", "s-1", "--plot", "x.svg", "--seen", "x")
    assert "no answer has said that" in market.refused("scorecards", *plot)


def test_a_question_is_typed_as_a_shell_reads_it() -> None:
    asked = {"seller": "-o'neil s", "known_at": None, "all": True, "explain": False}

    line = typed(("market", "scorecards"), asked)

    assert shlex.split(line) == ["market", "scorecards", "--seller=-o'neil s", "--all"]
