"""Terms in force, and what a fact of catalog means here. No clock; reads only our data."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from contracts.catalog import InventoryDeducted, InventoryReceived, InventoryRestored
from contracts.fact import Fact
from services.billing.model.terms import DatedTerms


def read_terms(path: Path) -> DatedTerms:
    """Return the terms of the store fee that the TOML file at `path` holds.

    Raises:
        OSError: The file can't be read.
        ValueError: It is not TOML, or its terms break a rule; the message names the field.
    """
    return DatedTerms.model_validate(tomllib.loads(path.read_text("utf-8")))


@cache
def store_fee_terms() -> DatedTerms:
    """Return the terms that ship with the service."""
    text = files("services.billing").joinpath("store_fee_terms.toml").read_text("utf-8")
    return DatedTerms.model_validate(tomllib.loads(text))


def whenever_inventory_moves(fact: Fact) -> Mapping[str, Any] | None:
    """Return how `fact` moves a product's stock, or None for a fact that doesn't.

    Shape: kind, units, and for a receipt its lot_id and manufactured_on (else None).
    Source: domain.md 2, "catalog.v1".
    """
    match fact:
        case InventoryReceived():
            return {
                "product_id": fact.product_id,
                "kind": "received",
                "units": fact.units,
                "lot_id": fact.lot_id,
                "manufactured_on": fact.manufactured_on,
            }
        case InventoryDeducted():
            return _without_lot(fact, "deducted")
        case InventoryRestored():
            return _without_lot(fact, "restored")
        case _:
            return None


def _without_lot(
    fact: InventoryDeducted | InventoryRestored, kind: str
) -> Mapping[str, Any]:
    return {
        "product_id": fact.product_id,
        "kind": kind,
        "units": fact.units,
        "lot_id": None,
        "manufactured_on": None,
    }
