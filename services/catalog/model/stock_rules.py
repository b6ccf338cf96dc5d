"""What an operator decides of stock: which acceptances take units. Dated data, not code."""

from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from pydantic import Field

from kit.dated import Dated, FromADay


class StockRules(FromADay):
    """The rules that hold from a day on, until newer ones do.

    Units: UTC days; `hours_to_tell` from an acceptance until it was recorded.
    Source: docs/decisions/0016-stock-for-orders.md.
    """

    hours_to_tell: Annotated[int, Field(ge=0, le=24 * 365)]

    def takes_units(self, accepted_at: datetime, told_at: datetime) -> bool:
        """Say whether an acceptance was told early enough to take units."""
        return told_at - accepted_at <= timedelta(hours=self.hours_to_tell)


DatedStockRules: TypeAlias = Dated[StockRules]
