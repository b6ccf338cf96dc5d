"""Evidence bundles: an honest one verifies, whatever happened, and no other does."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from hypothesis import assume, given, settings, strategies as st
from sqlalchemy import Engine

from kit.consumers.records import Received
from scripts import verify_evidence
from services.performance.model.policy import Policy
from services.performance.model.scorecard import sellers
from services.performance.queries.evidence import bundle_of, digest_of
from tests.performance.facts import accepted, placed
from tests.performance.history import histories
from tests.performance.selling import got, selling
from tests.performance.test_scorecard_laws import as_ofs, policies
from tests.performance.world import AS_OF, DAY, POLICY, received, sayings_of

SCRIPT: Final = Path("scripts/verify_evidence.py")
verify: Final[Callable[[str], int]] = verify_evidence.main
OF_S1: Final = "/sellers/s-1/evidence"


def verified(bundle: dict[str, Any], folder: Path) -> tuple[int, str]:
    """Run the script as a stranger would: alone, and isolated from all of ours."""
    file = folder / "bundle.json"
    file.write_text(json.dumps(bundle))
    run = [sys.executable, "-I", "-S", str(SCRIPT), str(file)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert not done.stderr
    return done.returncode, done.stdout


def of(told: list[Received], policy: Policy, as_of: datetime) -> dict[str, Any] | None:
    mine = [r for r in told if r.fact.seller_id == "s-1"]
    rows = sayings_of(mine)
    if sellers(*rows, as_of).is_empty():
        return None
    known_at = max(r.envelope.recordedtime for r in mine)
    basis = {"seller_id": "s-1", "as_of": as_of, "known_at": known_at}
    until = [each.filter(each["at"] <= as_of) for each in rows]
    return signed(bundle_of(basis, (until[0], until[1]), policy, as_of))


def signed(bundle: dict[str, Any]) -> dict[str, Any]:
    content = {name: value for name, value in bundle.items() if name != "digest"}
    return {**content, "digest": digest_of(content)}


@settings(max_examples=150, deadline=None)
@given(histories, policies, as_ofs)
def test_an_honest_bundle_verifies_whatever_happened(
    told: list[Received], policy: Policy, as_of: datetime
) -> None:
    bundle = of(told, policy, as_of)
    if bundle is not None:
        assert verify(json.dumps(bundle)) == 0


def facts_of(told: list[Received]) -> list[dict[str, Any]]:
    """The facts as published, as far as the script looks at them."""
    return [
        {
            "id": str(r.envelope.id),
            "seller_id": r.fact.seller_id,
            "data": r.fact.model_dump(mode="json"),
        }
        for r in told
    ]


@settings(max_examples=60, deadline=None)
@given(histories, st.data())
def test_what_a_bundle_says_is_said_by_its_facts_and_not_without_them(
    told: list[Received], data: st.DataObject
) -> None:
    bundle = of(told, POLICY, AS_OF)
    assume(bundle is not None)
    assert bundle is not None
    facts = facts_of(told)
    assert verify(json.dumps({**bundle, "facts": facts})) == 0

    said = {row["event_id"] for row in (*bundle["sayings"], *bundle["listings"])}
    name = data.draw(st.sampled_from(sorted(said)))
    fewer = [fact for fact in facts if fact["id"] != name]
    assert verify(json.dumps({**bundle, "facts": fewer})) == 1
    others = [fact | ({"seller_id": "s-9"} if fact["id"] == name else {}) for fact in facts]
    for fact in others:
        fact["data"] = {key: v for key, v in fact["data"].items() if key != "seller_id"}
    assert verify(json.dumps({**bundle, "facts": others})) == 1


@pytest.mark.parametrize("order", ["o-1", "o-2"])
def test_a_claim_is_backed_by_the_decision_that_upheld_it(order: str) -> None:
    told = received([placed(), accepted(AS_OF - 19 * DAY)])
    bundle = of(told, POLICY, AS_OF)
    assert bundle is not None
    known, claimed = facts_of(told)
    claims = [{"type": "orders.order-accepted.v1", "data": claimed["data"]}]
    claims[0]["data"]["order_id"] = order
    decision = {"id": "e-9", "seller_id": "s-1", "data": {"claims": claims}}

    wrong = verify(json.dumps({**bundle, "facts": [known, decision]}))

    assert wrong == (order != "o-1")


@settings(max_examples=60, deadline=None)
@given(histories, policies, st.data())
def test_a_bundle_with_another_result_does_not_verify_however_it_is_signed(
    told: list[Received], policy: Policy, data: st.DataObject
) -> None:
    bundle = of(told, policy, AS_OF)
    assume(bundle is not None and bundle["cards"])
    assert bundle is not None
    card = data.draw(st.sampled_from(bundle["cards"]))
    field = data.draw(st.sampled_from(["due", "kept", "rate", "level", "window_days"]))
    others = [
        each for each in ("limit", "star", "good", 7, 0.5, 999) if each != card[field]
    ]
    card[field] = data.draw(st.sampled_from(others))

    assert verify(json.dumps(signed(bundle))) == 1


@pytest.fixture
def served(fresh_database: str) -> Iterator[tuple[TestClient, Engine]]:
    with selling(fresh_database) as both:
        yield both


Tamper = Callable[[dict[str, Any]], None]


def drop_a_saying(bundle: dict[str, Any]) -> None:
    bundle["sayings"].pop()


def add_a_saying(bundle: dict[str, Any]) -> None:
    made_up = {"metric": "acceptance.timely", "says": "kept", "subject_id": "o-13"}
    bundle["sayings"].append(bundle["sayings"][0] | made_up | {"event_id": "-"})


def ease_the_policy(bundle: dict[str, Any]) -> None:
    bundle["policy"]["standards"]["acceptance.timely"]["limit"] = 0.1


def rename_a_fact(bundle: dict[str, Any]) -> None:
    bundle["listings"][0]["event_id"] = "-"


def praise(bundle: dict[str, Any]) -> None:
    bundle["level"] = "star"


def move_the_question(bundle: dict[str, Any]) -> None:
    bundle["as_of"] = "2026-04-02T00:00:00Z"


TAMPERINGS: Final = (
    drop_a_saying,
    add_a_saying,
    ease_the_policy,
    rename_a_fact,
    praise,
    move_the_question,
)


def test_the_bundle_of_the_service_verifies_alone_and_no_tampered_one_does(
    served: tuple[TestClient, Engine], tmp_path: Path
) -> None:
    http, _ = served
    bundle = got(http, OF_S1, as_of=AS_OF.isoformat())

    code, said = verified(bundle, tmp_path)
    assert (code, said.splitlines()[-1]) == (0, "all as told")
    assert http.get(bundle["again"]).json() == bundle
    for tamper in TAMPERINGS:
        changed = deepcopy(bundle)
        tamper(changed)
        code, said = verified(changed, tmp_path)
        assert (code, said.splitlines()[-1]) == (1, "WRONG"), tamper


def test_what_was_not_known_by_then_is_no_evidence(
    served: tuple[TestClient, Engine], tmp_path: Path
) -> None:
    http, _ = served
    bundle = got(http, OF_S1, as_of=AS_OF.isoformat())
    bundle["sayings"][0]["recorded_at"] = "2999-01-01T00:00:00Z"

    code, said = verified(signed(bundle), tmp_path)

    assert code == 1
    assert f"no evidence: {bundle['sayings'][0]['event_id']}" in said


def test_the_script_can_be_read_in_one_sitting() -> None:
    assert len([line for line in SCRIPT.read_text().splitlines() if line]) <= 100
