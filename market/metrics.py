"""Metrics as people name them."""

from typing import Final

import typer

from contracts.performance import METRICS

NAMES: Final = ("overall", *METRICS)


def parse_metric(text: str) -> str:
    """Return the metric that `text` names, or all together.

    Raises:
        BadParameter: There is none of that name.
    """
    if text not in NAMES:
        raise typer.BadParameter(
            f"there is none named {text!r}; there are: {', '.join(NAMES)}"
        )
    return text
