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
from tests.performance.history import histories
from tests.performance.selling import got, selling
from tests.performance.test_scorecard_laws import as_ofs, policies
from tests.performance.world import AS_OF, sayings_of

SCRIPT: Final = Path("scripts/verify_evidence.py")
verify: Final[Callable[[str], int]] = verify_evidence.main
OF_S1: Final = "/sellers/s-1/evidence"


def verified(
    bundle: dict[str, Any], folder: Path, script: Path = SCRIPT
) -> tuple[int, str]:
    """Run a script as a stranger would: alone, and isolated from all of ours."""
    file = folder / "bundle.json"
    file.write_text(json.dumps(bundle))
    run = [sys.executable, "-I", "-S", str(script), str(file)]
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
    more = "facts: check them with verify_facts.py"
    assert more not in said
    assert verified({**bundle, "facts": [{}]}, tmp_path)[1].splitlines()[-2] == more
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
