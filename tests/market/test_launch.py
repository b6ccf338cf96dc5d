"""What a platform tells its services of each other."""

from datetime import UTC, datetime
from pathlib import Path

from kit.asker import Asker
from kit.tokens import Verifier, key_set
from market.home import Home
from market.launch import told_of_others
from market.tokens import TERMS, TokenKey

URLS = {name: f"http://127.0.0.1/{name}" for name in ("orders", "catalog")}


def test_a_service_is_told_whom_it_asks_and_given_a_token_of_its_own(
    tmp_path: Path,
) -> None:
    key = TokenKey.of(Home(tmp_path))
    key.make()

    told = told_of_others("orders", URLS, key)

    file = Path(told.pop("SERVICE_TOKEN_FILE"))
    assert told == {"CATALOG_URL": URLS["catalog"]}
    assert (file.parent, file.stat().st_mode & 0o777) == (tmp_path, 0o600)
    verifier = Verifier(key_set(key.public()), TERMS, 0)
    now = datetime.now(UTC)  # noqa: TID251 - the token is good from now on
    assert verifier.asker_of(file.read_text(), now) == Asker("service", "orders")


def test_who_asks_nobody_who_runs_is_told_nothing(tmp_path: Path) -> None:
    key = TokenKey.of(Home(tmp_path))

    assert told_of_others("catalog", URLS, key) == {}
    assert told_of_others("orders", {"orders": URLS["orders"]}, key) == {}
    assert list(tmp_path.iterdir()) == []
