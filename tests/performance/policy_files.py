"""Policies for tests: the one that ships, changed, and as files."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomlkit

from services.performance.model.policy import Policy, load_policies

SHIPPED = load_policies()[0]
MAY = datetime(2026, 5, 1, tzinfo=UTC)


def changed(**changes: object) -> Policy:
    """The policy that ships, but for `changes`."""
    return Policy.model_validate({**SHIPPED.model_dump(), **changes})


def with_standard(metric: str, policy: Policy = SHIPPED, **changes: object) -> Policy:
    """That policy, with other figures for one metric."""
    said = policy.model_dump()
    standard = {**said["standards"][metric], **changes}
    return Policy.model_validate(
        {**said, "standards": {**said["standards"], metric: standard}}
    )


def strict_from(moment: datetime | None, version: str = "2026-05", **more: Any) -> Policy:  # noqa: ANN401 - any field
    """A policy that lets nobody off who was late once."""
    policy = changed(version=version, applies_from=moment, enough_due=2, **more)
    return with_standard("acceptance.timely", policy, star=1.0, warn=1.0, limit=1.0)


def beginning(policy: Policy, moment: datetime) -> Policy:
    """That policy, under another version, from then on."""
    return policy.model_copy(update={"version": "later", "applies_from": moment})


def as_toml(policy: Policy, **changes: object) -> str:
    """The file that says it, but for `changes` at its top."""
    return toml_of({**policy.model_dump(exclude_none=True), **changes})


def toml_of(said: Mapping[str, Any]) -> str:
    """The TOML of what a policy says."""
    plain = {**said, "holidays": sorted(said.get("holidays", ()))}
    return tomlkit.dumps(
        {name: value for name, value in plain.items() if value is not None}
    )


def in_folder(folder: Path, *policies: Policy) -> Path:
    """A folder with a file for each."""
    folder.mkdir(exist_ok=True)
    for policy in policies:
        (folder / f"{policy.version}.toml").write_text(as_toml(policy))
    return folder
