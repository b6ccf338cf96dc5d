"""A seller's store fees: what was charged by month and product, and put right since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contracts.billing import (
    Month,
    StoreFeeAdjusted,
    StoreFeeCharged,
    StoreFeeEvent,
    StoreFeeLine,
)
from kit.domain import Decider, Refused
from services.billing.commands import ChargeStoreFee
from services.billing.model.months import CalendarMonth


@dataclass(frozen=True, slots=True)
class StoreFees:
    """What a seller was charged so far, adjustments included.

    Shape: `cents` by month and product; a month without any fact is not in it; `known_at`
        is how late the facts were that the newest charge or adjustment knew.
    """

    cents: Mapping[Month, Mapping[str, int]] = field(default_factory=dict)
    known_at: datetime | None = None

    def charged_for(self, month: Month, product_id: str) -> int:
        """Return the cents of a product and month; 0 if there was no fee."""
        return self.cents.get(month, {}).get(product_id, 0)


LINES_PER_CHARGE: Final = 700
"""Lines that one charge holds at most: with ids of the longest, it still fits its topic."""


class MonthNotOver(Refused):
    code = "month-not-over"


def decide(command: ChargeStoreFee, fees: StoreFees) -> Sequence[StoreFeeEvent]:
    """Return the charge of a month that has none yet, and the adjustments of settled ones.

    Nothing owed is no fact. A month without facts that a later run has passed is settled
    too: what a late fact makes of it is an adjustment. A command that is older than what
    was recorded knew less, and puts nothing right.

    Raises:
        MonthUnreadable: The month is none.
        MonthNotOver: It has days to come.
    """
    months = {command.month, *(line.month for line in command.re_rated)}
    for month in sorted(months):
        if command.at < CalendarMonth.parse(month).over_at:
            raise MonthNotOver(f"{month} is not over at {command.at.isoformat()}")
    charged = () if command.month in fees.cents else tuple(charge(command))
    older = fees.known_at is not None and command.at < fees.known_at
    return [*charged, *(() if older else adjust(command, fees))]


def charge(command: ChargeStoreFee) -> Iterator[StoreFeeCharged]:
    """Yield the month's charge: a line per product that owes anything.

    Shape: in parts of LINES_PER_CHARGE lines at most; each part's total is of its own.
    """
    owed = [line for line in command.lines if line.cents > 0]
    for first in range(0, len(owed), LINES_PER_CHARGE):
        lines = tuple(owed[first : first + LINES_PER_CHARGE])
        yield StoreFeeCharged(
            seller_id=command.seller_id,
            month=command.month,
            lines=lines,
            total_cents=sum(line.cents for line in lines),
            charged_at=command.at,
        )


def adjust(command: ChargeStoreFee, fees: StoreFees) -> Iterator[StoreFeeAdjusted]:
    """Yield the differences between what was charged and what is owed as known now."""
    for line in command.re_rated:
        if line.month == command.month and line.month not in fees.cents:
            continue  # it is charged now
        cents = line.cents - fees.charged_for(line.month, line.product_id)
        if cents and line.because:
            yield StoreFeeAdjusted(
                seller_id=command.seller_id,
                month=line.month,
                product_id=line.product_id,
                cents=cents,
                because=line.because,
                adjusted_at=command.at,
            )


def evolve(fees: StoreFees, event: StoreFeeEvent) -> StoreFees:
    """Return the fees after `event`. Never refuses: the fact already happened."""
    lines: Sequence[StoreFeeLine | StoreFeeAdjusted]
    match event:
        case StoreFeeCharged():
            lines = event.lines
        case StoreFeeAdjusted():
            lines = [event]
    products = dict(fees.cents.get(event.month, {}))
    for line in lines:
        products[line.product_id] = products.get(line.product_id, 0) + line.cents
    known_at = max(fees.known_at or event.happened_at, event.happened_at)
    return StoreFees({**fees.cents, event.month: products}, known_at)


STORE_FEES: Decider[StoreFees, ChargeStoreFee, StoreFeeEvent] = Decider(
    StoreFees(), decide, evolve
)
