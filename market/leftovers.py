"""What a platform leaves behind when nobody could stop it in order."""

from itertools import groupby

from market.programs import stop
from market.state import State


def stop_leftovers(state: State) -> list[str]:
    """Stop what still runs of a platform that has no supervisor any more; say what did.

    Safe to repeat: a process is known by its pid and by when it was born.
    """
    left = [process for process in state.processes if process.run and process.run.process()]
    latest_first = sorted(left, key=lambda process: -process.stage)
    for _, stage in groupby(latest_first, key=lambda process: process.stage):
        together = list(stage)
        stop([p.run for p in together if p.run], together[0].stop_signal)
    return [process.name for process in left]
