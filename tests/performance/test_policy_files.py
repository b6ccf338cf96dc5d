"""Policies out of files: what is wrong is said with its file, its field and the remedy."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from services.performance.adapters.policies import policies_in
from services.performance.app import PolicySettings, policies_of
from services.performance.model.policy import PolicyWrong, load_policies, policy_at
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
        ({"surprise": 1}, "surprise: there is no such field: leave it out, or correct"),
        ({"version": "a/b"}, "version: String should match pattern"),
        ({"enough_due": 0}, "enough_due: Input should be greater than 0"),
        ({"long_window_days": 9_999}, "long_window_days: Input should be less than or"),
        ({"z": float("inf")}, "z: Input should be less than or equal to 10"),
        (
            {"applies_from": datetime(2026, 5, 1)},  # noqa: DTZ001 - naive on purpose
            "applies_from: it has no time zone: give it one",
        ),
        ({"applies_from": 5}, "applies_from: Value error, write a time as ISO 8601"),
        ({"holidays": ["soon"]}, "holidays.0: Value error, write a time as ISO 8601"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], why: str) -> None:
    said = SHIPPED.model_dump(exclude_none=True) | changes

    assert refused(a=toml_of(said)).startswith(f"a.toml: {why}")


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff")

    assert refused(a="z = ").startswith("a.toml: it is no TOML: ")
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
