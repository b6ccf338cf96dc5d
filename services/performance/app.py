"""Composition root of performance: what it is made of, and how it is run."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings

from contracts import topics
from kit.blueprint import Blueprint
from kit.readmodels.models import OwnReadModel
from kit.serving import serve
from services.performance import api, tables
from services.performance.adapters.policies import keep_policies, policies_in
from services.performance.consumers import OBLIGATIONS
from services.performance.model.policy import Policy, PolicyWrong, load_policies
from services.performance.projections.standing import (
    project_standings,
    standing_metadata,
)
from services.performance.schedules import schedules_by


class PolicySettings(BaseSettings):
    """Where the policies are: a TOML file or a folder of such; else those that ship."""

    policies: Path | None = None


def blueprint(policies: Sequence[Policy]) -> Blueprint:
    """Return the service that judges by `policies`."""
    return Blueprint(
        name="performance",
        topic=topics.PERFORMANCE,
        router=api.router,
        statuses=api.STATUSES,
        own=[OwnReadModel("standings", standing_metadata, [project_standings])],
        foreign=[OBLIGATIONS],
        schedules=schedules_by(policies),
        keeps=[tables.metadata],
        before_start=partial(keep_policies, policies),
        state={"policies": policies},
    )


def policies_of(settings: PolicySettings) -> Sequence[Policy]:
    """Return the policies that the service is told of.

    Raises:
        SystemExit: They are wrong; it says what.
    """
    if settings.policies is None:
        return load_policies()
    try:
        return policies_in(settings.policies)
    except PolicyWrong as why:
        raise SystemExit(f"POLICIES: {why}") from None


BLUEPRINT: Final = blueprint(load_policies())

if __name__ == "__main__":
    serve(blueprint(policies_of(PolicySettings())))
