"""Laws of asking: what is read of the tables is enough, and the past stays as it was."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random  # noqa: TID251 - Hypothesis makes it, and shrinks it
from typing import Any, TypeAlias

import polars as pl
import pytest
from hypothesis import Phase, find, given, settings, strategies as st
from sqlalchemy import Engine, text

from kit.consumers.records import Received
from kit.database import connect, create_live_schema
from services.performance.consumers import OBLIGATIONS
from services.performance.model.evidence import explain
from services.performance.model.metrics import NAMES
from services.performance.model.policy import Policy
from services.performance.model.scorecard import overall, scorecards, sellers
from services.performance.projections import metadata
from services.performance.queries import Question, ask_scorecards
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
    yield engine
    engine.dispose()
    drop_database(postgres_url, url)


@settings(max_examples=15, deadline=None)
@given(
    histories,
    policies,
    st.sampled_from([None, "s-1", "s-2", "nobody"]),
    st.randoms(use_true_random=False),
)
def test_postgresql_columns_and_the_rule_say_the_same(
    performance: Engine,
    told: list[Received],
    policy: Policy,
    seller_id: str | None,
    random: Random,
) -> None:
    remember(performance, told, random)
    mine = [r for r in told if seller_id in {None, r.fact.seller_id}]
    as_of = random.choice([AS_OF, random.choice(told).fact.happened_at])
    known_at = random.choice([None, random.choice(told).envelope.recordedtime])
    question = Question(policy, as_of, known_at, seller_id)

    found = ask_scorecards(performance, question)
    explained = ask_scorecards(performance, question, explained=True)

    cards, levels, evidence = answers(sayings_of(mine), policy, as_of, known_at)
    assert found.cards.rows() == explained.cards.rows() == cards
    assert cards == naive.scorecards(mine, policy, as_of, known_at)
    assert found.overall.rows() == levels == naive.overall(mine, policy, as_of, known_at)
    assert explained.evidence is not None
    assert explained.evidence.rows() == evidence


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
