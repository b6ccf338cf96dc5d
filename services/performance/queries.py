"""Scorecards on demand, from the rows in PostgreSQL: of one seller or of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from psycopg import sql
from sqlalchemy import Engine

from kit.database import address
from kit.readmodels.frames import read_frame
from services.performance.model.evidence import explain
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.policy import Policy
from services.performance.model.scorecard import overall, scorecards, sellers


@dataclass(frozen=True, slots=True)
class Question:
    """Which scorecards: of one seller or all, at what moment, as known when, by what rule.

    Units: instants, aware UTC; `known_at` none is all that is known now.
    """

    policy: Policy
    as_of: datetime
    known_at: datetime | None = None
    seller_id: str | None = None


@dataclass(frozen=True, slots=True)
class Scorecards:
    """Shape: as `model.scorecard.scorecards` and `overall` return them."""

    cards: pl.DataFrame
    overall: pl.DataFrame


def ask_scorecards(db: Engine, question: Question) -> Scorecards:
    """Return the scorecards that `question` is about, and each seller's level.

    Blocks. One seller's take as long with a million sellers as with one.

    Shape: `db` is the service's own; what is read is committed.
    """
    sayings, listings = read_sayings(db, question), read_listings(db, question)
    asked = (question.as_of, question.known_at)
    cards = scorecards(sayings, listings, question.policy, *asked)
    of = sellers(sayings, listings, *asked)
    return Scorecards(cards, overall(cards, of, question.policy))


def ask_evidence(db: Engine, question: Question) -> pl.DataFrame:
    """Return the obligations behind those scorecards, each with the facts that said so.

    Shape: as `model.evidence.explain` returns them.
    """
    sayings, listings = read_sayings(db, question), read_listings(db, question)
    return explain(sayings, listings, question.policy, question.as_of, question.known_at)


def read_sayings(db: Engine, question: Question) -> pl.DataFrame:
    """Return the rows of obligations that `question` needs, typed as SAYINGS."""
    return read_frame(address(db), "obligation_sayings", SAYINGS, _conditions(question))


def read_listings(db: Engine, question: Question) -> pl.DataFrame:
    """Return the rows of listings that `question` needs, typed as LISTINGS."""
    return read_frame(address(db), "listing_sayings", LISTINGS, _conditions(question))


def _conditions(question: Question) -> Sequence[sql.Composable]:
    conditions = [sql.SQL("at <= {}").format(question.as_of)]
    if question.known_at is not None:
        conditions.append(sql.SQL("recorded_at <= {}").format(question.known_at))
    if question.seller_id is not None:
        conditions.append(sql.SQL("seller_id = {}").format(question.seller_id))
    return conditions
