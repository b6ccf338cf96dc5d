"""Orders' own API, on real parts, killed between its first COMMIT and the reply.

`python -m tests.faults.doomed_service`, told by its environment as the service is.
"""

import os
import signal
from collections.abc import Sequence

import uvicorn

from kit.eventstore.requests import Answer, AnyRequest
from kit.eventstore.streams import Streams
from kit.serving import build
from kit.settings import Settings
from services.orders.app import BLUEPRINT


class DoomedStreams:
    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        answers = self._streams.submit(requests)
        os.kill(os.getpid(), signal.SIGKILL)
        return answers


def main(settings: Settings) -> None:
    app = build(BLUEPRINT, settings)
    app.state.streams = DoomedStreams(app.state.streams)
    uvicorn.run(app, host=settings.host, port=settings.port)


if __name__ == "__main__":
    main(Settings())
