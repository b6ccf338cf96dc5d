"""What is measured of a seller, as data: a metric more is an entry here, not new code."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

ACCEPTANCE_TIMELY: Final = "acceptance.timely"
ACCEPTANCE_ACCEPTED: Final = "acceptance.accepted"
SHIPPING_ON_TIME: Final = "shipping.on_time"
SHIPPING_TRACKED: Final = "shipping.tracked"
STOCK_CONFIRMED: Final = "inventory.confirmed"
UNITS_FILLED: Final = "inventory.units_filled"
LISTINGS_COMPLETE: Final = "listings.complete"
APPROVALS_TIMELY: Final = "approvals.timely"
RESPONSES_TIMELY: Final = "responses.timely"
OVERALL: Final = "overall"

Voids: TypeAlias = Literal["always", "before_kept", "before_due"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """How the obligations of one metric fall due, and what frees the seller of one.

    `hours_allowed`: it falls due when the weekday hours of the policy have passed since it
    was opened; else a fact says when. `voids`: a void counts whenever it came, only before
    it was kept, or only before it fell due. `once_opened`: it counts only when some fact
    opened it. `by_family`: an order and all that was split from it owe it once, together.
    `in_units`: due and kept are units, not obligations. `at_as_of`: judged on
    how things stand at that moment, not on obligations of a window.
    """

    name: str
    hours_allowed: bool = False
    voids: Voids = "always"
    once_opened: bool = False
    by_family: bool = False
    in_units: bool = False
    at_as_of: bool = False


METRICS: Final = (
    Metric(name=ACCEPTANCE_ACCEPTED, by_family=True),
    Metric(name=ACCEPTANCE_TIMELY, hours_allowed=True, voids="before_kept", by_family=True),
    Metric(name=APPROVALS_TIMELY, hours_allowed=True),
    Metric(name=STOCK_CONFIRMED, at_as_of=True),
    Metric(name=UNITS_FILLED, in_units=True),
    Metric(name=LISTINGS_COMPLETE, at_as_of=True),
    Metric(name=RESPONSES_TIMELY, hours_allowed=True),
    Metric(name=SHIPPING_ON_TIME, once_opened=True, voids="before_due", by_family=True),
    Metric(name=SHIPPING_TRACKED, hours_allowed=True),
)
NAMES: Final = tuple(metric.name for metric in METRICS)
