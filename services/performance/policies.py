"""Whenever a fact says X, its seller owes, has kept or lost Y: the rules, in columns.

Pure: no I/O, no clock. A fact more is one entry in `RULES`.
Source: domain.md 3.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from contracts.buyers import (
    BuyerAccessApproved,
    BuyerAccessDeclined,
    BuyerAccessRequested,
    BuyerAccessWithdrawn,
    MessageMarkedSpam,
    MessageSent,
)
from contracts.catalog import (
    InventoryCounted,
    InventoryDeducted,
    InventoryReceived,
    InventoryRestored,
    ProductChanged,
    ProductDelisted,
    ProductListed,
)
from contracts.fact import Fact
from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    OrderSplit,
    ShipmentCorrected,
    ShipmentSaved,
    TrackingAdded,
)
from contracts.registry import NAMES as TYPES
from services.performance.model.completeness import DESCRIBED
from services.performance.model.metrics import (
    ACCEPTANCE_ACCEPTED,
    ACCEPTANCE_TIMELY,
    APPROVALS_TIMELY,
    METRICS,
    NAMES as ALL_METRICS,
    RESPONSES_TIMELY,
    SHIPPING_ON_TIME,
    SHIPPING_TRACKED,
    UNITS_FILLED,
)
from services.performance.model.obligation import LISTINGS, SAYINGS, ListingSays, Says
from services.performance.model.proposed import Stated

ALWAYS: Final = pl.lit(value=True)
ORDER: Final = pl.col("order_id")
SHIPMENT: Final = pl.concat_str(ORDER, pl.lit("/"), "shipment_id")
"""Only within its order is the id of a shipment known to be unique."""
REQUEST: Final = pl.col("request_id")
MESSAGE: Final = pl.col("message_id")
NOTHING: Final = pl.lit(None)
UNITS: Final = "units"
"""How many units a fact brings or takes away that an order was placed with: counted over
its lines, for no field says so."""

_PARENT: Final = pl.col("split_from")
_WHOLE: Final = _PARENT.is_null()
_LOSS: Final = pl.col("reason") == "out_of_stock"
_NOT_THE_SELLERS_FAULT: Final = pl.col("reason").is_in(
    ["out_of_territory", "buyer_request"]
)
_NOT_BY_THE_SELLER: Final = pl.col("shipped_by") == "marketplace"
_CAN_BE_FOLLOWED: Final = pl.col("tracking_number").is_not_null()
_LAST: Final = pl.col("completes_order")
_COMPLETES: Final = pl.col("completed_at").is_not_null()
# Units that were added later are no part of what is due, and the first to go.
_CUT: Final = pl.coalesce("ordered", "old_quantity") - pl.col("quantity")
_REMOVED: Final = pl.coalesce("ordered", "quantity")
_ANSWERS: Final = pl.col("answers").is_not_null()
_BY_BUYER: Final = pl.col("sender") == "buyer"
_BY_SELLER: Final = pl.col("sender") == "seller"


class Rule(NamedTuple):
    """What a fact says of one obligation, from the moment `at` on, if `when` is true of it.

    Units: as `SAYINGS`. Shape: `at` names a field of the fact; the expressions are over its
        fields and over `UNITS`.
    """

    metric: str
    says: Says
    at: str
    subject: pl.Expr = ORDER
    amount: pl.Expr = NOTHING
    part_of: pl.Expr = NOTHING
    when: pl.Expr = ALWAYS

    @property
    def reads(self) -> set[str]:
        """The columns that it needs."""
        over = (self.subject, self.amount, self.part_of, self.when)
        names = {name for expr in over for name in expr.meta.root_names()}
        return {"seller_id", self.at, *names}


RULES: Final[Mapping[type[Fact], Sequence[Rule]]] = {
    # A new order asks for an answer, for a parcel, and for its units. A split child is part
    # of what its family owes; its units are its root's and only move.
    OrderPlaced: (
        Rule(ACCEPTANCE_TIMELY, "opened", "clock_started_at", part_of=_PARENT),
        Rule(
            ACCEPTANCE_ACCEPTED,
            "opened",
            "clock_started_at",
            part_of=_PARENT,
            when=~_WHOLE,
        ),
        Rule(SHIPPING_ON_TIME, "due", "ship_by", part_of=_PARENT),
        Rule(UNITS_FILLED, "due", "placed_at", amount=pl.col(UNITS), when=_WHOLE),
        Rule(
            UNITS_FILLED,
            "opened",
            "placed_at",
            amount=pl.col(UNITS),
            part_of=_PARENT,
            when=~_WHOLE,
        ),
    ),
    # A yes is an answer, and makes the order one to ship.
    OrderAccepted: (
        Rule(ACCEPTANCE_TIMELY, "kept", "accepted_at"),
        Rule(ACCEPTANCE_ACCEPTED, "due", "accepted_at"),
        Rule(ACCEPTANCE_ACCEPTED, "kept", "accepted_at"),
        Rule(SHIPPING_ON_TIME, "opened", "accepted_at"),
    ),
    # A no is an answer all the same, and its reason decides the rest: without an amount,
    # all units that were left are lost.
    OrderRejected: (
        Rule(ACCEPTANCE_TIMELY, "kept", "rejected_at"),
        Rule(ACCEPTANCE_ACCEPTED, "due", "rejected_at"),
        Rule(ACCEPTANCE_ACCEPTED, "void", "rejected_at", when=_NOT_THE_SELLERS_FAULT),
        Rule(UNITS_FILLED, "amount", "rejected_at", when=_LOSS),
    ),
    # An order that nobody decided counts as one not accepted.
    OrderExpired: (Rule(ACCEPTANCE_ACCEPTED, "due", "expired_at"),),
    # Whether a cancellation came too late to free the seller, the query sees.
    OrderCancelled: (
        Rule(SHIPPING_ON_TIME, "void", "cancelled_at"),
        Rule(ACCEPTANCE_TIMELY, "void", "cancelled_at", when=pl.col("by") == "buyer"),
        Rule(UNITS_FILLED, "amount", "cancelled_at", when=_LOSS),
    ),
    # Units that go for another reason than want of stock can't be lost any more.
    OrderLineQuantityChanged: (
        Rule(UNITS_FILLED, "amount", "changed_at", amount=_CUT, when=_LOSS & (_CUT > 0)),
        Rule(UNITS_FILLED, "kept", "changed_at", amount=_CUT, when=~_LOSS & (_CUT > 0)),
        Rule(SHIPPING_ON_TIME, "kept", "completed_at", when=_COMPLETES),
    ),
    OrderLineRemoved: (
        Rule(UNITS_FILLED, "amount", "removed_at", amount=_REMOVED, when=_LOSS),
        Rule(UNITS_FILLED, "kept", "removed_at", amount=_REMOVED, when=~_LOSS),
        Rule(SHIPPING_ON_TIME, "kept", "completed_at", when=_COMPLETES),
    ),
    # What had left is all there was to ship, once the rest is another order's.
    OrderSplit: (Rule(SHIPPING_ON_TIME, "kept", "completed_at", when=_COMPLETES),),
    # Units that left with a part of the order can't be lost when the rest is cancelled.
    ShipmentSaved: (
        Rule(SHIPPING_TRACKED, "opened", "shipped_at", SHIPMENT),
        Rule(SHIPPING_TRACKED, "void", "shipped_at", SHIPMENT, when=_NOT_BY_THE_SELLER),
        Rule(SHIPPING_TRACKED, "kept", "saved_at", SHIPMENT, when=_CAN_BE_FOLLOWED),
        Rule(SHIPPING_ON_TIME, "kept", "shipped_at", when=_LAST),
        Rule(UNITS_FILLED, "kept", "shipped_at", amount=pl.col(UNITS), when=~_LAST),
    ),
    TrackingAdded: (Rule(SHIPPING_TRACKED, "kept", "added_at", SHIPMENT),),
    # A request for access asks for a yes or a no. One that expired got neither in time.
    BuyerAccessRequested: (Rule(APPROVALS_TIMELY, "opened", "requested_at", REQUEST),),
    BuyerAccessApproved: (Rule(APPROVALS_TIMELY, "kept", "approved_at", REQUEST),),
    BuyerAccessDeclined: (Rule(APPROVALS_TIMELY, "kept", "declined_at", REQUEST),),
    BuyerAccessWithdrawn: (Rule(APPROVALS_TIMELY, "void", "withdrawn_at", REQUEST),),
    # A buyer's message that goes on about nothing asks for an answer: the seller's own.
    MessageSent: (
        Rule(RESPONSES_TIMELY, "opened", "sent_at", MESSAGE, when=_BY_BUYER & ~_ANSWERS),
        Rule(
            RESPONSES_TIMELY,
            "kept",
            "sent_at",
            pl.col("answers"),
            when=_BY_SELLER & _ANSWERS,
        ),
    ),
    MessageMarkedSpam: (Rule(RESPONSES_TIMELY, "void", "marked_at", MESSAGE),),
    ShipmentCorrected: (
        Rule(SHIPPING_TRACKED, "kept", "corrected_at", SHIPMENT, when=_CAN_BE_FOLLOWED),
    ),
}

LISTING_SAYS: Final[Mapping[type[Fact], ListingSays]] = {
    ProductListed: "listed",
    ProductChanged: "changed",
    ProductDelisted: "delisted",
    InventoryReceived: "stocked",
    InventoryDeducted: "moved",
    InventoryRestored: "moved",
    InventoryCounted: "moved",
}

OF_LISTINGS: Final = frozenset(metric.name for metric in METRICS if metric.at_as_of)
"""The metrics that are judged on listings."""

MEANT: Final[Mapping[type[Fact], Collection[str]]] = {
    kind: {kind.moment} | {r.at for r in RULES.get(kind, ()) if r.says != "due"}
    for kind in (*RULES, *LISTING_SAYS)
}
"""The facts that say anything of obligations or listings, and which of their fields say
when something happened: only what falls due may lie ahead."""

SOURCES: Final[Mapping[str, str]] = {
    rule.metric: TYPES[kind].partition(".")[0]
    for kind, rules in RULES.items()
    for rule in rules
}
"""Whose facts say of a metric's obligations: one service's for each."""

CLOSED_BY: Final[Mapping[str, Sequence[str]]] = {
    metric: sorted(
        TYPES[kind]
        for kind, rules in RULES.items()
        if any(rule.metric == metric and rule.says == "kept" for rule in rules)
    )
    for metric in SOURCES
}
"""The types of the facts that keep a metric's obligations."""


