"""One seller's scorecard from PostgreSQL: among 100,000 sellers, beside one among 1,000.

Each seller has as many obligations and listings. As many sellers, spread over all, are
asked for in each of two databases, in turns; ours are those among the many.
"""

from argparse import ArgumentParser
from functools import partial
from time import perf_counter
from typing import Final

from sqlalchemy import Engine, text

from benchmarks.measure import Outcome, conclude, say, side_by_side
from benchmarks.sayings import AS_OF
from benchmarks.standing_rows import rows_of
from services.performance.model.policy import policy_at
from services.performance.queries.one_of_many import ask_scorecards_of
from services.performance.queries.one_seller import Asked

MANY: Final = 100_000
FEW: Final = 1_000
ASKED: Final = 40
GOAL: Final = round(1 / 1.3, 2)
"""Of what is answered in a second among few: it may take three tenths longer."""

_POLICY: Final = policy_at(AS_OF)
_NAMES: Final = """
SELECT seller_id FROM (
  SELECT seller_id, row_number() OVER (ORDER BY hashtext(seller_id)) AS place FROM (
    SELECT DISTINCT seller_id FROM listing_sayings) AS sellers
) AS placed WHERE place <= :asked
"""


def one_seller(many: int, few: int) -> Outcome:
    """Return how many scorecards a second are answered among many, beside among few."""
    with rows_of(few) as among_few, rows_of(many) as among_many:
        ours, other = (_rate(engine) for engine in (among_many, among_few))
        return side_by_side("one_seller", GOAL, ours, other)


def _rate(engine: Engine) -> partial[float]:
    with engine.connect() as db:
        names = [*db.scalars(text(_NAMES), {"asked": ASKED})]
    say(f"one_seller: {len(names)} sellers are asked for")
    return partial(_asked, engine, names)


def _asked(engine: Engine, names: list[str]) -> float:
    started = perf_counter()
    for name in names:
        ask_scorecards_of(engine, Asked(name, _POLICY, AS_OF, AS_OF))
    return len(names) / (perf_counter() - started)


def main() -> None:
    """Compare as many sellers as `--many` and `--few` say."""
    parser = ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--few", type=int, default=FEW)
    asked, others = parser.parse_known_args()
    conclude(partial(one_seller, asked.many, asked.few), others)


if __name__ == "__main__":
    main()
