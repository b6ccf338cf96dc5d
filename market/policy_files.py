"""Policies as an operator names them: a version that the service knows, or a file."""

import json
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from market.answers import WholePolicy, understood
from market.asking import AnsweredError, ask, tell
from market.errors import MarketError
from market.platform import Platform


class PolicyFileError(MarketError):
    """A file that no policy can be read from; it says which, and why."""


def names_a_file(named: str) -> bool:
    """Return whether a word means a file: it ends in .toml, has a folder, or is there."""
    path = Path(named)
    return path.suffix == ".toml" or len(path.parts) > 1 or path.is_file()


def policy_named(platform: Platform, named: str) -> WholePolicy:
    """Return the policy of a version, or of a file as the service understands it.

    Raises:
        PolicyFileError: The file is no policy.
        AnsweredError: The service knows no such version, or does not run; SilentError too.
    """
    if not names_a_file(named):
        answer = ask(platform, "performance", f"/policies/{quote(named, safe='')}")
        return understood(WholePolicy, "performance", answer)
    said = read_policy_file(Path(named))
    try:
        answer = tell(platform, "performance", "/policy-validation", said)
    except AnsweredError as why:
        raise PolicyFileError(f"{named}: {why}") from None
    return understood(WholePolicy, "performance", answer)


def read_policy_file(path: Path) -> Mapping[str, Any]:
    """Return what a TOML file says, as JSON has it.

    Raises:
        PolicyFileError: It can't be read, or is no TOML.
    """
    try:
        said = tomllib.loads(path.expanduser().read_text("utf-8"))
    except OSError as why:
        raise PolicyFileError(f"{path}: it cannot be read ({why.strerror})") from None
    except UnicodeDecodeError:
        raise PolicyFileError(f"{path}: it is no text") from None
    except tomllib.TOMLDecodeError as why:
        raise PolicyFileError(f"{path}: it is no TOML: {why}; correct it there") from None
    plain: Mapping[str, Any] = json.loads(json.dumps(said, default=_moment))
    return plain


def _moment(value: object) -> str:
    """Return a date or a time as JSON has it; TOML has no other words of its own."""
    return value.isoformat() if isinstance(value, date) else str(value)
