"""Weekday hours: time on Saturdays, Sundays and holidays does not count."""

from collections.abc import Collection
from datetime import date
from functools import partial
from typing import Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Microseconds: TypeAlias = NDArray[np.int64]

DAY_US: Final = 86_400_000_000
EPOCH: Final = date(1970, 1, 1).toordinal()
THURSDAY: Final = 3  # the weekday of the epoch
WORKDAYS: Final = 5


def deadline(opened_at: pl.Expr, hours: pl.Expr, holidays: Collection[date]) -> pl.Expr:
    """Return the first moment at which `hours` of weekday time have passed, null for null.

    Units: UTC days; a weekday counts 24 hours; `hours` are whole and at least 1.
    Source: domain.md, "Weekday hours".
    """
    due_at = pl.map_batches(
        [opened_at.dt.timestamp("us"), hours.cast(pl.Int64)],
        partial(_deadlines_of, holidays=holidays),
        return_dtype=pl.Int64,
        is_elementwise=True,
    )
    return due_at.cast(pl.Datetime("us", "UTC"))


def _deadlines_of(columns: list[pl.Series], holidays: Collection[date]) -> pl.Series:
    opened, hours = columns
    if hours.len() == 1:
        hours = hours.new_from_index(0, opened.len())
    asked = opened.is_not_null() & hours.is_not_null()
    due = pl.Series(opened.name, [None], pl.Int64).new_from_index(0, opened.len())
    if not asked.any():
        return due
    since, allowed = (each.filter(asked).to_numpy() for each in (opened, hours))
    found = deadlines(since, allowed * (DAY_US // 24), holidays)
    return due.scatter(asked.arg_true(), pl.Series(found))


def deadlines(
    opened: Microseconds, allowed: Microseconds, holidays: Collection[date]
) -> Microseconds:
    """Return when `allowed` has passed since `opened`, in weekday time, one by one.

    Units: microseconds since 1970, UTC; `allowed` is above 0.
    Shape: as long as `opened`, which is not empty.
    """
    day: Microseconds = np.floor_divide(opened, DAY_US)
    first = int(day.min())
    last = int(day.max()) + 7 * (2 + int(allowed.max()) // DAY_US) + 7 * len(holidays)
    days = np.arange(first, last + 1)
    working = _is_working(days, holidays)
    workdays = days[working]
    today = day - first
    workdays_before: Microseconds = np.cumsum(working) - working
    passed_today = np.where(working[today], opened - day * DAY_US, 0)
    until = workdays_before[today] * DAY_US + passed_today + allowed
    whole_days: Microseconds = np.floor_divide(until - 1, DAY_US)
    return np.asarray(workdays[whole_days] * DAY_US + until - whole_days * DAY_US)


def _is_working(days: NDArray[np.int64], holidays: Collection[date]) -> NDArray[np.bool_]:
    off = np.array([day.toordinal() - EPOCH for day in holidays], dtype=np.int64)
    working: NDArray[np.bool_] = (days + THURSDAY) % 7 < WORKDAYS
    return working & ~np.isin(days, off)
