"""Why an embedded server could not be set up, in words that name the remedy."""

import errno
import shutil
import subprocess
from pathlib import Path

from market.errors import StartError


def explain(what: str, why: BaseException, folder: Path) -> str:
    """Return one sentence: what failed in `folder`, why, and what to do."""
    if no_space_left(why):
        return (
            f"{what}: no space left on the disk of {folder}; free some, or set MARKET_HOME "
            "to a folder on another disk"
        )
    if isinstance(why, PermissionError):
        return f"{what}: {folder} is not ours to write; set MARKET_HOME to another folder"
    return f"{what} in {folder}: {_said(why)}"


def ensure_space(folder: Path, megabytes: int) -> None:
    """Look for room before anything is written: a full disk shows itself in many ways.

    Raises:
        StartError: There is less than that on the disk of `folder`.
    """
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise StartError(
            f"no space left on the disk of {folder}: {free} MB are free, {megabytes} MB "
            "needed; free some, or set MARKET_HOME to a folder on another disk"
        )


def no_space_left(why: BaseException) -> bool:
    """Return whether `why` came of a full disk."""
    return getattr(why, "errno", None) == errno.ENOSPC or "No space left" in _said(why)


def _said(why: BaseException) -> str:
    if isinstance(why, subprocess.CalledProcessError):
        lines = (why.stderr or why.stdout or b"").decode(errors="replace").strip()
        return "; ".join(lines.splitlines()[-3:]) or str(why)
    return str(why)
