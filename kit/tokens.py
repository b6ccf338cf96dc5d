"""Tokens that say who is asking: JSON Web Tokens, verified against pinned keys.

Source: RFC 7519, with the practices of RFC 8725: one algorithm, issuer and audience.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from joserfc import jwt
from joserfc.errors import (
    ExpiredTokenError,
    InvalidClaimError,
    JoseError,
    MissingClaimError,
)
from joserfc.jwk import ECKey, Key, KeySet, OKPKey
from joserfc.jwt import ClaimsOption
from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.fact import Id, SellerId
from kit.asker import Asker, Role

Algorithm: TypeAlias = Literal["ES256", "Ed25519"]

LONGEST: Final = 8_192
"""Characters of a token; ours have some hundred."""

_CURVES: Final[Mapping[str, str]] = {"ES256": "P-256", "Ed25519": "Ed25519"}
_REMEMBERED: Final = 10_000
_UNREADABLE: Final = (JoseError, ValueError, TypeError, KeyError, RecursionError)


class TokenRefused(Exception):  # noqa: N818 - see kit.domain.Refused
    """A token that is not good here, and why: no more than who has it may know."""


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """What a token must say to be meant for a service."""

    algorithm: Algorithm
    issuer: str
    audience: str


class _Seller(BaseModel):
    model_config = ConfigDict(strict=True)

    sub: SellerId


class _Said(BaseModel):
    model_config = ConfigDict(strict=True)

    sub: Id
    role: Role


class Verifier:
    """Tells from a token who is asking.

    Units: `leeway_s` is what clocks may differ by.
    """

    def __init__(self, keys: KeySet, terms: TokenTerms, leeway_s: int) -> None:
        self._keys, self._terms, self._leeway_s = keys, terms, leeway_s
        pinned = {"iss": terms.issuer, "aud": terms.audience}
        self._claims: dict[str, ClaimsOption] = {
            **{claim: {"essential": True} for claim in ("exp", "iat", "sub", "role")},
            **{name: {"essential": True, "value": value} for name, value in pinned.items()},
        }
        self._signed = lru_cache(maxsize=_REMEMBERED)(self._read)

    def asker_of(self, token: str, at: datetime) -> Asker:
        """Return who `token` says is asking, if it is good `at` that moment.

        Raises:
            TokenRefused: It is not, in whatever way.
        """
        claims = self._signed(token)
        now = int(at.timestamp())
        try:
            jwt.JWTClaimsRegistry(now, self._leeway_s, **self._claims).validate(claims)
        except ExpiredTokenError:
            raise TokenRefused("it is no longer valid: get a new one") from None
        except (InvalidClaimError, MissingClaimError) as why:
            raise TokenRefused(f"its claim {why.claim} is not as needed here") from None
        return _asker(claims)

    def _read(self, token: str) -> dict[str, Any]:
        """Return what is signed in `token` by a key that is known.

        Raises:
            TokenRefused: No such key signed it, or not with the algorithm that is agreed.
        """
        if len(token) > LONGEST:
            raise TokenRefused(f"it is longer than {LONGEST} characters")
        try:
            return jwt.decode(token, self._keys, [self._terms.algorithm]).claims
        except _UNREADABLE:
            raise TokenRefused("it is not signed as agreed, by a key known here") from None


def _asker(claims: Mapping[str, Any]) -> Asker:
    try:
        said = _Said.model_validate(claims)
        if said.role == "seller":
            _Seller.model_validate(claims)
    except ValidationError:
        raise TokenRefused("it does not say who is asking, in a role known here") from None
    return Asker(said.role, said.sub)


def read_keys(given: str, algorithm: Algorithm) -> str:
    """Return the key set that `given` is, or that the file has which it names.

    Shape: a JSON Web Key Set (RFC 7517) of public keys for `algorithm`.

    Raises:
        ValueError: There is none, or it has a key that is not public or not fit.
    """
    if not given.lstrip().startswith("{"):
        try:
            given = Path(given).expanduser().read_text()
        except (OSError, ValueError) as why:
            reason = (isinstance(why, OSError) and why.strerror) or "it is no text"
            raise ValueError(
                f"no key set is given, nor a file with one ({reason})"
            ) from None
    found = key_set(given)
    for key in found:
        if key.is_private:
            raise ValueError(f"key {key.kid} is private: give the public set")
        if not _fits(key, algorithm):
            raise ValueError(f"key {key.kid} is not one of {_CURVES[algorithm]}")
    return given


def key_set(text: str) -> KeySet:
    """Return the key set that `text` has.

    Raises:
        ValueError: It is none.
    """
    try:
        return KeySet.import_key_set(json.loads(text))
    except _UNREADABLE:
        raise ValueError("it is no JSON Web Key Set with a key in it") from None


def _fits(key: Key, algorithm: Algorithm) -> bool:
    kind = ECKey if algorithm == "ES256" else OKPKey
    agreed = key.get("alg") in {None, algorithm} and key.get("use") in {None, "sig"}
    return isinstance(key, kind) and key.curve_name == _CURVES[algorithm] and agreed


def sign(
    asker: Asker, key: Key, terms: TokenTerms, issued_at: datetime, valid_for: timedelta
) -> str:
    """Return a token that says `asker`, for as long as it is to be valid."""
    claims = {
        "iss": terms.issuer,
        "aud": terms.audience,
        "sub": asker.id,
        "role": asker.role,
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + valid_for).timestamp()),
    }
    header = {"alg": terms.algorithm, "kid": key.kid}
    return jwt.encode(header, claims, key, [terms.algorithm])
