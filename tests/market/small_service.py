"""A service that is nothing but its HTTP answers: what `market up` runs in these tests."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Answers(BaseHTTPRequestHandler):
    """Every path is answered as /status is: alive, ready, with nothing to do."""

    def do_GET(self) -> None:
        said = {"service": "small", "pid": 0, "state": "running", "pos": 3, "lag": 0}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({**said, "parked": 0, "relay": None}).encode())


def lay_out(folder: Path, names: tuple[str, ...]) -> None:
    """Write a package `services` into `folder`, each of `names` one of its services."""
    for name in names:
        package = folder / "services" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "app.py").write_text(Path(__file__).read_text())
    (folder / "services" / "__init__.py").touch()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    address = (os.environ["HOST"], int(os.environ["PORT"]))
    ThreadingHTTPServer(address, Answers).serve_forever()
