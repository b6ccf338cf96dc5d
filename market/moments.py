"""Moments as people write them on a command line."""

from datetime import UTC, date, datetime

import typer


def parse_moment(text: str) -> datetime:
    """Return the moment that an ISO 8601 time with its offset names, in UTC.

    Raises:
        BadParameter: It is no time, or says no offset.
    """
    example = "write it as 2018-03-01T00:00:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time: {example}") from None
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} does not say its offset: {example}")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is before or after all time") from None


def as_text(moment: datetime | None) -> str | None:
    """Return a moment as services read it."""
    return None if moment is None else moment.isoformat()


def parse_month(text: str) -> str:
    """Return the month that `2018-03` names, as it is written.

    Raises:
        BadParameter: It is none, or is written otherwise.
    """
    try:
        month = datetime.strptime(f"{text}-01T+0000", "%Y-%m-%dT%z")
    except ValueError:
        month = None
    if month is None or f"{month:%Y-%m}" != text:
        raise typer.BadParameter(f"{text!r} is not a month: write it as 2018-03")
    return text


def parse_day(text: str) -> str:
    """Return the day that `2018-03-01` names, as it is written.

    Raises:
        BadParameter: It is none, or is written otherwise.
    """
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        day = None
    if day != text:
        raise typer.BadParameter(f"{text!r} is not a day: write it as 2018-03-01")
    return text
