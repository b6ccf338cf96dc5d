"""Which facts lift a step: of those that it was taken without, the ones that help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from services.performance.model.evidence import explain, of_roots
from services.performance.model.metrics import (
    LISTINGS_COMPLETE,
    STOCK_CONFIRMED,
)
from services.performance.model.obligation import MOMENT, ListingSays
from services.performance.model.policy import Policy
from services.performance.model.standing.findings import threshold_of
from services.performance.model.standing.footings import cards_of, stands
from services.performance.model.standing.heard import was_heard
from services.performance.model.standing.state import Rung

_SAYS_OF: Final[Mapping[str, Sequence[ListingSays]]] = {
    LISTINGS_COMPLETE: ("listed", "changed", "delisted"),
    STOCK_CONFIRMED: ("listed", "delisted", "stocked", "moved"),
}
"""What says anything of the metrics that are judged on listings."""
_OF: Final = ["metric", "subject_id"]
_COLUMNS: Final = (*_OF, "at", "recorded_at", "event_id", "source", "pos")
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Late:
    """What is known at a moment of a seller, beside what one of their steps had heard.

    Shape: `rows` are sayings and listings of the seller alone, with `source` and `pos`.
    """

    seller_id: str
    rung: Rung
    rows: tuple[pl.DataFrame, pl.DataFrame]
    policy: Policy
    at: datetime

    def makes_the_difference(self) -> bool:
        """Say whether the step stands on what was heard alone."""
        return self._stands_on(was_heard(self.rung))

    def named(self) -> Sequence[str]:
        """Return the facts by which the step falls, by when they were recorded.

        They are of obligations that count better than was heard; where these alone don't
        lift the step (a void may leave too few to judge), of all that count otherwise.
        """
        heard, gains = was_heard(self.rung), self._gains()
        late = self._late(heard)
        better = _facts(late, gains.filter(pl.col("gain") > _ROUNDING))
        if self._stands_on(heard | pl.col("event_id").is_in(better)):
            return _facts(late, gains)
        return better

    def _stands_on(self, those: pl.Expr) -> bool:
        some = self.rows[0].filter(those), self.rows[1].filter(those)
        mine = [(self.seller_id, self.rung)]
        cards = cards_of(some, self.policy, self.rung.at, self.at, mine)
        return stands(self.seller_id, self.rung, cards)

    def _gains(self) -> pl.DataFrame:
        """Return the obligations that count otherwise than was heard, and by how much.

        Units: kept beyond what its threshold asks of what is due; above 0 is better. A
            metric is under its threshold while the sum over its obligations is under 0.
        """
        heard = was_heard(self.rung)
        heard_rows = self.rows[0].filter(heard), self.rows[1].filter(heard)
        then, now = self._counted(heard_rows), self._counted(self.rows)
        both = then.join(now, on=_OF, how="full", coalesce=True, suffix="_now").fill_null(0)
        more_kept = pl.col("kept_now") - pl.col("kept")
        more_due = pl.col("due_now") - pl.col("due")
        return (
            both.filter((more_kept != 0) | (more_due != 0))
            .join(self._asked(), on="metric")
            .select(*_OF, gain=more_kept - pl.col("threshold") * more_due)
        )

    def _counted(self, rows: tuple[pl.DataFrame, pl.DataFrame]) -> pl.DataFrame:
        """Return what counts of the metrics that the step stood on; points as a rate."""
        is_new = pl.col("since").is_null() | (pl.col("due_at") > pl.col("since"))
        kept = pl.coalesce("rate", pl.col("kept").cast(pl.Float64))
        return (
            explain(*rows, self.policy, self.rung.at, self.at)
            .join(self._asked(), on="metric")
            .filter(is_new)
            .select(*_OF, "due", kept=kept)
        )

    def _asked(self) -> pl.DataFrame:
        """Return what the step stood on: metric, since?, threshold."""
        return pl.DataFrame(
            [
                (each.metric, each.since, threshold_of(each.metric, each.rule, self.policy))
                for each in self.rung.footings
            ],
            {"metric": pl.String(), "since": MOMENT, "threshold": pl.Float64()},
            orient="row",
        )

    def _late(self, heard: pl.Expr) -> pl.DataFrame:
        """Return what was said by the step's moment that it was taken without."""
        sayings, listings = self.rows
        names = [footing.metric for footing in self.rung.footings]
        return pl.concat([_said(sayings), _listed(listings, names)]).filter(
            pl.col("at") <= pl.lit(self.rung.at, MOMENT),
            ~heard,
            pl.col("recorded_at") <= pl.lit(self.at, MOMENT),
        )


def _facts(late: pl.DataFrame, obligations: pl.DataFrame) -> Sequence[str]:
    found = late.join(obligations, on=_OF, how="semi")
    return [*dict.fromkeys(found.sort("recorded_at", "event_id")["event_id"].to_list())]


def _said(sayings: pl.DataFrame) -> pl.DataFrame:
    """Return what was said of obligations: of parts of an order, of their root as well.

    Whose part it is may be what came late: before, it stood for itself.
    """
    both = pl.concat([sayings.lazy(), of_roots(sayings.lazy()).select(sayings.columns)])
    return both.with_columns(pl.col("metric").cast(pl.String)).collect().select(_COLUMNS)


def _listed(listings: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return what was said of listings, for each of the metrics `names` that it says of."""
    of = [(name, says) for name in names for says in _SAYS_OF.get(name, ())]
    metrics = pl.DataFrame(of, {"metric": pl.String(), "says": pl.String()}, orient="row")
    rows = listings.rename({"product_id": "subject_id"})
    return rows.join(metrics, on="says").select(_COLUMNS)
