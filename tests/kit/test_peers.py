"""Another service is asked again while that may help, and never taken at a wrong word."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from kit.peers import TRIES, Peer, PeerAway
from kit.settings import Settings
from tests.tokens import ENVIRONMENT

Answer = Callable[[httpx2.Request], httpx2.Response]


class Shop:
    """A service that gives the answers that it is told to, one after another."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self._answers: Iterator[httpx2.Response | Exception] = iter(answers)
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("good\n")
    return tmp_path / "token"


def peer(shop: Shop, token_file: Path) -> Peer:
    return Peer("shop", "http://shop", token_file, httpx2.MockTransport(shop))


def says(status: int, **body: object) -> httpx2.Response:
    return httpx2.Response(status, json=body)


def test_it_is_asked_with_the_token_that_the_file_has_by_now(token_file: Path) -> None:
    shop = Shop(says(200, a=1), says(200))
    asking = peer(shop, token_file)

    reply = asking.ask("/things", {"n": 1})
    token_file.write_text("newer")
    asking.ask("/things", {"n": 1})

    assert (reply.status, reply.body, reply.refused) == (200, {"a": 1}, False)
    shown = [request.headers["authorization"] for request in shop.asked]
    assert shown == ["Bearer good", "Bearer newer"]


@pytest.mark.parametrize(
    "at_first",
    [
        httpx2.ConnectError("refused"),
        httpx2.RemoteProtocolError("gone"),
        says(503, type="store-unavailable"),
        says(409, type="stream-conflict"),
        says(429),
    ],
)
def test_what_passes_is_waited_for(
    token_file: Path, at_first: httpx2.Response | Exception
) -> None:
    shop = Shop(at_first, says(200))

    assert peer(shop, token_file).ask("/things", {}).status == 200


def test_it_is_not_waited_for_long(token_file: Path) -> None:
    shop = Shop(*[httpx2.ConnectError("refused")] * TRIES)

    with pytest.raises(PeerAway, match=r"shop does not answer \(refused\)"):
        peer(shop, token_file).ask("/things", {})

    assert len(shop.asked) == TRIES


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.ReadTimeout("slow"),
        httpx2.ConnectTimeout("slow"),
        says(500, detail="a bug"),
        says(302),
        says(401, detail="token"),
        says(403, detail="role"),
    ],
)
def test_what_does_not_pass_is_not_asked_again(
    token_file: Path, answer: httpx2.Response | Exception
) -> None:
    shop = Shop(answer)

    with pytest.raises(PeerAway):
        peer(shop, token_file).ask("/things", {})

    assert len(shop.asked) == 1


def test_a_refusal_is_an_answer(token_file: Path) -> None:
    shop = Shop(says(409, type="too-little"), httpx2.Response(404, text="what?"))
    asking = peer(shop, token_file)

    no, nowhere = asking.ask("/things", {}), asking.ask("/nowhere", {})

    assert (no.refused, no.kind) == (True, "too-little")
    assert (nowhere.refused, nowhere.kind, nowhere.body) == (True, "", {})


def test_without_its_token_nobody_is_asked(tmp_path: Path) -> None:
    shop = Shop(says(200))

    with pytest.raises(PeerAway, match="No such file"):
        peer(shop, tmp_path / "none").ask("/things", {})

    assert shop.asked == []


class TestSettings:
    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        told = {
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "PORT": "1",
            **ENVIRONMENT,
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)

    @staticmethod
    def wrong(monkeypatch: pytest.MonkeyPatch, **told: str) -> Any:  # noqa: ANN401 - an error
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(ValidationError) as refused:
            Settings()
        [error] = refused.value.errors()
        return error["loc"], error["msg"]

    def test_nobody_need_be_asked(self) -> None:
        assert Settings().url_of("catalog") is None

    def test_who_is_to_ask_is_given_a_token(
        self, monkeypatch: pytest.MonkeyPatch, token_file: Path
    ) -> None:
        monkeypatch.setenv("CATALOG_URL", "http://127.0.0.1:2")
        monkeypatch.setenv("SERVICE_TOKEN_FILE", str(token_file))

        assert Settings().url_of("catalog") == "http://127.0.0.1:2"
        assert Settings().service_token_file == token_file

    def test_who_is_to_ask_without_a_token_does_not_start(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        where, why = self.wrong(monkeypatch, CATALOG_URL="http://127.0.0.1:2")
        assert (where, "name the file" in why) == (("service_token_file",), True)

        _, why = self.wrong(monkeypatch, SERVICE_TOKEN_FILE=str(tmp_path / "none"))
        assert "no token can be read there (No such file" in why

        (tmp_path / "empty").write_text("\n")
        _, why = self.wrong(monkeypatch, SERVICE_TOKEN_FILE=str(tmp_path / "empty"))
        assert "there is no token in it" in why
