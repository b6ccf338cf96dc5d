"""Composition root of performance: what it is made of, and how it is run."""

from typing import Final

from kit.blueprint import Blueprint
from kit.serving import serve
from services.performance import api
from services.performance.consumers import OBLIGATIONS

BLUEPRINT: Final = Blueprint(
    name="performance",
    topic=None,
    router=api.router,
    statuses=api.STATUSES,
    foreign=[OBLIGATIONS],
)

if __name__ == "__main__":
    serve(BLUEPRINT)
