"""What store fees are made of: stretches of equal days, lot by lot, and their facts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from market.answers_of_fees import FeeDay, FeeLine, StoreFees

A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days, one after the other, at whose ends a lot was the same for the same reasons."""

    first: FeeDay
    last: str
    days: int

    @property
    def unit_days(self) -> int:
        """Those that cost."""
        return self.first.units * self.days if self.first.chargeable else 0


def usd(cents: int) -> str:
    """Return an amount for people."""
    sign, amount = "-" if cents < 0 else "", abs(cents)
    return f"{sign}{amount // 100}.{amount % 100:02} USD"


def explained(answer: StoreFees) -> Iterator[str]:
    """Yield lines: of each product how its fee is worked out, and the days of its lots."""
    lines = {(line.seller_id, line.product_id): line for line in answer.lines}
    for product, days in groupby(
        answer.days or (), lambda day: (day.seller_id, day.product_id)
    ):
        yield ""
        yield f"{' '.join(product)}: {_worked_out(lines.get(product), answer)}"
        of_product = stretches(days)
        for (lot_id, made_on), of_lot in groupby(
            of_product, lambda one: (one.first.lot_id, one.first.manufactured_on)
        ):
            yield f"  lot {lot_id}, made on {made_on}{_free_until(made_on, answer)}"
            yield from _lot(of_lot)
        yield f"  {sum(one.unit_days for one in of_product)} unit-days in all"


def _worked_out(line: FeeLine | None, answer: StoreFees) -> str:
    if line is None or answer.rate_cents is None:
        return "nothing is owed"
    exact = answer.rate_cents * line.unit_days / line.days_in_month
    return (
        f"{answer.rate_cents} cents x {line.unit_days} unit-days / {line.days_in_month}"
        f" days = {exact:.2f} cents, {usd(line.cents)}"
    )


def _free_until(made_on: str, answer: StoreFees) -> str:
    if not answer.free_days:
        return ""
    last = date.fromisoformat(made_on) + (answer.free_days - 1) * A_DAY
    return f", free until {last.isoformat()}"


def stretches(days: Iterable[FeeDay]) -> Sequence[Stretch]:
    """Return the stretches of a product's days, lots by age, each lot's in order."""
    ordered = sorted(days, key=lambda day: (day.manufactured_on, day.lot_id, day.day))
    found: list[Stretch] = []
    for day in ordered:
        if found and _goes_on(found[-1], day):
            found[-1] = Stretch(found[-1].first, day.day, found[-1].days + 1)
        else:
            found.append(Stretch(day, day.day, 1))
    return found


def _goes_on(stretch: Stretch, day: FeeDay) -> bool:
    """Whether `day` is the next one, and differs in nothing but its date."""
    follows = date.fromisoformat(stretch.last) + A_DAY == date.fromisoformat(day.day)
    return follows and stretch.first == day.model_copy(update={"day": stretch.first.day})


def _lot(stretches: Iterable[Stretch]) -> Iterator[str]:
    """Yield a line for each stretch, then the facts that none before it came from."""
    told: set[str] = set()
    for one in stretches:
        counts = f"= {one.unit_days:>8} unit-days" if one.first.chargeable else "  free"
        span = f"{one.first.day}..{one.last}"
        yield f"    {span}  {one.days:>2} days x {one.first.units:>6} units {counts}"
        yield from (f"      {each}" for each in one.first.because if each not in told)
        told.update(one.first.because)
