"""A bundle's facts say what it says they do, and nothing else: checked by facts alone."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from fastapi.testclient import TestClient
from hypothesis import assume, given, settings, strategies as st
from pydantic_core import to_json
from sqlalchemy import Engine

from contracts.fact import Fact
from contracts.orders import OrderSplit
from contracts.performance import AppealDecided, Claim
from contracts.registry import NAMES, encode, written_as
from kit.consumers.columns import in_columns
from kit.consumers.records import Received
from market.history.behind import facts_behind
from market.history.published import Published
from scripts import verify_evidence, verify_facts
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.policies import MEANT
from services.performance.projections import said_in
from services.performance.queries.evidence import bundle_of, digest_of
from tests.performance.facts import accepted, listed, placed, shipped
from tests.performance.history import facts, lateness, moments, told
from tests.performance.selling import busy_months, got, later, selling, tell
from tests.performance.test_evidence_bundle import OF_S1, verified
from tests.performance.test_scorecard_laws import as_ofs
from tests.performance.world import AS_OF, DAY, HOUR, POLICY, TICK, received, recorded

SCRIPT: Final = Path("scripts/verify_facts.py")
verify: Final[Callable[[str], int]] = verify_facts.main
AN_HOUR_EAST: Final = timezone(HOUR)
Bundle = dict[str, Any]


def east(at: datetime) -> str:
    return at.astimezone(AN_HOUR_EAST).isoformat()


def short(at: datetime) -> str:
    whole, _, fraction = at.isoformat().removesuffix("+00:00").partition(".")
    return whole + (f".{fraction.rstrip('0')}" if fraction else "") + "Z"


def loose(at: datetime) -> str:
    return short(at).replace("T", " ").lower()


def counted(at: datetime) -> str:
    """Seconds since 1970, where no fraction of one is lost."""
    return short(at) if at.microsecond else str(int(at.timestamp()))


spellings = st.sampled_from([datetime.isoformat, east, short, loose, counted])


def claim_of(
    fact: Fact, spelled: Callable[[datetime], str], *, with_nulls: bool = False
) -> Claim:
    """The fact as its seller claims it: moments written so, nulls too or left out."""
    data = fact.model_dump(mode="json", exclude_none=not with_nulls)
    at = {name: spelled(v) for name, v in fact if isinstance(v, datetime)}
    return Claim(type=NAMES[type(fact)], data={**data, **at})


def decided(claims: Sequence[Claim], at: datetime = AS_OF - DAY) -> AppealDecided:
    return AppealDecided(
        seller_id="s-1",
        appeal_id="a-1",
        upheld=bool(claims),
        claims=tuple(claims),
        note="So it is",
        decided_at=at,
    )


claimed = facts.filter(lambda fact: type(fact) in MEANT).map(
    lambda fact: fact.model_copy(update={"seller_id": "s-1"})
)
claims = st.builds(claim_of, claimed, spellings, with_nulls=st.booleans())
appeals = st.tuples(st.builds(decided, st.lists(claims, max_size=3), moments), lateness)
histories = st.lists(st.one_of(told, told, told, appeals), min_size=1, max_size=30).map(
    recorded
)


def rows_of(told: Sequence[Received]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is known of s-1: a row once, as it came first."""
    said = said_in(in_columns(r for r in told if r.fact.seller_id == "s-1"))
    keys = (["event_id", "metric", "says"], ["event_id"])
    sayings, listings = (
        pl.concat(
            [schema.to_frame(), *(rows.select(schema.names()) for rows in some)]
        ).unique(key, keep="first", maintain_order=True)
        for schema, some, key in zip((SAYINGS, LISTINGS), said, keys, strict=True)
    )
    return sayings, listings


def published(told: Sequence[Received], ids: Collection[str]) -> list[dict[str, Any]]:
    """The facts with these ids, as `market evidence` finds them in Kafka."""
    found = (Published("-", 0, r.envelope, encode(r.fact)[1]) for r in told)
    return facts_behind(found, "s-1", ids)


def bundle_with_facts(
    told: Sequence[Received], as_of: datetime = AS_OF, known_at: datetime | None = None
) -> Bundle:
    """A bundle as far as the script looks at it: not judged, which would take longest."""
    known_at = known_at or max(r.envelope.recordedtime for r in told)
    known = (pl.col("at") <= as_of) & (pl.col("recorded_at") <= known_at)
    sayings, listings = (rows.filter(known) for rows in rows_of(told))
    had_come = {"places": {"performance": len(told)}, "aside": {}}
    basis = {"seller_id": "s-1", "as_of": as_of, "known_at": known_at, **had_come}
    said = {"sayings": sayings.to_dicts(), "listings": listings.to_dicts()}
    ids = {*sayings["event_id"], *listings["event_id"]}
    read: Bundle = json.loads(to_json({**basis, **said, "facts": published(told, ids)}))
    return read


