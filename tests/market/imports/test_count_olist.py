"""An Olist export counted by the script alone is what its import amounts to.

The importer's commands are decided as the services do; scorecards are made of the facts.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import given, settings, strategies as st

from contracts.fact import Fact
from kit.domain import Decider, Refused
from market import samples
from market.imports.olist import plan_olist
from scripts import count_olist
from services.catalog.model import LISTING
from services.orders.model import ORDER
from services.performance.model.policy import policy_at
from services.performance.model.scorecard import overall, scorecards, sellers
from tests.market.imports.files import (
    ITEM,
    ORDER as ORDER_ROW,
    PRODUCT,
    Cells,
    write_export,
)
from tests.market.imports.test_history import COMMANDS
from tests.performance.world import received, sayings_of

DECIDERS: Final[Mapping[str, Decider[Any, Any, Any]]] = {
    "orders": ORDER,
    "catalog": LISTING,
}
SALE: Final = datetime(2018, 3, 2, tzinfo=UTC)  # a Friday
DAY: Final = timedelta(days=1)
POLICY: Final = policy_at(SALE)


def facts_of(folder: Path) -> Iterator[Fact]:
    """What the services record of an import; what they refuse is left out."""
    states: dict[tuple[object, ...], Any] = {}
    for stage in plan_olist(folder).stages:
        decider = DECIDERS[stage.service]
        for sent in stage.commands:
            names = (
                ("order_id",) if stage.service == "orders" else ("seller_id", "product_id")
            )
            stream = (stage.service, *(sent.fields[name] for name in names))
            state = states.setdefault(stream, decider.initial)
            command = COMMANDS[stage.service][sent.name].validate_python(dict(sent.fields))
            try:
                facts = decider.decide(command, state)
            except Refused:
                continue
            for fact in facts:
                states[stream] = decider.evolve(states[stream], fact)
            yield from facts


def told(folder: Path, moments: Sequence[datetime]) -> list[list[dict[str, Any]]]:
    """The scorecards of each moment, as `market scorecards --all` prints them."""
    rows = sayings_of(received(facts_of(folder)))
    answers = []
    for as_of in moments:
        cards = scorecards(*rows, POLICY, as_of)
        levels = overall(cards, sellers(*rows, as_of), POLICY)
        lines = [*cards.iter_rows(named=True), *levels.iter_rows(named=True)]
        answers.append(
            sorted(lines, key=lambda line: (line["seller_id"], "kept" not in line))
        )
    return answers


def counted(folder: Path, as_of: datetime) -> list[dict[str, Any]]:
    return [*count_olist.lines(folder, count_olist.policy_in(count_olist.POLICY), as_of)]


def text(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def hours(*some: int | None) -> st.SearchStrategy[timedelta | None]:
    return st.sampled_from([None if n is None else timedelta(hours=n) for n in some])


@st.composite
def orders(draw: st.DrawFn, number: int) -> Cells:
    """An order whose stamps may be missing, late, at odds or unreadable."""
    at = SALE + timedelta(hours=12 * draw(st.integers(0, 2 * 40)))
    accepted, shipped = (
        draw(hours(None, -2, 0, 24, 25, 72, 80)),
        draw(hours(None, 1, 120, 121)),
    )
    return {
        **ORDER_ROW,
        "order_id": f"o-{number}",
        "order_purchase_timestamp": draw(st.sampled_from([text(at)] * 20 + ["", "soon"])),
        "order_approved_at": "" if accepted is None else text(at + accepted),
        "order_delivered_carrier_date": "" if shipped is None else text(at + shipped),
    }


@st.composite
def items(draw: st.DrawFn, number: int, order: Cells) -> Cells:
    """A unit that was sold in an order. Its limit, or its price, may be missing."""
    at = order["order_purchase_timestamp"]
    days = draw(st.sampled_from([4, 5, 6])) * DAY
    limit = text(datetime.fromisoformat(at) + days) if at.startswith("2") else ""
    return {
        "order_id": draw(st.sampled_from([order["order_id"]] * 20 + ["o-none"])),
        "order_item_id": str(number),
        "product_id": f"p-{draw(st.integers(1, 4))}",
        "seller_id": f"s-{draw(st.integers(1, 2))}",
        "shipping_limit_date": draw(
            st.sampled_from([limit] * 20 + ["", "2018-13-01 00:00"])
        ),
        "price": draw(st.sampled_from(["10"] * 20 + ["9.99", "9.999", ""])),
        "freight_value": "1.5",
    }


@st.composite
def products(draw: st.DrawFn, number: int) -> Cells:
    """What is said of a product; some of it is 0, missing or unreadable."""
    cells = [name for name, cell in PRODUCT.items() if cell[0].isdigit()]
    said = {
        each: draw(st.sampled_from(["", "0", "2", "3.0", "299", "450"])) for each in cells
    }
    odd = {draw(st.sampled_from(cells)): draw(st.sampled_from(["many", "1.25"]))}
    odd = odd if draw(st.integers(0, 9)) == 0 else {}
    return {**PRODUCT, **said, **odd, "product_id": f"p-{number}"}


@st.composite
def exports(draw: st.DrawFn) -> dict[str, list[Cells]]:
    """An export with rows that repeat others, or contradict them."""
    sold = [draw(orders(n)) for n in range(draw(st.integers(8, 25)))]
    bought = [
        draw(items(n, each)) for each in sold for n in range(1, draw(st.integers(0, 4)) + 1)
    ] or [ITEM]
    told: dict[str, list[Cells]] = {
        "orders": sold,
        "items": bought,
        "products": [draw(products(n)) for n in range(1, 4)],
    }
    for kind, column, cell in (
        ("orders", "order_approved_at", ""),
        ("items", "price", "11"),
        ("items", "seller_id", "s-1"),
        ("products", "product_photos_qty", "1"),
    ):
        for row in draw(st.lists(st.sampled_from(told[kind]), max_size=2)):
            told[kind].append({**row, **draw(st.sampled_from([{}, {column: cell}]))})
    return told


moments: Final = st.integers(0, 2 * 140).map(lambda n: SALE + timedelta(hours=12 * n))


@settings(max_examples=60, deadline=None)
@given(exports(), st.lists(moments, min_size=3, max_size=3))
def test_whatever_an_export_holds_the_script_counts_what_scorecards_say(
    export: dict[str, list[Cells]], as_ofs: list[datetime]
) -> None:
    with TemporaryDirectory() as folder:
        write_export(Path(folder), **export)
        for as_of, lines in zip(as_ofs, told(Path(folder), as_ofs), strict=True):
            assert counted(Path(folder), as_of) == lines


def test_the_shipped_history_is_counted_alike_week_by_week() -> None:
    as_ofs = [datetime(2025, 1, 1, tzinfo=UTC) + n * 7 * DAY for n in range(1, 22)]
    found = told(samples.HISTORY, as_ofs)

    assert [counted(samples.HISTORY, as_of) for as_of in as_ofs] == found
    levels = {x["level"] for lines in found for x in lines if x["metric"] == "overall"}
    assert levels == {*count_olist.LEVELS}


def run(*arguments: str, told: str = "") -> tuple[int, str]:
    """Run the script as a stranger would: alone, and isolated from all of ours."""
    given = [sys.executable, "-I", "-S", "scripts/count_olist.py", *arguments]
    done = subprocess.run(given, input=told, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert not done.stderr
    return done.returncode, done.stdout


def test_alone_it_prints_lines_and_compares_them_with_those_that_were_told() -> None:
    asked = str(samples.HISTORY), "--as-of", "2025-03-01T00:00:00Z"
    (lines,) = told(samples.HISTORY, [datetime(2025, 3, 1, tzinfo=UTC)])
    answer = [json.dumps(line) for line in lines]
    other = json.dumps({**lines[3], "level": "other"})
    compare = *asked, "--compare", "-"

    assert run(*asked) == (0, "\n".join(answer) + "\n")
    agree = f"{len(lines)} lines agree, 0 differ\n"
    assert run(*compare, told="\n".join(answer)) == (0, agree)
    code, said = run(*compare, told="\n".join([*answer[:3], other, *answer[4:]]))
    assert (code, said.splitlines()[0]) == (1, f"{len(lines) - 1} lines agree, 1 differ")
    assert said.splitlines()[1:] == [f"counted {lines[3]}", f"told    {json.loads(other)}"]
    assert run(*compare)[0] == 1
    early = asked[0], "--as-of", "2020-01-01T00:00:00Z", "--compare", "-"
    assert run(*early) == (1, "0 lines agree, 0 differ\n")