def rules_of(kind: type[Fact], metrics: Collection[str] = ALL_METRICS) -> Sequence[Rule]:
    """Return what facts of `kind` say of the obligations of `metrics`."""
    return [rule for rule in RULES.get(kind, ()) if rule.metric in metrics]


def kinds_of(metrics: Collection[str]) -> Collection[type[Fact]]:
    """Return the facts that say anything of `metrics`."""
    of_listings = LISTING_SAYS if OF_LISTINGS.intersection(metrics) else ()
    return {kind for kind in RULES if rules_of(kind, metrics)}.union(of_listings)


def reads(kind: type[Fact], metrics: Collection[str] = ALL_METRICS) -> set[str]:
    """Return the fields of `kind`, and `UNITS`, that its rules look at."""
    needed = {name for rule in rules_of(kind, metrics) for name in rule.reads}
    if kind in LISTING_SAYS:
        described = [name for name in DESCRIBED if name in kind.model_fields]
        needed |= {"seller_id", "product_id", kind.moment, *described}
    return needed


def rows_of(facts: Iterable[Stated]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what facts say of obligations and of listings, whoever states them.

    Shape: typed as SAYINGS and as LISTINGS, in no order; the same as facts from Kafka say.
    """
    by_kind = defaultdict[type[Fact], list[Stated]](list)
    for stated in facts:
        by_kind[type(stated.fact)].append(stated)
    sayings, listings = [SAYINGS.to_frame()], [LISTINGS.to_frame()]
    for kind, some in by_kind.items():
        columns = _columns(kind, some)
        sayings += said_of_obligations(kind, columns)
        listings += said_of_listings(kind, columns)
    return pl.concat(sayings), pl.concat(listings)


def _columns(kind: type[Fact], some: Sequence[Stated]) -> pl.DataFrame:
    fields = {
        name: [units(s.fact) if name == UNITS else getattr(s.fact, name) for s in some]
        for name in reads(kind)
    }
    beside = {
        "event_id": [str(s.event_id) for s in some],
        "recorded_at": [s.recorded_at for s in some],
        "version": [s.version for s in some],
    }
    return pl.DataFrame({**fields, **beside}, infer_schema_length=None)


def units(fact: Any) -> int:  # noqa: ANN401 - whatever has lines
    """Return `UNITS` of a fact with lines: without units that were added later."""
    ordered = fact.lines if fact.ordered is None else fact.ordered
    return sum(line.quantity for line in ordered)


def said_of_obligations(
    kind: type[Fact],
    facts: pl.DataFrame,
    metrics: Collection[str] = ALL_METRICS,
    beside: Sequence[str] = (),
) -> Sequence[pl.DataFrame]:
    """Return what facts of one kind say of obligations: nothing, if they are none of ours.

    Shape: `facts` has what `reads` names, and `event_id` and `recorded_at`; out, frames
        typed as SAYINGS, and of each fact what `beside` names. No fact says the same of
        two obligations of one metric.
    """
    rules, lazy = rules_of(kind, metrics), facts.lazy()
    return pl.collect_all([_said(lazy, rule, beside) for rule in rules])


def said_of_listings(
    kind: type[Fact], facts: pl.DataFrame, beside: Sequence[str] = ()
) -> Sequence[pl.DataFrame]:
    """Return what facts of one kind say of listings, likewise: typed as LISTINGS."""
    if kind not in LISTING_SAYS:
        return ()
    said = {"says": pl.lit(LISTING_SAYS[kind]), "at": pl.col(kind.moment)}
    unsaid = {name: NOTHING for name in DESCRIBED if name not in kind.model_fields}
    values = {**{name: pl.col(name) for name in LISTINGS}, **said, **unsaid}
    return [facts.select(*_typed(values, LISTINGS), *beside)]


def _typed(values: Mapping[str, pl.Expr], schema: pl.Schema) -> Sequence[pl.Expr]:
    return [values[name].cast(kind).alias(name) for name, kind in schema.items()]


def _said(facts: pl.LazyFrame, rule: Rule, beside: Sequence[str]) -> pl.LazyFrame:
    said = {
        "metric": pl.lit(rule.metric),
        "subject_id": rule.subject,
        "says": pl.lit(rule.says),
        "at": pl.col(rule.at),
        "amount": rule.amount,
        "part_of": rule.part_of,
    }
    values = {**{name: pl.col(name) for name in SAYINGS}, **said}
    return facts.filter(rule.when).select(*_typed(values, SAYINGS), *beside)