def lines_of(bundle: Bundle) -> list[Bundle]:
    return [*bundle["sayings"], *bundle["listings"]]


def others(row: Bundle, name: str, ids: set[str]) -> list[Any]:
    """What a field of a row could say instead."""
    match row[name]:
        case _ if name in {"at", "recorded_at"}:
            return [
                (datetime.fromisoformat(row[name]) + by).isoformat() for by in (DAY, -TICK)
            ]
        case None:
            return ["o-99"] if name == "part_of" else [0, 7]
        case int(number):
            return [number + 1, None]
        case text if name == "event_id":
            return [*(ids - {text}), "-"] if text in ids else []
        case text:
            return [f"{text}-9"]


@settings(max_examples=300, deadline=None)
@given(histories, as_ofs, st.none() | moments)
def test_what_a_bundle_says_is_what_its_facts_say(
    told: list[Received], as_of: datetime, known_at: datetime | None
) -> None:
    assert verify(json.dumps(bundle_with_facts(told, as_of, known_at))) == 0


@settings(max_examples=200, deadline=None)
@given(histories, st.data())
def test_no_field_of_what_is_said_can_be_another(
    told: list[Received], data: st.DataObject
) -> None:
    bundle = bundle_with_facts(told)
    assume(lines_of(bundle))
    row = data.draw(st.sampled_from(lines_of(bundle)))
    name = data.draw(st.sampled_from(sorted(row)))
    instead = others(row, name, {fact["id"] for fact in bundle["facts"]})
    assume(instead)
    row[name] = data.draw(st.sampled_from(instead))

    assert verify(json.dumps(bundle)) == 1


@settings(max_examples=100, deadline=None)
@given(histories, st.sampled_from(["sayings", "listings"]), st.data())
def test_nothing_is_said_twice_or_left_out(
    told: list[Received], kind: str, data: st.DataObject
) -> None:
    bundle = bundle_with_facts(told)
    assume(bundle[kind])
    place = data.draw(st.integers(0, len(bundle[kind]) - 1))
    twice = [*bundle[kind], bundle[kind][place]]
    without = [row for n, row in enumerate(bundle[kind]) if n != place]

    assert verify(json.dumps({**bundle, kind: twice})) == 1
    assert verify(json.dumps({**bundle, kind: without})) == 1


@settings(max_examples=100, deadline=None)
@given(histories, st.data())
def test_no_fact_can_be_missing_that_something_follows_from(
    told: list[Received], data: st.DataObject
) -> None:
    bundle = bundle_with_facts(told)
    assume(lines_of(bundle))
    found, named = bundle["facts"], {row["event_id"] for row in lines_of(bundle)}
    name = data.draw(st.sampled_from(sorted(named)))
    of_claims = name not in {fact["id"] for fact in found}
    fewer = [
        fact
        for fact in found
        if fact["id"] != name and not (of_claims and "claims" in fact["data"])
    ]

    assert verify(json.dumps({**bundle, "facts": fewer})) == 1


def test_what_happened_to_another_seller_says_nothing_of_this_one() -> None:
    bundle = bundle_with_facts(received([placed()]))
    bundle["facts"][0]["data"]["seller_id"] = "s-2"

    assert verify(json.dumps(bundle)) == 1


def test_all_that_says_anything_is_looked_at() -> None:
    assert {*verify_facts.RULES, *verify_facts.LISTINGS} == {*written_as(MEANT)}


ACCEPTED: Final = accepted(AS_OF - 19 * DAY - timedelta(seconds=0.5))


SPLIT: Final = OrderSplit(
    seller_id="s-1",
    order_id="o-1",
    new_order_id="o-2",
    line_ids=("l-1",),
    split_at=ACCEPTED.accepted_at,
    completed_at=ACCEPTED.accepted_at,
)


def appealed(*claims: Claim) -> Bundle:
    return bundle_with_facts(received([placed(), decided(claims), decided(claims)]))


