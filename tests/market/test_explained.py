"""What people read of scorecards and fees: from a service's answer to lines."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from market.answers import StrangeAnswerError
from market.answers_of_fees import RunDone
from market.app import build
from market.commands.fees import said
from tests.market.answering import Service, answering
from tests.performance.policy_files import SHIPPED

SELLER = "0d8a610fba87a613abc873be8d164bb7"
ORDER = f"54af11c815f92135fb554bd9c97dd418:{SELLER}"
PLACED, ACCEPTED = (f"01a201ec-10b{n}-7fe2-9bf0-fd90088a05ae" for n in (1, 2))
AS_OF = "2025-04-01T00:00:00Z"
POLICY = Path("services/performance/model/standards/2026-01.toml").resolve()
ASKED = ("scorecards", "--as-of", AS_OF, "--explain")
FEE = ("fees", "2025-03")


def obligation(subject: str, kept: int, kept_at: str | None) -> dict[str, Any]:
    facts = [{"says": "opened", "at": AS_OF, "amount": None, "event_id": PLACED}]
    if kept_at:
        facts.append({"says": "kept", "at": AS_OF, "amount": None, "event_id": ACCEPTED})
    return {
        "seller_id": SELLER,
        "metric": "acceptance.timely",
        "subject_id": subject,
        "window_days": 30,
        "opened_at": AS_OF,
        "due_at": "2025-03-01T00:00:00Z",
        "kept_at": kept_at,
        "void_at": None,
        "due": 1,
        "kept": kept,
        "rate": None,
        "facts": facts,
        "points": None,
    }


def listing(subject: str, images: int) -> dict[str, Any]:
    part = {"part": "images", "given": images, "enough": 3, "of": 30}
    listed = {"says": "listed", "at": AS_OF, "amount": None, "event_id": PLACED}
    return obligation(subject, 0, None) | {
        "metric": "listings.complete",
        "due_at": None,
        "kept": None,
        "rate": images / 3,
        "facts": [listed],
        "points": [part | {"points": images * 10.0}],
    }


CARD = {
    "seller_id": SELLER,
    "metric": "acceptance.timely",
    "window_days": 30,
    "level": "warn",
}
SCORECARDS: dict[str, Any] = {
    "policy": "2026-01",
    "cards": [CARD | {"due": 3, "kept": 1, "rate": 1 / 3}],
    "overall": [{"seller_id": SELLER, "metric": "overall", "level": "warn"}],
    "evidence": [
        obligation("o-kept", 1, AS_OF),
        obligation(ORDER, 0, None),
        obligation("o-late", 0, AS_OF),
        listing("p-1", 3),
        listing("p-2", 1),
    ],
    "again": "THIS",
    "next": None,
}


def day(number: int, units: int, because: list[str], lot: str = "lot-1") -> dict[str, Any]:
    return {
        "seller_id": SELLER,
        "product_id": "p-1",
        "day": f"2025-03-{number:02}",
        "lot_id": lot,
        "manufactured_on": "2025-01-01",
        "units": units,
        "chargeable": number > 1,
        "because": because,
    }


FEES: dict[str, Any] = {
    "month": "2025-03",
    "over": True,
    "rate_cents": 20,
    "free_days": 60,
    "lines": [
        {
            "seller_id": SELLER,
            "product_id": "p-1",
            "unit_days": 47,
            "days_in_month": 31,
            "cents": 30,
        }
    ],
    "days": [
        *(day(n, 10, [PLACED]) for n in (1, 2, 3)),
        day(3, 3, [ACCEPTED], "lot-2"),
        *(day(n, 8, [PLACED, ACCEPTED]) for n in (4, 6, 7)),
    ],
}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    home = tmp_path / "home"
    monkeypatch.setenv("MARKET_HOME", str(home))
    with answering(home) as service:
        yield service


def test_a_metric_opens_to_its_obligations_what_was_not_kept_first(
    service: Service,
) -> None:
    service.answer = SCORECARDS

    lines = service.lines(*ASKED)

    begin = lines.index("  acceptance.timely: 1 of 3 kept in 30 days, 33.33%, warn")
    assert lines[begin + 1 : begin + 9] == [
        f"    {ORDER}  due 2025-03-01T00:00:00Z  missing",
        f"      opened  {AS_OF}  {PLACED}",
        "    o-late  due 2025-03-01T00:00:00Z  late",
        f"      opened  {AS_OF}  {PLACED}",
        f"      kept    {AS_OF}  {ACCEPTED}",
        "    o-kept  due 2025-03-01T00:00:00Z  kept",
        f"      opened  {AS_OF}  {PLACED}",
        f"      kept    {AS_OF}  {ACCEPTED}",
    ]


def test_a_listing_opens_to_the_points_it_has_and_lacks(service: Service) -> None:
    service.answer = SCORECARDS

    lines = service.lines(*ASKED)

    begin = lines.index("    p-2  33.33 of 100 points")
    assert (
        lines[begin + 1] == "      images             1 of 3          10 of 30  missing 20"
    )
    assert lines[begin + 3] == "    p-1  100 of 100 points"
    assert lines[begin + 4].split() == ["images", "3", "of", "3", "30", "of", "30"]


COUNTS = {"better": 0, "worse": 2, "other": 0, "same": 1}


def compared(seller: str, **rest: object) -> dict[str, object]:
    change = {"official": "good", "proposed": "limit", "changes": "worse", "metrics": []}
    return {
        "as_of": AS_OF,
        "official": {"version": "2026-01", "digest": "a"},
        "proposed": {"version": "stricter", "digest": "b"},
        "sellers": [{"seller_id": seller} | change],
    } | rest


def test_a_what_if_that_comes_in_pages_is_printed_whole(service: Service) -> None:
    counts = [{"metric": name} | COUNTS for name in ("overall", "acceptance.timely")]
    policy = {"digest": "b", "policy": SHIPPED.content}  # what its file holds
    service.answer = compared("a", by_metric=counts, next="here") | policy
    service.more = compared("z", by_metric=None, next=None)
    asked = ("what-if", "--policy", str(POLICY), "--as-of", AS_OF)

    rows = [json.loads(line) for line in service.lines(*asked, "--format", "ndjson")]
    lines = service.lines(*asked)

    assert [row["seller_id"] for row in rows] == ["a", "z"]
    assert lines[0].startswith("2 of 3 sellers would change level at")
    assert [line for line in lines if "rate now" in line] == [lines[2]]
    assert [line.split()[1] for line in lines[4:6]] == ["a", "z"]
    assert lines[6].startswith("└")
    assert [line for line in lines if "how many sellers change" in line] != []


def test_a_page_that_leads_to_itself_is_not_turned_for_ever(service: Service) -> None:
    service.answer = service.more = SCORECARDS | {"next": "here"}

    found = service.shown(*ASKED)

    assert isinstance(found.exception, StrangeAnswerError)
    assert "performance answers a page that leads to itself" in str(found.exception)


def test_what_comes_in_pages_is_printed_whole(service: Service) -> None:
    card = CARD | {"seller_id": "z", "due": 9, "kept": 8, "rate": 8 / 9}
    overall = {"seller_id": "z", "metric": "overall", "level": "good"}
    service.answer = SCORECARDS | {"next": "here"}
    service.more = SCORECARDS | {"cards": [card], "overall": [overall], "evidence": []}

    rows = [json.loads(line) for line in service.lines(*ASKED, "--format", "ndjson")]
    lines = service.lines(*ASKED)

    first = [*SCORECARDS["cards"], *SCORECARDS["overall"], *SCORECARDS["evidence"]]
    assert rows == [*first, card, overall]
    assert [line for line in lines if "by policy" in line] == [
        "scorecards by policy 2026-01"
    ]
    begin = lines.index("scorecards by policy 2026-01") + 1
    above, _, between, *table, below = lines[begin : begin + 8]
    assert [line.split()[1] for line in table] == [SELLER, SELLER, "z", "z"]
    assert (above[0], between[0], below[0]) == ("┏", "┡", "└")
    assert {len(line) for line in (above, between, *table)} == {len(below)}
    assert lines[begin + 8 : begin + 10] == ["", f"{SELLER}: overall warn"]


def test_an_id_longer_than_those_before_stays_whole(service: Service) -> None:
    longest = "z" * 90
    overall = {"seller_id": longest, "metric": "overall", "level": "good"}
    service.answer = SCORECARDS | {"next": "here"}
    service.more = SCORECARDS | {"cards": [], "overall": [overall], "evidence": []}

    lines = service.lines(*ASKED)

    (of_it,) = [line for line in lines if longest in line]
    assert [cell.strip() for cell in of_it.split("│")[1:3]] == [longest, "overall"]
    below = lines[lines.index(of_it) + 1]
    assert (below[0], len(below)) == ("└", len(of_it))


def test_where_there_is_no_room_for_wider_columns_a_table_stays_whole(
    service: Service,
) -> None:
    longest = "z" * 112  # what is beside it is squeezed
    overall = {"seller_id": longest, "metric": "overall", "level": "good"}
    more = {"seller_id": longest, "due": 3_000_000, "kept": 3_000_000, "rate": 1.0}
    first = {"cards": [], "overall": [overall], "evidence": []}
    service.answer = SCORECARDS | first | {"next": "here"}
    service.more = SCORECARDS | first | {"cards": [CARD | more]}

    *_, of_all, below = service.lines(*ASKED)

    assert (of_all[-1], below[0], below[-1]) == ("│", "└", "┘")


def test_units_that_were_lost_in_part_are_counted(service: Service) -> None:
    row = obligation("o-1", 8, None) | {"due": 9}
    service.answer = SCORECARDS | {"evidence": [row]}

    lines = service.lines(*ASKED)

    assert "    o-1  due 2025-03-01T00:00:00Z  in part  8 of 9" in lines


def test_in_ndjson_evidence_is_what_the_service_said(service: Service) -> None:
    service.answer = SCORECARDS

    rows = [json.loads(line) for line in service.lines(*ASKED, "--format", "ndjson")]

    assert rows == [*SCORECARDS["cards"], *SCORECARDS["overall"], *SCORECARDS["evidence"]]


@pytest.mark.parametrize("output", ["table", "ndjson"])
def test_nobody_to_judge_is_said_and_is_no_failure(service: Service, output: str) -> None:
    service.answer = SCORECARDS | {"cards": [], "overall": [], "evidence": []}

    everyone = service.shown(*ASKED, "--known-at", AS_OF, "--format", output)

    assert (everyone.exit_code, everyone.stdout) == (0, "")
    assert everyone.stderr == (
        f"no seller had any obligation or listing by {AS_OF}, as far as known by {AS_OF}\n"
    )


def test_a_fee_opens_to_stretches_of_equal_days_each_fact_once_a_lot(
    service: Service,
) -> None:
    service.answer = FEES

    lines = service.lines(*FEE, "--explain")

    begin = lines.index(
        f"{SELLER} p-1: 20 cents x 47 unit-days / 31 days = 30.32 cents, 0.30 USD"
    )
    assert lines[begin + 1 :] == [
        "  lot lot-1, made on 2025-01-01, free until 2025-03-01",
        "    2025-03-01..2025-03-01   1 days x     10 units   free",
        f"      {PLACED}",
        "    2025-03-02..2025-03-03   2 days x     10 units =       20 unit-days",
        "    2025-03-04..2025-03-04   1 days x      8 units =        8 unit-days",
        f"      {ACCEPTED}",
        "    2025-03-06..2025-03-07   2 days x      8 units =       16 unit-days",
        "  lot lot-2, made on 2025-01-01, free until 2025-03-01",
        "    2025-03-03..2025-03-03   1 days x      3 units =        3 unit-days",
        f"      {ACCEPTED}",
        "  47 unit-days in all",
    ]


def test_a_month_that_is_not_over_says_what_its_fees_suppose(service: Service) -> None:
    service.answer = FEES | {"over": False}

    title, *_ = service.lines(*FEE)

    assert title == (
        "store fees of 2025-03, which is not over: 0.30 USD in all, "
        "as if nothing moved until its end"
    )


def test_fees_that_nobody_owes_are_said_and_are_no_failure(service: Service) -> None:
    service.answer = FEES | {"lines": [], "days": None}

    found = service.shown(*FEE, "--seller", "s-9")

    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == "'s-9' owes no store fee for 2025-03, as far as known now\n"


@pytest.mark.parametrize(
    ("words", "answer", "field"),
    [
        (ASKED, {k: v for k, v in SCORECARDS.items() if k != "policy"}, "policy"),
        (ASKED, SCORECARDS | {"cards": [{}]}, "cards.0.seller_id"),
        (FEE, {k: v for k, v in FEES.items() if k != "over"}, "over"),
        (FEE, FEES | {"lines": [{"cents": 1}]}, "lines.0.seller_id"),
        (FEE, [], "it"),
    ],
)
def test_an_answer_of_another_version_is_told_in_a_sentence(
    service: Service, words: tuple[str, ...], answer: object, field: str
) -> None:
    service.answer = answer

    why = service.shown(*words).exception

    assert isinstance(why, StrangeAnswerError)
    assert f"({field}: " in str(why)
    assert "different versions" in str(why)


def test_an_answer_that_is_no_json_is_told_in_a_sentence(service: Service) -> None:
    service.body = b"<html>"

    assert "no JSON" in str(service.shown(*FEE).exception)


def done(adjusted: int = 0, sellers: int = 2, **re_rated: list[str]) -> str:
    answer: Mapping[str, Any] = {"charged_cents": 5_419, "adjusted_cents": adjusted}
    whole = {**answer, "month": "2025-03", "sellers": sellers, "re_rated": re_rated}
    return said(RunDone.model_validate(whole))


def test_a_run_says_whom_it_charged() -> None:
    assert done() == "2025-03: 54.19 USD charged to 2 sellers"
    assert done(sellers=1) == "2025-03: 54.19 USD charged to 1 seller"
    assert done(-19).endswith("charged to 2 sellers, adjusted by -0.19 USD since")


def test_a_run_that_adjusted_earlier_months_says_how_to_see_it() -> None:
    assert done(birch=["2025-01"]).splitlines()[1] == (
        "adjusted 2025-01 of 1 seller: "
        "`market history --topic billing.v1 --seller birch` shows it"
    )
    assert done(elm=["2025-02"], birch=["2025-01"]).splitlines()[1] == (
        "adjusted 2025-01, 2025-02 of 2 sellers: "
        "`market history --topic billing.v1 --seller birch` shows it for the first"
    )


def commands() -> Iterator[tuple[str, ...]]:
    """Every command there is, as it is typed."""
    for name, command in get_command(build()).commands.items():  # type: ignore[attr-defined] # a group
        below = getattr(command, "commands", None)
        yield from ((name, each) for each in below) if below else [(name,)]


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_help_is_for_people_who_read_no_code(words: tuple[str, ...]) -> None:
    help_text = CliRunner().invoke(build(), [*words, "--help"]).stdout

    assert "Usage: " in help_text
    assert not re.search(r"Raises:|Shape:|Units:|Returns:|Args:|Source:", help_text)
