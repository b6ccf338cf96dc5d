"""One seller's scorecard, with all that it takes to ask for it again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

import polars as pl
from sqlalchemy import Engine

from contracts.performance import Claim
from services.performance.model.evidence import explain
from services.performance.model.foresight import foreseen
from services.performance.model.policy import Policy
from services.performance.model.proposed import Claimed, parsed
from services.performance.model.refusals import SellerNotKnown
from services.performance.model.scorecard import overall, scorecards, sellers
from services.performance.model.things import named_by, require
from services.performance.model.voided import voided
from services.performance.policies import MEANT, rows_of
from services.performance.queries.seen import Seen, read_seen

SellerRows: TypeAlias = tuple[pl.DataFrame, pl.DataFrame]
"""Of obligations and of listings."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one seller, of which nothing is left open.

    Units: instants, aware UTC. Shape: `seen` none is all that has come by now.
    """

    seller_id: str
    policy: Policy
    as_of: datetime
    known_at: datetime
    seen: Seen | None = None

    def read(self, db: Engine, ahead: timedelta = timedelta()) -> tuple[SellerRows, Seen]:
        """Return what facts say of the seller, and what had come of them. Blocks.

        Shape: what falls due up to `ahead` of as_of is among it.

        Raises:
            SellerNotKnown: Nothing was true by then that was known by then.
        """
        until = self.as_of + ahead
        come = read_seen(db, self.seller_id, until, self.known_at, self.seen)
        sayings, listings, seen = come
        rows = foreseen(sayings, self.as_of), listings.filter(pl.col("at") <= self.as_of)
        if sellers(*rows, self.as_of).is_empty():
            raise SellerNotKnown(self.seller_id, self.as_of, self.known_at)
        return rows, seen


@dataclass(frozen=True, slots=True)
class Card:
    """How a seller stood.

    Shape: `metrics` as of `scorecard.scorecards`, `evidence` as of `evidence.explain`,
        `voided` as of `voided.voided`.
    """

    level: str
    metrics: pl.DataFrame
    evidence: pl.DataFrame
    voided: pl.DataFrame

    @property
    def shown(self) -> pl.DataFrame:
        """All obligations behind it, those too that no number counts."""
        return pl.concat([self.evidence, self.voided])

    def of(self, names: Sequence[str]) -> "Card":
        """Return it with these metrics alone; the level stays that of all."""
        mine = pl.col("metric").is_in(names)
        return replace(
            self,
            metrics=self.metrics.filter(mine),
            evidence=self.evidence.filter(mine),
            voided=self.voided.filter(mine),
        )


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How a seller stood, how it would be with the claims, and the ids of these."""

    before: Card
    after: Card
    claims: Sequence[str]


def card_of(rows: SellerRows, policy: Policy, as_of: datetime) -> Card:
    """Return how the one seller of `rows` stood, with all that was counted or void."""
    cards = scorecards(*rows, policy, as_of)
    (level,) = overall(cards, sellers(*rows, as_of), policy)["level"]
    freed = voided(rows[0], policy, as_of)
    return Card(str(level), cards, explain(*rows, policy, as_of), freed)


def ask_card(db: Engine, asked: Asked) -> tuple[Card, Seen]:
    """Return a seller's scorecard, and what of the facts had come. Blocks.

    Raises:
        SellerNotKnown: As `Asked.read` says.
    """
    rows, seen = asked.read(db)
    return card_of(rows, asked.policy, asked.as_of), seen


def ask_what_if(db: Engine, asked: Asked, claims: Sequence[Claim]) -> tuple[WhatIf, Seen]:
    """Return how it would be if `claims` were facts, recorded by known_at. Blocks.

    Nothing is recorded. Claims that count already, as an appeal was upheld, count once.

    Raises:
        ClaimsRefused: They could not be facts of this seller's; SellerNotKnown too.
    """
    claimed = parsed(claims, asked.seller_id, asked.as_of, MEANT)
    rows, seen = asked.read(db)
    require(claimed.facts, named_by(*rows))
    return laid_over(rows, asked, claimed), seen


def laid_over(rows: SellerRows, asked: Asked, claimed: Claimed) -> WhatIf:
    """Return how it would be if `claimed` were facts too; what is so later is left out."""
    stated = claimed.stated(asked.known_at)
    together = with_more(rows, rows_of(stated))
    ids = [str(each.event_id) for each in stated]
    before, after = (card_of(r, asked.policy, asked.as_of) for r in (rows, together))
    return WhatIf(before, after, ids)


def with_more(rows: SellerRows, more: SellerRows) -> SellerRows:
    """Return `rows`, and of `more` those of facts that none of `rows` is of."""
    obligations, listings = (
        pl.concat([mine, other.join(mine, on="event_id", how="anti")])
        for mine, other in zip(rows, more, strict=True)
    )
    return obligations, listings
