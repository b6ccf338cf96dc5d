"""What an operator decides of buyers: how long answers may take. Dated data, not code."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated, TypeAlias

from pydantic import Field

from kit.dated import Dated, FromADay, shipped
from kit.weekdays import weekday_deadline

Hours: TypeAlias = Annotated[int, Field(ge=1, le=24 * 365)]


class BuyerRules(FromADay):
    """The rules that hold from a day on, until newer ones do.

    Units: UTC days; hours are weekday hours, `holidays` left out, but for `hours_to_tell`,
        which are any, from a request until it was recorded.
    Source: domain.md 3 (clocks) and 4.
    """

    days_to_expire: Annotated[int, Field(ge=1, le=365)]
    hours_to_decide: Hours
    hours_to_answer: Hours
    holidays: Annotated[frozenset[date], Field(strict=False)] = frozenset()
    hours_to_tell: Annotated[int, Field(ge=0, le=24 * 365)] = 24

    def expires_at(self, requested_at: datetime) -> datetime:
        """Return when a request that nobody answered is over."""
        left = datetime.max.replace(tzinfo=requested_at.tzinfo) - requested_at
        return requested_at + min(timedelta(days=self.days_to_expire), left)

    def is_history(self, requested_at: datetime, told_at: datetime) -> bool:
        """Say whether a request was told so late that the clock is not to expire it.

        What became of it has happened already, and may be told yet.
        """
        return told_at - requested_at > timedelta(hours=self.hours_to_tell)

    def decide_by(self, requested_at: datetime) -> datetime | None:
        """Return until when the seller has time to answer a request."""
        return self._within(requested_at, self.hours_to_decide)

    def answer_by(self, sent_at: datetime) -> datetime | None:
        """Return until when the seller has time to answer a message."""
        return self._within(sent_at, self.hours_to_answer)

    def _within(self, since: datetime, hours: int) -> datetime | None:
        return weekday_deadline(since, timedelta(hours=hours), self.holidays)


DatedRules: TypeAlias = Dated[BuyerRules]


@cache
def shipped_rules() -> DatedRules:
    """Return the rules that ship with the service.

    Raises:
        ValidationError: They break a rule of theirs; the message names the field.
    """
    return shipped("services.buyers", "buyer_rules.toml", DatedRules)
