"""What a process is told by its environment."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field
from pydantic.functional_validators import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Part: TypeAlias = Literal["api", "relay", "consumers", "schedules"]


def _split(said: object) -> object:
    return [part.strip() for part in said.split(",")] if isinstance(said, str) else said


class Settings(BaseSettings):
    """Where the process finds its database and Kafka, where it answers, what it does.

    Shape: each from the variable of its name in capitals; `database_url` is this service's
        own database, `parts` a comma list. A relay leads alone, whichever process has it.
    """

    model_config = SettingsConfigDict(frozen=True)

    database_url: Annotated[str, Field(pattern=r"^postgres(ql)?(\+psycopg)?://")]
    kafka_bootstrap_servers: Annotated[str, Field(min_length=1)]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)]
    parts: Annotated[frozenset[Part], NoDecode, BeforeValidator(_split)] = frozenset(
        {"api", "relay", "consumers", "schedules"}
    )
    otel_exporter_otlp_endpoint: str | None = None
