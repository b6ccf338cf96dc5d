"""Policies out of files: what is wrong is said with its file, its field and the remedy."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError

from services.performance.adapters.policies import policies_in
from services.performance.app import PolicySettings, policies_of
from services.performance.model.policy import Policy, PolicyWrong, load_policies, policy_at
from services.performance.model.policy_files import read_policies
from tests.performance.policy_files import (
    MAY,
    SHIPPED,
    as_toml,
    changed,
    in_folder,
    strict_from,
    toml_of,
)

NEWER = strict_from(MAY)
TIMELY = "standards.acceptance.timely"
EXTRA = "there is no such field: leave it out, or correct its name"
WHOLE = "it is no whole number: give one, without quotes"
NO_ZONE = "it has no time zone: give it one, such as 2025-03-30T00:00:00Z"
NO_MOMENT = "it is no moment: write one with its offset, such as 2026-05-01T00:00:00Z"
NO_DAY = "it is no day: write one such as 2026-12-25"
NO_TABLE = "it is no table of fields: give each of its fields by name"
REMEDIES = r"\b(give|leave it out|write|use|let|swap|metrics are)\b"
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**30),
    st.floats(),
    st.text(max_size=70),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=14))])),
)
anything = st.one_of(
    plain, st.lists(plain, max_size=3), st.dictionaries(st.text(max_size=9), plain)
)
"""What a file may say, or JSON."""


def standard(**changes: object) -> dict[str, object]:
    """All standards, one of them otherwise."""
    standards = SHIPPED.model_dump(exclude_none=True)["standards"]
    timely = standards["acceptance.timely"] | changes
    given = {name: value for name, value in timely.items() if value is not None}
    return {"standards": standards | {"acceptance.timely": given}}


def written(said: dict[str, Any]) -> str:
    """The TOML of anything, its holidays as they are."""
    plainly = {n: sorted(v) if isinstance(v, frozenset) else v for n, v in said.items()}
    return tomlkit.dumps({n: v for n, v in plainly.items() if v is not None})


def refused(**texts: str) -> str:
    with pytest.raises(PolicyWrong) as why:
        read_policies({f"{name}.toml": text for name, text in texts.items()})
    return str(why.value)


def test_a_folder_of_files_is_read_the_oldest_first_and_shadows_last(
    tmp_path: Path,
) -> None:
    newest = strict_from(MAY + timedelta(days=9), "2026-06", holidays=[date(2026, 12, 25)])
    shadow = strict_from(None, "a-trial", shadow=True)

    found = policies_in(in_folder(tmp_path, newest, shadow, NEWER, SHIPPED))

    assert found == (SHIPPED, NEWER, newest, shadow)


def test_the_latest_that_has_begun_applies_and_a_shadow_never_does(tmp_path: Path) -> None:
    shadow = strict_from(MAY - timedelta(days=9), "a-trial", shadow=True)
    found = policies_in(in_folder(tmp_path, shadow, NEWER, SHIPPED))

    assert policy_at(MAY, found) == NEWER
    assert policy_at(MAY - timedelta(microseconds=1), found) == SHIPPED


def test_one_file_alone_will_do(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(as_toml(SHIPPED))

    assert policies_in(file) == (SHIPPED,)


def test_the_digest_is_of_what_is_said_however_it_is_written() -> None:
    written = "# a note\n" + as_toml(SHIPPED).replace("shadow = false\n", "")
    (read,) = read_policies({"a.toml": written})

    assert read.digest == SHIPPED.digest
    assert len({SHIPPED.digest, NEWER.digest, changed(holidays=[MAY.date()]).digest}) == 3


@pytest.mark.parametrize(
    ("line", "instead", "why"),
    [
        ("star = 0.98", "star = 0.9", "star (0.9) lies under warn (0.97): {DESCEND}"),
        ("limit = 0.95", "limit = 0.98", "warn (0.97) lies under limit (0.98): {DESCEND}"),
    ],
)
def test_thresholds_the_wrong_way_round_are_named(
    line: str, instead: str, why: str
) -> None:
    wrong = as_toml(SHIPPED).replace(line, instead, 1)

    said = why.replace("{DESCEND}", "let star >= warn >= limit")
    assert refused(a=wrong) == f"a.toml: standards.acceptance.timely: {said}"


def test_two_policies_from_the_same_day_are_refused() -> None:
    other = as_toml(NEWER, version="2026-05b")

    assert refused(a=as_toml(SHIPPED), b=as_toml(NEWER), c=other) == (
        "c.toml: applies_from: b.toml applies from 2026-05-01T00:00:00+00:00 too; give one "
        "of them another moment, or mark it `shadow = true`"
    )
    assert refused(a=as_toml(SHIPPED), b=as_toml(SHIPPED, version="b")) == (
        "b.toml: applies_from: a.toml applies from the beginning of time too; give one of "
        "them another moment, or mark it `shadow = true`"
    )


def test_a_time_without_any_policy_is_refused() -> None:
    assert refused(b=as_toml(NEWER)) == (
        "b.toml: applies_from: no policy applies from the beginning of time; leave "
        "applies_from out of the oldest one that is no shadow"
    )


def test_a_version_twice_is_refused() -> None:
    assert refused(a=as_toml(SHIPPED), b=as_toml(SHIPPED, shadow=True)) == (
        "b.toml: version: '2026-01' is that of a.toml too; give each policy a version of "
        "its own"
    )


def test_a_missing_and_an_unknown_metric_are_named() -> None:
    said = SHIPPED.model_dump(exclude_none=True)
    standards = dict(said["standards"])
    some = standards.pop("shipping.tracked")

    missing = toml_of(said | {"standards": standards})
    unknown = toml_of(said | {"standards": said["standards"] | {"shipping.fast": some}})

    assert refused(a=missing) == (
        "a.toml: standards: shipping.tracked is missing: give each its standard"
    )
    assert refused(a=unknown).startswith(
        "a.toml: standards: shipping.fast is unknown; metrics are: acceptance.accepted, "
    )


def test_windows_the_wrong_way_round_are_refused() -> None:
    assert refused(a=as_toml(SHIPPED, window_days=91)) == (
        "a.toml: long_window_days: window_days (91) is longer: swap the two"
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"surprise": 1}, f"surprise: {EXTRA}"),
        ({"version": None}, "version: it is missing: give it"),
        ({"version": 7}, "version: it is no text: write it in quotes"),
        (
            {"version": "a/b"},
            (
                "version: it is no version: use letters, digits, dots, dashes and "
                "underscores, and begin with a letter or a digit, such as 2026-05"
            ),
        ),
        (
            {"version": "v" * 65},
            "version: it is too long: give 64 characters at most",
        ),
        ({"enough_due": 0}, "enough_due: it is out of range: give more than 0"),
        (
            {"window_days": "30"},
            "window_days: it is no whole number: give one, without quotes",
        ),
        ({"window_days": True}, f"window_days: {WHOLE}"),
        ({"window_days": 1.5}, f"window_days: {WHOLE}"),
        (
            {"long_window_days": 9_999},
            "long_window_days: it is out of range: give 3660 or less",
        ),
        ({"z": float("inf")}, "z: it is out of range: give 10 or less"),
        ({"z": "1.6"}, "z: it is no number: give one, without quotes"),
        ({"shadow": "yes"}, "shadow: it is neither true nor false: give one of them, "),
        ({"applies_from": datetime(2026, 5, 1)}, f"applies_from: {NO_ZONE}"),  # noqa: DTZ001 - naive on purpose
        ({"applies_from": date(2026, 5, 1)}, f"applies_from: {NO_ZONE}"),
        ({"applies_from": 5}, f"applies_from: {NO_MOMENT}"),
        ({"applies_from": "2026-05-01T25:00:00Z"}, f"applies_from: {NO_MOMENT}"),
        ({"applies_from": time(7)}, f"applies_from: {NO_MOMENT}"),
        ({"holidays": ["soon"]}, f"holidays.0: {NO_DAY}"),
        ({"holidays": [MAY.date(), "2026-02-30"]}, f"holidays.1: {NO_DAY}"),
        ({"holidays": [datetime(2026, 5, 1, 9, tzinfo=UTC)]}, f"holidays.0: {NO_DAY}"),
        ({"holidays": "2026-12-25"}, "holidays: it is no list: write its entries in [ ]"),
        ({"standards": 1}, f"standards: {NO_TABLE}"),
        ({"standing": [1]}, f"standing: {NO_TABLE}"),
        (standard(warn="0.9"), f"{TIMELY}.warn: it is no number: give one, without quotes"),
        (standard(warn=97), f"{TIMELY}.warn: it is out of range: give 1 or less"),
        (standard(limit=-0.1), f"{TIMELY}.limit: it is out of range: give 0 or more"),
        (standard(limit=float("nan")), f"{TIMELY}.limit: it is out of range: give 1"),
        (standard(limit=None), f"{TIMELY}.limit: it is missing: give it"),
        (standard(hours=24), f"{TIMELY}.hours: {EXTRA}"),
        ({"standards": {"acceptance.timely": 0.9}}, f"{TIMELY}: {NO_TABLE}"),
    ],
)
def test_a_wrong_field_is_named_with_the_remedy(
    changes: dict[str, object], why: str
) -> None:
    said = SHIPPED.model_dump(exclude_none=True) | changes

    assert refused(a=written(said)).startswith(f"a.toml: {why}")


def test_more_holidays_than_years_have_are_refused() -> None:
    days = ", ".join(f"{date.fromordinal(n)}" for n in range(1, 5_002))
    many = as_toml(SHIPPED).replace("holidays = []", f"holidays = [{days}]")

    assert refused(a=many) == "a.toml: holidays: there are too many: give 5000 at most"


def test_all_wrong_fields_are_named_at_once() -> None:
    said = SHIPPED.model_dump(exclude_none=True) | {"z": 0, "enough_due": "many"}

    assert refused(a=written(said)) == (
        "a.toml: enough_due: it is no whole number: give one, without quotes; "
        "z: it is out of range: give more than 0"
    )


@settings(max_examples=100, deadline=None)
@given(st.data(), anything)
def test_whatever_is_wrong_is_said_in_words_of_ours(
    data: st.DataObject, value: object
) -> None:
    said: Any = SHIPPED.model_dump(exclude_none=True)
    place = said
    name = data.draw(st.sampled_from([*place, "applies_from", "other"]))
    while isinstance(place.get(name), dict) and data.draw(st.booleans()):
        place = place[name]
        name = data.draw(st.sampled_from([*place, "other"]))
    place[name] = value

    try:
        Policy.model_validate(said)
    except ValidationError as why:
        for fault in why.errors():
            assert fault["type"] == "policy"
            assert re.search(REMEDIES, fault["msg"]), fault["msg"]
            assert not re.search("Input|Value error|should|valid|None", fault["msg"])


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff")

    assert refused(a="z = ") == (
        "a.toml: it is no TOML: Invalid value (at end of document); correct it there"
    )
    with pytest.raises(PolicyWrong, match=r"it is no text"):
        policies_in(tmp_path / "bytes.toml")
    with pytest.raises(PolicyWrong, match=r"none: no policy can be read there \(No such"):
        policies_in(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PolicyWrong, match=r"there is no \*\.toml in it: put"):
        policies_in(tmp_path / "empty")


def test_the_service_does_not_start_with_a_bad_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICIES", str(in_folder(tmp_path, NEWER)))

    with pytest.raises(SystemExit, match=r"POLICIES: .*2026-05\.toml: applies_from: no"):
        policies_of(PolicySettings())
    in_folder(tmp_path, SHIPPED)
    assert policies_of(PolicySettings()) == (SHIPPED, NEWER)
    monkeypatch.delenv("POLICIES")
    assert policies_of(PolicySettings()) == load_policies()
