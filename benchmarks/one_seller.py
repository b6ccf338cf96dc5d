"""One seller's scorecard from PostgreSQL: among 100,000 sellers, beside one among 1,000.

What is asked is what a request for one seller's scorecard asks: the whole question, with
what is void and what had come of the seller's facts. Each seller has as many obligations
and listings. As many sellers, spread over all, are asked for in each of two databases, in
turns; ours are those among the many. Then their rows alone are read: that is where many
sellers would weigh, and what is made of the rows would hide some of it.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Final, TypeAlias

from sqlalchemy import Engine, text

from benchmarks.measure import Outcome, end, say, side_by_side
from benchmarks.sayings import AS_OF
from benchmarks.standing_rows import rows_of
from services.performance.model.policy import policy_at
from services.performance.queries.one_seller import Asked, ask_card

MANY: Final = 100_000
FEW: Final = 1_000
ASKED: Final = 40
GOAL: Final = round(1 / 1.3, 2)
"""Of what is answered in a second among few: it may take three tenths longer."""

Ask: TypeAlias = Callable[[Engine, Asked], object]

_POLICY: Final = policy_at(AS_OF)
_NAMES: Final = """
SELECT seller_id FROM (
  SELECT seller_id, row_number() OVER (ORDER BY hashtext(seller_id)) AS place FROM (
    SELECT DISTINCT seller_id FROM listing_sayings) AS sellers
) AS placed WHERE place <= :asked
"""


def one_seller(many: int, few: int) -> Iterator[Outcome]:
    """Yield how many scorecards a second are answered among many, beside among few."""
    with rows_of(few) as among_few, rows_of(many) as among_many:
        names = [(engine, names_in(engine)) for engine in (among_many, among_few)]
        for bench, ask in ASKS.items():
            ours, other = (partial(_rate, ask, *each) for each in names)
            yield side_by_side(bench, GOAL, ours, other)


def names_in(engine: Engine) -> Sequence[str]:
    """Return the sellers that are asked for: some of all, spread over them."""
    with engine.connect() as db:
        names = [*db.scalars(text(_NAMES), {"asked": ASKED})]
    say(f"one_seller: {len(names)} sellers are asked for")
    return names


def _rate(ask: Ask, engine: Engine, names: Sequence[str]) -> float:
    started = perf_counter()
    for name in names:
        ask(engine, Asked(name, _POLICY, AS_OF, known_at=AS_OF))
    return len(names) / (perf_counter() - started)


def _read(engine: Engine, asked: Asked) -> object:
    return asked.read(engine)


ASKS: Final[Mapping[str, Ask]] = {"one_seller": ask_card, "one_seller rows alone": _read}


def main() -> None:
    """Compare as many sellers as `--many` and `--few` say."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--strict", action="store_true", help="fail below the goal")
    asked = parser.parse_args()
    end(one_seller(asked.many, asked.few), strict=asked.strict)


if __name__ == "__main__":
    main()
