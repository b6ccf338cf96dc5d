"""Scorecards on demand, from the rows in PostgreSQL: of one seller or of all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl
from psycopg import sql
from sqlalchemy import Engine

from kit.database import address
from kit.readmodels.frames import one_moment
from services.performance.model.evidence import explain
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.policy import Policy
from services.performance.model.scorecard import overall, scorecards, sellers
from services.performance.model.trend import TREND, trend
from services.performance.model.what_if import WhatIf, what_if


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
    """How sellers stood, and what that was made of if it was asked for.

    Shape: as `model.scorecard.scorecards` and `overall`, and `model.evidence.explain`,
        return them, all of the same facts.
    """

    cards: pl.DataFrame
    overall: pl.DataFrame
    evidence: pl.DataFrame | None = None


def ask_scorecards(
    db: Engine, question: Question, *, explained: bool = False
) -> Scorecards:
    """Return the scorecards that `question` is about, and each seller's level.

    Blocks. One seller's take as long with a million sellers as with one.

    Shape: `db` is the service's own; what is read is committed. `explained`, with the
        obligations behind the scorecards, each with the facts that said so.
    """
    rows = read_rows(db, question, past=explained)
    asked = (question.as_of, question.known_at)
    cards = scorecards(*rows, question.policy, *asked)
    levels = overall(cards, sellers(*rows, *asked), question.policy)
    evidence = explain(*rows, question.policy, *asked) if explained else None
    return Scorecards(cards, levels, evidence)


def ask_what_if(db: Engine, question: Question, proposed: Policy) -> WhatIf:
    """Return what `proposed` would change of what `question` asks.

    Blocks. Rows are read once, for both policies.
    """
    within = max(question.policy, proposed, key=lambda policy: policy.confirmed_within)
    rows = read_rows(db, replace(question, policy=within), past=False)
    both = (question.policy, proposed)
    return what_if(*rows, both, question.as_of, question.known_at)


def ask_trend(
    db: Engine,
    seller_id: str,
    policy_of: Callable[[datetime], Policy],
    moments: Sequence[datetime],
    known_at: datetime | None = None,
) -> pl.DataFrame | None:
    """Return a seller's scorecards of `moments`, or None if nothing is known of them.

    Blocks. Shape: as `model.trend.trend`; `moments` in order. All that is known of the
        seller by the last of them is read once.
    """
    if not moments:
        return pl.DataFrame(schema=TREND)
    last = moments[-1]
    rows = read_rows(db, Question(policy_of(last), last, known_at, seller_id))
    if all(each.is_empty() for each in rows):
        return None
    return trend(*rows, policy_of, moments, known_at)


def read_rows(
    db: Engine, question: Question, *, past: bool = True
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of obligations and of listings that `question` needs.

    Without `past`, movements of stock that confirm nothing any more are left out.

    Shape: typed as SAYINGS and as LISTINGS, both as they were at one moment.
    """
    conditions = conditions_of(question)
    with one_moment(address(db)) as read:
        sayings = read("obligation_sayings", SAYINGS, conditions)
        of_listings = conditions if past else [*conditions, _confirms(question)]
        return sayings, read("listing_sayings", LISTINGS, of_listings)


def conditions_of(question: Question) -> Sequence[sql.Composable]:
    """Return what rows must fulfil to say anything of `question`."""
    conditions = [sql.SQL("at <= {}").format(question.as_of)]
    if question.known_at is not None:
        conditions.append(sql.SQL("recorded_at <= {}").format(question.known_at))
    if question.seller_id is not None:
        conditions.append(sql.SQL("seller_id = {}").format(question.seller_id))
    return conditions


def _confirms(question: Question) -> sql.Composable:
    """Keep what confirms a stock, or says that there is one: of movements, few do."""
    within = question.policy.confirmed_within
    lately = sql.SQL("(says <> 'moved' OR at > {} - {})")
    return lately.format(question.as_of, within)
