"""Tokens on this machine: one key pair per home, whose public half its services know."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from kit.asker import Asker
from kit.tokens import TokenTerms, sign
from market.errors import HomeError
from market.home import Home, write_whole

TERMS: Final = TokenTerms("ES256", issuer="market", audience="seller-services")
OURSELVES: Final = Asker("operator", "market")
ONE_REQUEST: Final = timedelta(minutes=5)
ONE_PLATFORM: Final = timedelta(days=3_650)
"""How long a service's own token lasts: longer than a platform runs, which makes it anew.

It lies beside the key that signed it: who can read the one, reads the other.
"""


@dataclass(frozen=True)
class TokenKey:
    """The key of a home: it stays there, so that tokens outlive a restart."""

    file: Path

    @classmethod
    def of(cls, home: Home) -> "TokenKey":
        """Return the key of `home`, whether or not it is made yet."""
        return cls(home.path / "token-key.json")

    def make(self) -> None:
        """Make it, if it is not there: nobody else may read it.

        Raises:
            OSError: It could not be written.
        """
        if not self.file.exists():
            made = ECKey.generate_key("P-256", {"use": "sig"}, private=True)
            made.ensure_kid()
            write_whole(self.file, json.dumps(made.as_dict(private=True)))

    @cached_property
    def _key(self) -> ECKey:
        """The key pair.

        Raises:
            HomeError: There is none, or it can't be read.
        """
        try:
            return ECKey.import_key(json.loads(self.file.read_text()))
        except (OSError, ValueError, TypeError, JoseError) as why:
            raise HomeError(
                f"no key for tokens can be read at {self.file} ({why}): remove it, and "
                "`market down`, then `market up`, makes a new one"
            ) from why

    def public(self) -> str:
        """Return the key set that services verify tokens with."""
        public = ECKey.import_key(self._key.as_dict(private=False))
        return json.dumps(KeySet([public]).as_dict(), separators=(",", ":"))

    def token(self, asker: Asker, valid_for: timedelta) -> str:
        """Return a token that says `asker`, from now on."""
        now = datetime.now(UTC)  # noqa: TID251 - the edge
        return sign(asker, self._key, TERMS, now, valid_for)

    def keep_token(self, asker: Asker) -> Path:
        """Write a token of a service beside the key, and return its file.

        Raises:
            OSError: It could not be written.
        """
        file = self.file.with_name(f"token-{asker.id}")
        write_whole(file, self.token(asker, ONE_PLATFORM))
        return file

    def environment(self) -> dict[str, str]:
        """Return what services are told, by the names of their settings."""
        return {
            "TOKEN_ALGORITHM": TERMS.algorithm,
            "TOKEN_ISSUER": TERMS.issuer,
            "TOKEN_AUDIENCE": TERMS.audience,
            "TOKEN_KEYS": self.public(),
        }


class AsOperator(httpx2.Auth):
    """Requests of `market` itself, each with a token of its own that is soon over."""

    def __init__(self, home: Home) -> None:
        self._key = TokenKey.of(home)

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Add the token to `request`."""
        token = self._key.token(OURSELVES, ONE_REQUEST)
        request.headers["Authorization"] = f"Bearer {token}"
        yield request
