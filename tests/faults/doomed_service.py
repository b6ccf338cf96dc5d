"""Orders' own API, on real parts, killed around the COMMIT of something.

DOOM says of which submission (1, as a rule), and whether before it or after.

`python -m tests.faults.doomed_service`, told by its environment as the service is.
"""

import os
import signal
from collections.abc import Sequence

import uvicorn

from kit.eventstore.requests import Answer, AnyRequest, Preview
from kit.eventstore.streams import Streams
from kit.serving import build
from kit.settings import Settings
from services.orders.app import BLUEPRINT


class DoomedStreams:
    def __init__(self, streams: Streams, doom: str) -> None:
        self._streams, self._doom = streams, doom
        self._submitted = 0

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        self._submitted += 1
        self._meet("before")
        answers = self._streams.submit(requests)
        self._meet("after")
        return answers

    def preview(self, request: AnyRequest) -> Preview:
        return self._streams.preview(request)

    def answered(self, request: AnyRequest) -> Answer | None:
        return self._streams.answered(request)

    def _meet(self, when: str) -> None:
        if self._doom == f"{when} {self._submitted}":
            os.kill(os.getpid(), signal.SIGKILL)


def main(settings: Settings) -> None:
    app = build(BLUEPRINT, settings)
    app.state.streams = DoomedStreams(app.state.streams, os.environ.get("DOOM", "after 1"))
    uvicorn.run(app, host=settings.host, port=settings.port)


if __name__ == "__main__":
    main(Settings())
