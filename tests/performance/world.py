"""Short ways to say what happened to a seller, for tests of performance."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import polars as pl

from contracts.envelope import Envelope
from contracts.fact import Fact
from contracts.registry import NAMES
from kit.consumers.columns import in_columns
from kit.consumers.records import Received
from services.performance import policies
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.policy import Policy, policy_at
from services.performance.model.scorecard import overall, scorecards, sellers
from services.performance.projections import columns_of
from tests.performance import naive

AS_OF = datetime(2026, 4, 1, tzinfo=UTC)  # a Wednesday
POLICY = policy_at(AS_OF)
LAST_ID = 0xFFFF
DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


def recorded(told: Iterable[tuple[Fact, timedelta]]) -> list[Received]:
    """The facts as they come, each recorded so much later than it happened.

    Their ids go down as their versions go up: an id says nothing of when.
    """
    return [
        Received(
            Envelope(
                id=UUID(int=LAST_ID - pos),
                type=NAMES[type(fact)],
                source=NAMES[type(fact)].partition(".")[0],
                time=fact.happened_at,
                recordedtime=fact.happened_at + late,
                subject="-",
                sequence=pos,
                pos=pos,
                partitionkey=fact.seller_id,
            ),
            fact,
        )
        for pos, (fact, late) in enumerate(told, 1)
    ]


def received(facts: Iterable[Fact]) -> list[Received]:
    """The facts as they come, recorded when they happened."""
    return recorded((fact, timedelta()) for fact in facts)


def sayings_of(told: Iterable[Received]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the facts say, as the model takes it: of obligations, and of listings."""
    sayings, listings = [SAYINGS.to_frame()], [LISTINGS.to_frame()]
    for kind, facts in in_columns(told).items():
        columns = columns_of(kind, facts)
        sayings += policies.said_of_obligations(kind, columns)
        listings += policies.said_of_listings(kind, columns)
    return pl.concat(sayings), pl.concat(listings)


def cards_of(
    told: Iterable[Received],
    as_of: datetime = AS_OF,
    known_at: datetime | None = None,
    policy: Policy = POLICY,
) -> list[naive.Card]:
    """The scorecards, row by row."""
    return scorecards(*sayings_of(told), policy, as_of, known_at).rows()


def overall_of(
    told: Iterable[Received],
    as_of: datetime = AS_OF,
    known_at: datetime | None = None,
    policy: Policy = POLICY,
) -> list[tuple[str, str, str]]:
    """Each seller's level."""
    sayings, listings = sayings_of(told)
    cards = scorecards(sayings, listings, policy, as_of, known_at)
    return overall(cards, sellers(sayings, listings, as_of, known_at), policy).rows()


def card(metric: str, *facts: Fact, as_of: datetime = AS_OF) -> tuple[int, int, int | None]:
    """Window, due and kept of the metric that the facts of one seller add up to."""
    found = [row[2:5] for row in cards_of(received(facts), as_of) if row[1] == metric]
    (window_due_kept,) = found or [(0, 0, 0)]
    return window_due_kept
