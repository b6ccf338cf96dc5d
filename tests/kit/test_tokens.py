"""Which tokens say who is asking, and which say nothing."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey

from kit.asker import Asker
from kit.tokens import (
    LONGEST,
    Algorithm,
    TokenRefused,
    TokenTerms,
    Verifier,
    key_set,
    read_keys,
    sign,
)
from market.tokens import TERMS
from tests.tokens import KEY, PUBLIC, part

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SELLER = Asker("seller", "s-1")
VERIFIER = Verifier(key_set(PUBLIC), TERMS, leeway_s=5)
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "tests"}, private=True)
CLAIMS = {
    "iss": TERMS.issuer,
    "aud": TERMS.audience,
    "sub": "s-1",
    "role": "seller",
    "iat": int(NOON.timestamp()),
    "exp": int((NOON + HOUR).timestamp()),
}


def saying(claims: Mapping[str, Any], key: ECKey = KEY) -> str:
    return jwt.encode({"alg": "ES256", "kid": "tests"}, dict(claims), key, ["ES256"])


@pytest.mark.parametrize("role", ["seller", "buyer", "operator", "service"])
def test_a_token_says_its_role_and_id(role: Any) -> None:  # noqa: ANN401 - a literal
    asker = Asker(role, "x-1")

    token = sign(asker, KEY, TERMS, NOON, HOUR)

    assert VERIFIER.asker_of(token, NOON) == asker
    assert str(asker) == f"{role}:x-1"


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519"])
def test_either_algorithm_may_be_agreed(algorithm: Algorithm) -> None:
    terms = TokenTerms(algorithm, "i", "a")
    key: Any = KEY if algorithm == "ES256" else OKPKey.generate_key("Ed25519", private=True)
    public = json.dumps(KeySet([key]).as_dict(private=False))
    verifier = Verifier(key_set(read_keys(public, algorithm)), terms, 5)

    assert verifier.asker_of(sign(SELLER, key, terms, NOON, HOUR), NOON) == SELLER


@pytest.mark.parametrize(
    ("at", "good"),
    [
        (NOON - timedelta(seconds=5), True),
        (NOON - timedelta(seconds=6), False),
        (NOON + HOUR + timedelta(seconds=4), True),
        (NOON + HOUR + timedelta(seconds=5), False),
    ],
)
def test_a_token_is_good_from_its_making_to_its_end_give_or_take_the_leeway(
    at: datetime,
    good: bool,  # noqa: FBT001 - as the examples have it
) -> None:
    token = saying(CLAIMS)
    VERIFIER.asker_of(token, NOON)  # that it was good once says nothing of another moment

    if good:
        assert VERIFIER.asker_of(token, at) == SELLER
    else:
        with pytest.raises(TokenRefused):
            VERIFIER.asker_of(token, at)


WRONG: dict[str, Mapping[str, Any]] = {
    "another issuer": {"iss": "elsewhere"},
    "another audience": {"aud": "elsewhere"},
    "several audiences, none ours": {"aud": ["a", "b"]},
    "a role that is none": {"role": "admin"},
    "several roles": {"role": ["seller", "operator"]},
    "an id that is a number": {"sub": 1},
    "an empty id": {"sub": ""},
    "an id with a NUL": {"sub": "s\0"},
    "a seller with a colon": {"sub": "s-1:p-1"},
    "an end that is no number": {"exp": "tomorrow"},
    "a making in the future": {"iat": CLAIMS["exp"]},
    "not before later": {"nbf": CLAIMS["exp"]},
    **{f"no {claim}": {claim: None} for claim in CLAIMS},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_a_token_that_says_something_else_is_refused(changed: Mapping[str, Any]) -> None:
    said = {
        name: value for name, value in {**CLAIMS, **changed}.items() if value is not None
    }

    with pytest.raises(TokenRefused):
        VERIFIER.asker_of(saying(said), NOON)


GOOD = saying(CLAIMS)
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")
AS_SECRET = OctKey.import_key(PUBLIC.encode())
FORGED = {
    "signed by another key of the same name": saying(CLAIMS, OTHER_KEY),
    "not signed": f"{part({'alg': 'none'})}.{PAYLOAD}.",
    "not signed, in capitals": f"{part({'alg': 'NONE', 'kid': 'tests'})}.{PAYLOAD}.",
    "signed with the public key as a secret": jwt.encode(
        {"alg": "HS256", "kid": "tests"}, dict(CLAIMS), AS_SECRET, ["HS256"]
    ),
    "with a key of its own": jwt.encode(
        {"alg": "ES256", "jwk": OTHER_KEY.as_dict(private=False)}, dict(CLAIMS), OTHER_KEY
    ),
    "of a key not known": jwt.encode({"alg": "ES256", "kid": "x"}, dict(CLAIMS), KEY),
    "with another role, re-signed by nobody": (
        f"{HEADER}.{part({**CLAIMS, 'role': 'operator'})}.{SIGNATURE}"
    ),
    "without its signature": f"{HEADER}.{PAYLOAD}",
    "too long": GOOD + "A" * LONGEST,
    "nested for ever": f"{urlsafe_b64encode(b'[' * 5_000).decode()}.{PAYLOAD}.{SIGNATURE}",
    "of no JSON": f"{part('alg')}.{PAYLOAD}.{SIGNATURE}",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_what_is_not_signed_as_agreed_is_refused(token: str) -> None:
    with pytest.raises(TokenRefused):
        VERIFIER.asker_of(token, NOON)


@given(st.text() | st.lists(st.text(), min_size=3, max_size=3).map(".".join))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        VERIFIER.asker_of(text, NOON)


def test_keys_are_given_as_they_are_or_by_their_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(PUBLIC)

    assert read_keys(str(file), "ES256") == read_keys(PUBLIC, "ES256") == PUBLIC


ED = OKPKey.generate_key("Ed25519", private=True)
NO_KEYS = {
    "a file that is not there": ("nowhere.json", r"nor a file with one \(No such file"),
    "a private key as it is, of which nothing is repeated": (
        "-----BEGIN PRIVATE KEY-----\nMIG",
        r"^no key set is given, nor a file with one \([^-]*\)$",
    ),
    "no JSON": ("{", "no JSON Web Key Set"),
    "no set": ("{}", "no JSON Web Key Set"),
    "no key": ('{"keys": []}', "no JSON Web Key Set"),
    "a private key": (json.dumps(KeySet([KEY]).as_dict(private=True)), "is private"),
    "a secret": (json.dumps(KeySet([AS_SECRET]).as_dict(private=True)), "is private"),
    "a key for another algorithm": (
        json.dumps(KeySet([ED]).as_dict(private=False)),
        "is not one of P-256",
    ),
}


@pytest.mark.parametrize(("given", "why"), NO_KEYS.values(), ids=NO_KEYS)
def test_keys_that_cannot_tell_who_is_asking_are_refused(given: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_keys(given, "ES256")
