"""Terms in force, and what a fact of catalog means here. No clock; reads only our data."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from contracts.catalog import InventoryDeducted, InventoryReceived, InventoryRestored
from contracts.fact import Fact
from services.billing.model.terms import DatedTerms


@dataclass(frozen=True, slots=True)
class Moved:
    """Units of a product that came or went. Only a receipt names its lot."""

    product_id: str
    kind: Literal["received", "deducted", "restored"]
    units: int
    lot_id: str | None = None
    manufactured_on: date | None = None


@cache
def store_fee_terms() -> DatedTerms:
    """Return the terms that ship with the service.

    Raises:
        ValidationError: They break a rule of theirs; the message names the field.
    """
    text = files("services.billing").joinpath("store_fee_terms.toml").read_text("utf-8")
    return DatedTerms.model_validate(tomllib.loads(text))


def whenever_inventory_moves(fact: Fact) -> Moved | None:
    """Return how `fact` moves a product's stock, or None for a fact that doesn't.

    Source: domain.md 2, "catalog.v1".
    """
    match fact:
        case InventoryReceived():
            return Moved(
                fact.product_id, "received", fact.units, fact.lot_id, fact.manufactured_on
            )
        case InventoryDeducted():
            return Moved(fact.product_id, "deducted", fact.units)
        case InventoryRestored():
            return Moved(fact.product_id, "restored", fact.units)
        case _:
            return None
