"""Laws of asking: what is read of the tables is enough, and the past stays as it was."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random  # noqa: TID251 - Hypothesis makes it, and shrinks it
from typing import Any, TypeAlias

import polars as pl
import pytest
from hypothesis import Phase, find, given, settings, strategies as st
from sqlalchemy import Engine, text

from kit.consumers import tables
from kit.consumers.records import Received
from kit.database import connect, create_live_schema
from services.performance.consumers import OBLIGATIONS
from services.performance.model.evidence import explain
from services.performance.model.metrics import NAMES
from services.performance.model.policy import Policy
from services.performance.model.refusals import SellerNotKnown
from services.performance.model.scorecard import overall, scorecards, sellers
from services.performance.projections import metadata
from services.performance.queries import Question, ask_scorecards
from services.performance.queries.all_sellers import Cursor, page_of_scorecards
from services.performance.queries.one_of_many import ask_scorecards_of
from services.performance.queries.one_seller import Asked
from services.performance.queries.seen import read_seen
from services.performance.queries.seen_of_all import SeenOfAll
from tests.infrastructure import drop_database, new_database
from tests.performance import naive
from tests.performance.history import histories
from tests.performance.test_scorecard_laws import (
    EASILY_JUDGED,
    as_ofs,
    earliest_moment,
    known_ats,
    policies,
)
from tests.performance.world import AS_OF, POLICY, sayings_of

Rows: TypeAlias = tuple[pl.DataFrame, pl.DataFrame]
Answer: TypeAlias = tuple[list[tuple[Any, ...]], ...]
LAST = datetime.max.replace(tzinfo=UTC)
SOURCES = ("orders", "catalog", "buyers", "performance")
ALL_CAME = Cursor("", SeenOfAll({name: [2**62] for name in SOURCES}, {}), "")
some = settings(max_examples=30, deadline=None)


def answers(
    rows: Rows, policy: Policy, as_of: datetime, known_at: datetime | None = None
) -> Answer:
    """Every card, every seller's level, and every fact behind them."""
    cards = scorecards(*rows, policy, as_of, known_at)
    levels = overall(cards, sellers(*rows, as_of, known_at), policy)
    return cards.rows(), levels.rows(), explain(*rows, policy, as_of, known_at).rows()


@pytest.fixture(scope="module")
def performance(postgres_url: str) -> Iterator[Engine]:
    """Performance's tables, which each example empties."""
    url = new_database(postgres_url)
    engine = connect(url)
    with engine.begin() as db:
        create_live_schema(db)
        metadata.create_all(db)
        tables.metadata.create_all(db)
    yield engine
    engine.dispose()
    drop_database(postgres_url, url)


@settings(max_examples=15, deadline=None)
@given(histories, policies, st.randoms(use_true_random=False))
def test_postgresql_columns_and_the_rule_say_the_same(
    performance: Engine, told: list[Received], policy: Policy, random: Random
) -> None:
    remember(performance, told, random)
    as_of = random.choice([AS_OF, random.choice(told).fact.happened_at])
    known_at = random.choice([None, random.choice(told).envelope.recordedtime])
    question = Question(policy, as_of, known_at)

    found = ask_scorecards(performance, question)
    page = page_of_scorecards(performance, question, ALL_CAME, 500, explained=True).found

    cards, levels, evidence = answers(sayings_of(told), policy, as_of, known_at)
    assert found.cards.rows() == page.cards.rows() == cards
    assert cards == naive.scorecards(told, policy, as_of, known_at)
    assert found.overall.rows() == levels == naive.overall(told, policy, as_of, known_at)
    assert page.evidence is not None
    assert page.evidence.rows() == evidence


