"""What may be asked of billing: imperative, validated, with the moment passed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from contracts.billing import Month, StoreFeeLine


@dataclass(frozen=True, slots=True, kw_only=True)
class ReRatedLine:
    """What a product owes for a month as it is known now, all told, and why it may differ.

    Shape: `because` are the ids of the facts that the month's last charge did not know.
    """

    month: Month
    product_id: str
    cents: int
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeStoreFee:
    """Charge `month`, and put right what was charged for it and for months before it."""

    seller_id: str
    month: Month
    lines: tuple[StoreFeeLine, ...]
    re_rated: tuple[ReRatedLine, ...] = ()
    at: datetime


BillingCommand: TypeAlias = ChargeStoreFee
