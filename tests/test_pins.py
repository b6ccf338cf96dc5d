"""What runs is what is pinned."""

import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def pins() -> dict[str, str]:
    settings = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["uv"]
    found = [Requirement(line) for line in settings["constraint-dependencies"]]
    here = [pin for pin in found if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in here}


def test_every_version_that_runs_is_pinned() -> None:
    running = {
        canonicalize_name(found.metadata["Name"]): f"=={found.version}"
        for found in distributions()
        if found.metadata["Name"] != "juniper-market"
    }
    pinned = pins()

    assert {name: pinned.get(name) for name in running} == running


def test_no_lock_file_that_names_hosts_is_kept() -> None:
    assert "uv.lock" in Path(".gitignore").read_text().splitlines()
