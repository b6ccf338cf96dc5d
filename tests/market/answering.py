"""A service that answers as it was told to, and the command that asks it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import psutil
from typer.testing import CliRunner, Result

from market.app import build
from market.home import Home
from market.programs import Identity
from market.tokens import TokenKey
from tests.market.test_home import STATE


class Service:
    """A service that answers whatever is asked as it was told to, and `more` after it."""

    answer: object = None
    more: object = None
    body: bytes | None = None

    def __init__(self) -> None:
        service = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                answer = service.more if "after=" in self.path else service.answer
                self.wfile.write(service.body or json.dumps(answer).encode())

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def shown(self, *words: str) -> Result:
        return CliRunner().invoke(build(), words)

    def lines(self, *words: str) -> list[str]:
        found = self.shown(*words)
        assert found.exit_code == 0, found.output
        return [line.rstrip() for line in found.stdout.splitlines()]


@contextmanager
def answering(path: Path) -> Iterator[Service]:
    """A platform whose home is at `path`: each of its services is the one that answers."""
    home, service = Home(path), Service()
    me = psutil.Process()
    urls = dict.fromkeys(("performance", "billing"), service.url)
    state = STATE.model_copy(
        update={
            "supervisor": Identity(me.pid, me.create_time()),
            "ready": True,
            "service_urls": urls,
        }
    )
    with ExitStack() as ends, home.occupied():
        home.write_state(state)
        TokenKey.of(home).make()
        Thread(target=service.server.serve_forever, daemon=True).start()
        ends.callback(service.server.server_close)
        ends.callback(service.server.shutdown)
        yield service