@pytest.mark.parametrize("spelled", [datetime.isoformat, east, short, loose])
def test_an_upheld_claim_counts_once_however_it_writes_its_moment(
    spelled: Callable[[datetime], str],
) -> None:
    bundle = appealed(
        claim_of(ACCEPTED, spelled), claim_of(ACCEPTED, short, with_nulls=True)
    )

    assert {row["says"] for row in bundle["sayings"]} == {"opened", "due", "kept"}
    assert verify(json.dumps(bundle)) == 0


def test_a_claim_counts_once_whether_or_not_it_says_that_it_has_no_parts() -> None:
    whole = claim_of(SPLIT, short)
    without = {name: value for name, value in whole.data.items() if name != "parts"}

    bundle = appealed(whole, Claim(type=whole.type, data=without))

    assert verify(json.dumps(bundle)) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"upheld": False},
        {"claims": [claim_of(accepted(order_id="o-2"), short).model_dump()]},
        {"claims": []},
    ],
)
def test_what_no_decision_upheld_is_no_claim_that_counts(change: Bundle) -> None:
    bundle = appealed(claim_of(ACCEPTED, short))
    for fact in bundle["facts"]:
        fact["data"] |= change if "claims" in fact["data"] else {}

    assert verify(json.dumps(bundle)) == 1


@pytest.mark.parametrize(
    "had_come",
    [
        {"places": {}, "aside": {}},
        {"places": {"performance": 3}, "aside": {"performance": [2]}},
    ],
)
def test_a_decision_that_had_not_come_says_nothing_yet(had_come: Bundle) -> None:
    told = received([placed(), decided([claim_of(ACCEPTED, short)])])
    bundle = bundle_with_facts(told[:1]) | {"known_at": AS_OF.isoformat()} | had_come
    bundle["facts"] = published(told, {"none"} | {fact["id"] for fact in bundle["facts"]})

    assert verify(json.dumps(bundle)) == 0
    both_came = {"places": {"performance": 2}, "aside": {}}
    assert verify(json.dumps({**bundle, **both_came})) == 1


def test_parcels_that_no_fact_tells_of_do_not_count_as_sent() -> None:
    orders = [f"o-{n}" for n in range(20)]
    told = received(f for o in orders for f in (placed(o), accepted(order_id=o)))
    said = bundle_with_facts(told)
    due, listings = rows_of(told)
    on_time = due.filter(metric="shipping.on_time", says="due")
    kept = on_time.with_columns(says=pl.lit("kept", due.schema["says"]))
    basis = {name: said[name] for name in ("seller_id", "places", "aside", "known_at")}
    bundles = [
        bundle_of({**basis, "as_of": AS_OF}, (rows, listings), POLICY, AS_OF)
        for rows in (due, pl.concat([due, kept]))
    ]
    honest, dishonest = (
        json.dumps({**content, "digest": digest_of(content), "facts": said["facts"]})
        for content in bundles
    )

    recomputed: Callable[[str], int] = verify_evidence.main
    assert [content["level"] for content in bundles] == ["limit", "star"]
    assert [recomputed(bundle) for bundle in (honest, dishonest)] == [0, 0]
    assert [verify(bundle) for bundle in (honest, dishonest)] == [0, 1]


@pytest.fixture
def served(fresh_database: str) -> Iterator[tuple[TestClient, Engine]]:
    with selling(fresh_database) as both:
        yield both


def test_the_bundle_of_the_service_and_its_facts_say_the_same(
    served: tuple[TestClient, Engine], tmp_path: Path
) -> None:
    http, engine = served
    claims = [claim_of(fact, east) for fact in (shipped(), listed(AS_OF - DAY))]
    appeal = later([(decided(claims), timedelta())])
    tell(engine, appeal)
    bundle = got(http, OF_S1, as_of=AS_OF.isoformat())
    told = [*recorded((fact, timedelta()) for fact in busy_months()), *appeal]
    ids = {row["event_id"] for row in lines_of(bundle)}
    bundle["facts"] = published(told, ids)

    code, said = verified(bundle, tmp_path, SCRIPT)
    assert (code, said.splitlines()[-1]) == (0, "all as told")
    bundle["facts"].pop()
    code, said = verified(bundle, tmp_path, SCRIPT)
    assert (code, said.splitlines()[-1]) == (1, "WRONG")
    assert "no fact says so: " in said
    del bundle["facts"]
    none = "no facts in it: ask `market evidence` without --no-facts\n"
    assert verified(bundle, tmp_path, SCRIPT) == (2, none)


def test_the_script_can_be_read_in_one_sitting() -> None:
    assert len([line for line in SCRIPT.read_text().splitlines() if line]) <= 110
