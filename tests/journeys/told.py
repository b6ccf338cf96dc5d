"""A script of the project, run as whoever reads it runs it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_OUTSIDE: Final = {"MARKET_HOME", "KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"}


def told_by(script: str, folder: Path, within_s: int) -> subprocess.CompletedProcess[str]:
    """Run `script` on a platform of its own that leaves nothing in `folder`."""
    inherited = {name: said for name, said in os.environ.items() if name not in _OUTSIDE}
    return subprocess.run(  # noqa: S603 - this project's own
        [sys.executable, "-m", script],
        cwd=ROOT,
        env={**inherited, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=within_s,
    )
