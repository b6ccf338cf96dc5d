"""Movements of stock, short to write, for every test of billing that needs some."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import polars as pl

from services.billing.model.stock import MOVEMENTS
from tests.billing.naive import Movement


def at(text: str) -> datetime:
    """`2026-01-05` or `2026-01-05 12:00`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def received(
    units: int, lot: str, made_on: str, moment: str, product: str = "s-1:p-1"
) -> Movement:
    return _moved("received", units, moment, product, (lot, date.fromisoformat(made_on)))


def deducted(units: int, moment: str, product: str = "s-1:p-1") -> Movement:
    return _moved("deducted", units, moment, product)


def restored(units: int, moment: str, product: str = "s-1:p-1") -> Movement:
    return _moved("restored", units, moment, product)


def _moved(
    kind: str,
    units: int,
    moment: str,
    product: str,
    lot: tuple[str, date] | None = None,
) -> Movement:
    seller_id, product_id = product.split(":")
    lot_id, made_on = lot or (None, None)
    return Movement(
        event_id="",
        seller_id=seller_id,
        product_id=product_id,
        kind=kind,
        at=at(moment),
        units=units,
        lot_id=lot_id,
        manufactured_on=made_on,
        version=0,
        recorded_at=at(moment),
    )


def history(*movements: Movement) -> list[Movement]:
    """These movements with ids, `f-1` being the first, and versions in the order given."""
    return [
        movement._replace(event_id=f"f-{version}", version=version)
        for version, movement in enumerate(movements, 1)
    ]


def frame(movements: Sequence[Movement]) -> pl.DataFrame:
    """The movements as rows, the last one first: their order must not matter."""
    return pl.DataFrame(movements[::-1], MOVEMENTS, orient="row")
