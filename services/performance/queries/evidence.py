"""One seller's scorecard and all that it follows from, as a bundle that proves itself."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from json import dumps, loads
from typing import Any

from pydantic_core import to_json

from services.performance.model.policy import Policy
from services.performance.queries.one_seller import SellerRows, card_of


def bundle_of(
    basis: Mapping[str, Any], rows: SellerRows, policy: Policy, as_of: datetime
) -> dict[str, Any]:
    """Return what a seller's scorecard follows from, and the scorecard.

    Shape: JSON: `basis`, with seller_id, as_of and known_at; `policy`, as it judges;
        `sayings` and `listings`, what facts said that was true by as_of and known by
        known_at, each with the id of its fact; `level` and `cards`, as judged.
    """
    card = card_of(rows, policy, as_of)
    judges = policy.model_dump()
    content = {
        **basis,
        "policy": {**judges, "holidays": sorted(judges["holidays"])},
        "sayings": rows[0].to_dicts(),
        "listings": rows[1].to_dicts(),
        "level": card.level,
        "cards": card.metrics.to_dicts(),
    }
    read: dict[str, Any] = loads(to_json(content))
    return read


def digest_of(bundle: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a bundle's content, in the one way in which JSON is sorted.

    Shape: `bundle` as JSON reads it, without its digest.
    """
    written = dumps(bundle, sort_keys=True, separators=(",", ":"))
    return sha256(written.encode()).hexdigest()
