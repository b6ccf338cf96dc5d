"""What billing answers from its rows: fees, what they are made of, and what to charge."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

import polars as pl
from psycopg import sql
from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from kit.database import Claim, driver
from kit.domain import Refused
from kit.readmodels.frames import read_frame
from services.billing.commands import ChargeStoreFee
from services.billing.model.fee import DAYS, FEES, explain, fees_of, store_fees
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


def ask_explained_fees(
    url: str, question: FeeQuestion
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return those fees, and the days, lots and facts that they are made of. Blocks.

    Shape: as `model.fee.store_fees` and `explain` return them, of the same movements;
        `url` as for `ask_store_fees`.
    """
    terms, month = question.terms.at(question.month), question.month
    if terms is None:
        return pl.DataFrame(schema=FEES), pl.DataFrame(schema=DAYS)
    moved = read_movements(url, month.over_at, question.seller_id)
    history = stock_history(moved, month.over_at)
    return fees_of(history, terms, month), explain(history, terms, month)


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


def ask_re_rated(db: Engine, key_of: Callable[[str], str]) -> Mapping[str, Sequence[str]]:
    """Return which months requests put right, by seller; `key_of` a seller names each.

    Shape: sellers and their months in order, as they were recorded under those keys.
    """
    with db.connect() as connection:
        row = store_fee_postings.c
        adjusted = select(row.seller_id).where(row.kind == "adjusted").distinct()
        sellers = connection.scalars(adjusted.order_by(row.seller_id)).all()
        keys = [key_of(seller_id) for seller_id in sellers]
        return dict(driver(connection).execute(_RE_RATED, (sellers, keys)))


RUN_WAIT_S: Final = 5
"""How long a run waits for another: each that waits has a connection of the few."""


class RunUnderWay(Refused):
    code = "run-under-way"

    def __init__(self) -> None:
        super().__init__("another run is under way: ask again, with the same key")


@contextmanager
def one_at_a_time(db: Engine) -> Iterator[None]:
    """Hold what only one month-end run at a time can hold; wait for it for `RUN_WAIT_S`.

    It is held by a session that is in no transaction, so that a long run is not ended.

    Raises:
        RunUnderWay: Another held it all that time.
        OperationalError: The database is away.
    """
    with db.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.execute(text(f"SET lock_timeout = '{RUN_WAIT_S}s'"))
        try:
            session.execute(_RUN.asked("pg_advisory_lock"))
        except OperationalError as why:
            if isinstance(why.orig, LockNotAvailable):
                raise RunUnderWay from None
            raise
        finally:
            session.execute(text("RESET lock_timeout"))
        try:
            yield
        finally:
            try:
                session.execute(_RUN.asked("pg_advisory_unlock"))
            except DBAPIError:  # the session is lost, and what it held is free
                session.invalidate()


_RUN: Final = Claim("billing", "store fee run")
_RE_RATED: Final[LiteralString] = """
SELECT asked.seller_id, array_agg(DISTINCT p.month ORDER BY p.month)
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS asked (seller_id, key, place)
JOIN answered_requests a USING (key)
JOIN store_fee_postings p ON p.seller_id = asked.seller_id AND p.kind = 'adjusted'
JOIN events e USING (event_id)
WHERE e.version > (a.answer->>'version')::int - (a.answer->>'recorded')::int
  AND e.version <= (a.answer->>'version')::int
GROUP BY asked.place, asked.seller_id ORDER BY asked.place
"""


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
