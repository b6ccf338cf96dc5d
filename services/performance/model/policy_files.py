"""Policies as files: each read for itself, and checked as a set.

So few things can be wrong: a policy ends where the next begins, so none states an end.
"""

from collections.abc import Iterable, Mapping, Sequence
from tomllib import TOMLDecodeError, loads

from pydantic import ValidationError

from services.performance.model.policy_terms import Policy


class PolicyWrong(ValueError):  # noqa: N818 - reads as English where raised
    """Policies that nobody can be judged by; it names the file, the field, the remedy."""


def read_policies(texts: Mapping[str, str]) -> Sequence[Policy]:
    """Return the policies of TOML files, checked as a set: the oldest first, then shadows.

    Shape: `texts` by the names of their files.

    Raises:
        PolicyWrong: One is none, or they contradict each other.
    """
    named = [(name, read_policy(name, text)) for name, text in sorted(texts.items())]
    _versions_differ(named)
    official = [(name, policy) for name, policy in named if not policy.shadow]
    _days_differ(official)
    later = {policy.applies_from: policy for _, policy in official}
    first = later.pop(None, None)
    if first is None:
        raise PolicyWrong(
            f"{_files(texts)}: applies_from: no policy applies from the beginning of time; "
            "leave applies_from out of the oldest one that is no shadow"
        )
    shadows = [policy for _, policy in named if policy.shadow]
    in_order = [later[start] for start in sorted(start for start in later if start)]
    return (first, *in_order, *shadows)


def read_policy(name: str, text: str) -> Policy:
    """Return the policy that a TOML file says.

    Raises:
        PolicyWrong: It is no TOML, or no policy.
    """
    try:
        return Policy.model_validate(loads(text))
    except TOMLDecodeError as why:
        raise PolicyWrong(f"{name}: it is no TOML: {why}; correct it there") from None
    except ValidationError as why:
        raise PolicyWrong(f"{name}: {_fields(why)}") from None


def _fields(why: ValidationError) -> str:
    said = ((".".join(map(str, fault["loc"])), fault["msg"]) for fault in why.errors())
    return "; ".join(f"{field}: {reason}" for field, reason in said)


def _versions_differ(named: Iterable[tuple[str, Policy]]) -> None:
    files: dict[str, str] = {}
    for name, policy in named:
        other = files.setdefault(policy.version, name)
        if other != name:
            raise PolicyWrong(
                f"{name}: version: {policy.version!r} is that of {other} too; give each "
                "policy a version of its own"
            )


def _days_differ(official: Iterable[tuple[str, Policy]]) -> None:
    files: dict[object, str] = {}
    for name, policy in official:
        other = files.setdefault(policy.applies_from, name)
        if other != name:
            when = policy.applies_from
            since = "the beginning of time" if when is None else when.isoformat()
            raise PolicyWrong(
                f"{name}: applies_from: {other} applies from {since} too; give one of them "
                "another moment, or mark it `shadow = true`"
            )


def _files(texts: Iterable[str]) -> str:
    return ", ".join(sorted(texts)) or "no file"