@settings(max_examples=10, deadline=None)
@given(histories, policies, st.randoms(use_true_random=False))
def test_one_seller_is_judged_as_all_are(
    performance: Engine, told: list[Received], policy: Policy, random: Random
) -> None:
    remember(performance, told, random)
    seller_id = random.choice(told).fact.seller_id
    mine = [r for r in told if r.fact.seller_id == seller_id]
    as_of = random.choice([AS_OF, random.choice(mine).fact.happened_at])
    known_at = random.choice([LAST, random.choice(mine).envelope.recordedtime])
    asked = Asked(seller_id, policy, as_of, known_at)

    cards, levels, evidence = answers(sayings_of(mine), policy, as_of, known_at)
    if not levels:
        with pytest.raises(SellerNotKnown):
            ask_scorecards_of(performance, asked)
        return
    found, _ = ask_scorecards_of(performance, asked, explained=True)
    assert (found.cards.rows(), found.overall.rows()) == (cards, levels)
    assert found.evidence is not None
    assert found.evidence.rows() == evidence


@settings(max_examples=25, deadline=None)
@given(histories, as_ofs, st.randoms(use_true_random=False))
def test_what_had_come_of_a_seller_is_read_again_whatever_else_comes(
    performance: Engine, told: list[Received], as_of: datetime, random: Random
) -> None:
    """Facts come in the order of their places, whenever they happened."""
    come = random.randint(1, len(told))
    remember(performance, told[:come], random)
    seller_id = random.choice(told[:come]).fact.seller_id
    before = read_seen(performance, seller_id, as_of, LAST)
    with performance.begin() as db:
        OBLIGATIONS.handler(told[come:], db)

    again = read_seen(performance, seller_id, as_of, LAST, before[2])

    assert [each.rows() for each in again[:2]] == [each.rows() for each in before[:2]]
    assert again[2] == before[2]


def remember(performance: Engine, told: Sequence[Received], random: Random) -> None:
    """Fold it into empty tables: in any order, in two batches, one fact twice."""
    shuffled = random.sample(told, len(told))
    half = len(shuffled) // 2
    with performance.begin() as db:
        db.execute(text("TRUNCATE obligation_sayings, listing_sayings"))
        OBLIGATIONS.handler(shuffled[: half + 1], db)
        OBLIGATIONS.handler(shuffled[half:], db)


@some
@given(histories, policies, as_ofs, known_ats)
def test_no_answer_about_the_past_knows_what_came_after(
    told: list[Received], policy: Policy, as_of: datetime, known_at: datetime | None
) -> None:
    by_then = [
        r
        for r in told
        if earliest_moment(r) <= as_of
        and (known_at is None or r.envelope.recordedtime <= known_at)
    ]

    asked = (policy, as_of, known_at)
    assert answers(sayings_of(by_then), *asked) == answers(sayings_of(told), *asked)


@some
@given(histories, as_ofs, st.randoms(use_true_random=False))
def test_histories_merge_in_any_order_however_they_overlap(
    told: list[Received], as_of: datetime, random: Random
) -> None:
    parts = [random.sample(told, random.randint(0, len(told))) for _ in range(3)]
    parts.append([r for r in told if all(r not in part for part in parts)])
    sayings, listings = zip(*map(sayings_of, parts), strict=True)
    merged = shuffled(sayings, random), shuffled(listings, random)

    asked = (EASILY_JUDGED, as_of)
    assert answers(merged, *asked)[:2] == answers(sayings_of(told), *asked)[:2]


def shuffled(parts: Sequence[pl.DataFrame], random: Random) -> pl.DataFrame:
    seed = random.getrandbits(32)
    return pl.concat(parts).sample(fraction=1, shuffle=True, seed=seed)


@pytest.mark.parametrize("metric", NAMES)
def test_the_histories_of_these_laws_reach_every_metric(metric: str) -> None:
    def is_judged(told: list[Received]) -> bool:
        return any(card[1] == metric for card in naive.scorecards(told, POLICY, AS_OF))

    found = find(
        histories, is_judged, settings=settings(max_examples=1_000, phases=[Phase.generate])
    )

    assert is_judged(found)
