"""Pin what is resolved: every version, the indirect ones too, in pyproject.toml itself.

uv's own lock file names the registry that it was made on, so it is not kept; constraints
name packages and versions alone, and hold for whoever resolves anew.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import tomlkit

PYPROJECT: Final = Path("pyproject.toml")
_EXPORT: Final = (
    "uv", "export", "--quiet", "--all-groups", "--no-emit-project", "--no-hashes",
    "--no-annotate", "--no-header",
)  # fmt: skip


_COMPILE: Final = ("uv", "pip", "compile", "--quiet", "--no-annotate", "--no-header", "-")


def resolved(command: Sequence[str], given: str | None = None) -> list[str]:
    """Return a line `name==version`, with its marker if it has one, for each package."""
    done = subprocess.run(  # noqa: S603 - our own words
        command, check=True, capture_output=True, text=True, input=given
    )
    return sorted(line.strip() for line in done.stdout.splitlines() if line.strip())


def main() -> int:
    """Resolve what pyproject.toml asks for as new as can be, and pin it there."""
    build = tomlkit.parse(PYPROJECT.read_text()).unwrap()["build-system"]["requires"]
    _pin("constraint-dependencies", [])
    Path("uv.lock").unlink(missing_ok=True)
    pins = resolved(_EXPORT)
    _pin("constraint-dependencies", pins)
    _pin("build-constraint-dependencies", resolved(_COMPILE, "\n".join(build)))
    sys.stdout.write(f"{len(pins)} versions pinned\n")
    return 0


def _pin(setting: str, versions: list[str]) -> None:
    document = tomlkit.parse(PYPROJECT.read_text())
    settings: Any = document["tool"]
    lines = tomlkit.array().multiline(multiline=True)
    lines.extend(versions)
    settings["uv"][setting] = lines
    PYPROJECT.write_text(tomlkit.dumps(document))


if __name__ == "__main__":
    sys.exit(main())
