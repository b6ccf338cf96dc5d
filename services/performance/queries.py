"""Scorecards on demand, from the rows in PostgreSQL: of one seller or of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from psycopg import sql
from sqlalchemy import Engine

from kit.database import LIVE
from services.performance.model.evidence import explain
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.policy import Policy
from services.performance.model.scorecard import overall, scorecards, sellers
from services.performance.projections import LISTING_ROW, OBLIGATION_ROW

READ: Final = "SELECT {} FROM {} WHERE {}"


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
    rows = _read(db, "obligation_sayings", OBLIGATION_ROW, question)
    return rows.cast(SAYINGS)


def read_listings(db: Engine, question: Question) -> pl.DataFrame:
    """Return the rows of listings that `question` needs, typed as LISTINGS."""
    return _read(db, "listing_sayings", LISTING_ROW, question).cast(LISTINGS)


def _read(
    db: Engine, table: str, columns: Sequence[str], question: Question
) -> pl.DataFrame:
    chosen = sql.SQL(", ").join(map(_column, columns))
    where = sql.SQL(" AND ").join(_conditions(question))
    read = sql.SQL(READ).format(chosen, sql.Identifier(table), where)
    return pl.read_database_uri(read.as_string(None), _address(db), engine="adbc")


def _address(db: Engine) -> str:
    """Return where `db` is, for another client, which finds the live read models first."""
    path = {"options": f"-csearch_path={LIVE},public"}
    url = db.url.set(drivername="postgresql").update_query_dict(path)
    return url.render_as_string(hide_password=False)


def _column(name: str) -> sql.Composable:
    # As text: what stands for an id in Arrow differs from driver to driver.
    column = sql.Identifier(name)
    return sql.SQL("{0}::text AS {0}").format(column) if name == "event_id" else column


def _conditions(question: Question) -> Sequence[sql.Composable]:
    conditions = [sql.SQL("at <= {}").format(question.as_of)]
    if question.known_at is not None:
        conditions.append(sql.SQL("recorded_at <= {}").format(question.known_at))
    if question.seller_id is not None:
        conditions.append(sql.SQL("seller_id = {}").format(question.seller_id))
    return conditions
