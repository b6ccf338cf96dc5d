"""What billing answers from its rows: fees, what they are made of, and what to charge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from psycopg import sql
from sqlalchemy import Engine, func, select

from kit.readmodels.frames import read_frame
from services.billing.commands import ChargeStoreFee
from services.billing.model.fee import DAYS, FEES, explain, store_fees
from services.billing.model.months import CalendarMonth
from services.billing.model.run import POSTINGS, charges_of_run
from services.billing.model.stock import MOVEMENTS, stock_history
from services.billing.model.terms import DatedTerms
from services.billing.projections import store_fee_postings


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeQuestion:
    """Which fees: of what month, of one seller or all, by what terms."""

    month: CalendarMonth
    terms: DatedTerms
    seller_id: str | None = None


def ask_store_fees(url: str, question: FeeQuestion) -> pl.DataFrame:
    """Return what each product owes for the month. Blocks.

    Shape: as `model.fee.store_fees` returns them; `url` as `postgresql://`; its `options`
        may set a search_path.
    """
    terms = question.terms.at(question.month)
    if terms is None:
        return pl.DataFrame(schema=FEES)
    moved = read_movements(url, question.month.over_at, question.seller_id)
    return store_fees(moved, terms, question.month)


def ask_days(url: str, question: FeeQuestion) -> pl.DataFrame:
    """Return the days, lots and facts that those fees are made of. Blocks.

    Shape: as `model.fee.explain` returns them; `url` as for `ask_store_fees`.
    """
    terms, month = question.terms.at(question.month), question.month
    if terms is None:
        return pl.DataFrame(schema=DAYS)
    moved = read_movements(url, month.over_at, question.seller_id)
    return explain(stock_history(moved, month.over_at), terms, month)


def ask_charges(
    url: str, terms: DatedTerms, month: CalendarMonth, at: datetime
) -> Sequence[ChargeStoreFee]:
    """Return what a run for `month` at `at` is to charge. Blocks.

    Shape: as `model.run.charges_of_run` returns them; `url` as for `ask_store_fees`.
    """
    posted = read_frame(url, "store_fee_postings", POSTINGS)
    moved = read_movements(url, month.over_at)
    return charges_of_run(moved, posted, terms, month, at)


def ask_posted(db: Engine, month: CalendarMonth) -> tuple[int, int, int]:
    """Return how many sellers `month` was posted for, the cents charged and adjusted."""
    row = store_fee_postings.c
    cents = func.sum(row.cents)
    query = select(
        func.count(row.seller_id.distinct()),
        func.coalesce(cents.filter(row.kind == "charged"), 0),
        func.coalesce(cents.filter(row.kind == "adjusted"), 0),
    ).where(row.month == str(month))
    with db.connect() as connection:
        sellers, charged, adjusted = connection.execute(query).one()
    return int(sellers), int(charged), int(adjusted)


def read_movements(
    url: str, before: datetime, seller_id: str | None = None
) -> pl.DataFrame:
    """Return the stock movements that happened `before`, of one seller or all.

    Shape: as `model.stock.MOVEMENTS`, in no order; `url` as for `ask_store_fees`.
    """
    conditions = [sql.SQL("at < {}").format(before)]
    if seller_id is not None:
        conditions.append(sql.SQL("seller_id = {}").format(seller_id))
    return read_frame(url, "stock_movements", MOVEMENTS, conditions)
