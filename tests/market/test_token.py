"""Tokens that `market` makes: of whom, for how long, and by which key."""

import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import ECKey
from typer.testing import CliRunner, Result

from kit.asker import Asker
from kit.tokens import TokenRefused, Verifier, key_set, read_keys
from market.app import build
from market.errors import HomeError
from market.home import Home
from market.programs import Identity
from market.tokens import TERMS, AsOperator, TokenKey
from tests.market.test_home import STATE


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - tokens begin when they are made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home in which a platform runs."""
    home, ourselves = Home(tmp_path / "home"), Identity.of(os.getpid())
    monkeypatch.setenv("MARKET_HOME", str(home.path))
    with home.occupied():
        home.write_state(STATE.model_copy(update={"supervisor": ourselves, "ready": True}))
        TokenKey.of(home).make()
        yield home


@pytest.fixture
def verifier(home: Home) -> Verifier:
    """What a service of `home` knows."""
    told = TokenKey.of(home).environment()
    keys = read_keys(told["TOKEN_KEYS"], TERMS.algorithm)
    return Verifier(key_set(keys), TERMS, leeway_s=0)


def market(*words: str) -> Result:
    return CliRunner().invoke(build(), words)


@pytest.mark.parametrize(
    ("words", "asker"),
    [
        (["--seller", "s-1"], "seller:s-1"),
        (["--buyer", "b-1:x"], "buyer:b-1:x"),
        (["--operator"], "operator:market"),
    ],
)
def test_a_token_says_who_it_was_made_for(
    words: list[str], asker: str, verifier: Verifier
) -> None:
    made = market("token", *words)

    assert made.exit_code == 0
    assert str(verifier.asker_of(made.stdout.strip(), now())) == asker


@pytest.mark.parametrize(
    ("given", "lasts"),
    [
        ((), timedelta(hours=1)),
        (("--for", "90s"), timedelta(seconds=90)),
        (("--for", "30m"), timedelta(minutes=30)),
        (("--for", "30d"), timedelta(days=30)),
    ],
)
def test_a_token_lasts_as_long_as_it_is_to(
    given: tuple[str, ...], lasts: timedelta, verifier: Verifier
) -> None:
    before = now()
    token = market("token", "--operator", *given).stdout.strip()
    after = now()

    verifier.asker_of(token, before + lasts - timedelta(seconds=1))
    with pytest.raises(TokenRefused, match="no longer valid"):
        verifier.asker_of(token, after + lasts + timedelta(seconds=1))


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "give one of"),
        (("--seller", "s-1", "--operator"), "give one of"),
        (("--seller", "s-1", "--buyer", "b-1"), "give one of"),
        (("--seller", "s:1"), "no seller can have the id"),
        (("--seller", ""), "no seller can have the id"),
        (("--operator", "--for", "0s"), "is not between"),
        (("--operator", "--for", "31d"), "is not between"),
        (("--operator", "--for", "an hour"), "is no duration"),
        (("--operator", "--for", "-1h"), "is no duration"),
    ],
)
def test_a_token_for_nobody_or_for_ever_is_not_made(
    words: tuple[str, ...], why: str
) -> None:
    said = market("token", *words)

    assert (said.exit_code, said.stdout) == (2, "")
    assert why in " ".join(said.stderr.replace("│", " ").split())


def test_nobody_else_can_read_the_key_and_it_stays(home: Home) -> None:
    file = home.path / "token-key.json"
    first = file.read_bytes()

    TokenKey.of(home).make()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes() == first


def test_services_are_told_the_public_half_alone(home: Home) -> None:
    [told] = json.loads(TokenKey.of(home).environment()["TOKEN_KEYS"])["keys"]

    assert "d" not in told
    assert not ECKey.import_key(told).is_private


def test_requests_of_market_itself_are_an_operators(home: Home, verifier: Verifier) -> None:
    request = httpx2.Request("GET", "http://127.0.0.1:1/status")

    sent = next(AsOperator(home).auth_flow(request))

    scheme, _, token = sent.headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    assert verifier.asker_of(token, now()) == Asker("operator", "market")
    with pytest.raises(TokenRefused):
        verifier.asker_of(token, now() + timedelta(minutes=6))


@pytest.mark.parametrize("left", [None, "", "{}", '{"kty": "oct", "k": "AA"}'])
def test_a_key_that_cannot_be_read_is_named_with_its_remedy(
    home: Home, left: str | None
) -> None:
    file = home.path / "token-key.json"
    file.unlink()
    if left is not None:
        file.write_text(left)

    with pytest.raises(HomeError, match=r"token-key\.json .* makes a new one"):
        TokenKey.of(home).token(Asker("seller", "s-1"), timedelta(hours=1))


def test_addresses_come_with_what_a_service_needs_to_know_who_asks(home: Home) -> None:
    said = market("env")

    assert f"TOKEN_ISSUER={TERMS.issuer}" in said.stdout.splitlines()
    assert "token-key" not in said.stdout
    assert "Bearer $(market token --operator)" in said.stderr
    assert home.path.exists()
