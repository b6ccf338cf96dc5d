"""What a process is told by its environment."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic.functional_validators import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from kit.tokens import Algorithm, TokenTerms, Verifier, key_set, read_keys

Part: TypeAlias = Literal["api", "relay", "consumers", "schedules"]


def _split(said: object) -> object:
    return [part.strip() for part in said.split(",")] if isinstance(said, str) else said


def _public_keys(given: str, said: ValidationInfo) -> str:
    return read_keys(given, said.data.get("token_algorithm", "ES256"))


def _token_file(given: Path | None, said: ValidationInfo) -> Path | None:
    if given is None:
        if said.data.get("catalog_url"):
            raise ValueError("CATALOG_URL is given: name the file with the token to show")
        return None
    try:
        found = given.expanduser().read_text().strip()
    except (OSError, ValueError) as why:
        reason = (isinstance(why, OSError) and why.strerror) or "it is no text"
        raise ValueError(f"no token can be read there ({reason})") from None
    if not found:
        raise ValueError("there is no token in it")
    return given.expanduser()


class Settings(BaseSettings):
    """Where the process finds its database and Kafka, where it answers, what it does.

    Shape: each from the variable of its name in capitals; `database_url` is this service's
        own database, `parts` a comma list. A relay leads alone, whichever process has it.
        `token_keys` are a JSON Web Key Set or the file that has it: the public keys of
        whom `token_issuer` names, who signs tokens for `token_audience`.
        `catalog_url` is where a service that asks catalog finds it, if it is to ask;
        `service_token_file` has the token that it shows, of a service. The file is read for
        each request: whoever issues tokens puts a newer one there before that is over.
    """

    model_config = SettingsConfigDict(frozen=True)

    database_url: Annotated[str, Field(pattern=r"^postgres(ql)?(\+psycopg)?://")]
    kafka_bootstrap_servers: Annotated[str, Field(min_length=1)]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)]
    parts: Annotated[frozenset[Part], NoDecode, BeforeValidator(_split)] = frozenset(
        {"api", "relay", "consumers", "schedules"}
    )
    token_algorithm: Algorithm = "ES256"  # noqa: S105 - a name that all may know
    token_keys: Annotated[str, AfterValidator(_public_keys)]
    token_issuer: Annotated[str, Field(min_length=1)]
    token_audience: Annotated[str, Field(min_length=1)]
    token_leeway_s: Annotated[int, Field(ge=0, le=60)] = 5
    catalog_url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    service_token_file: Annotated[
        Path | None, AfterValidator(_token_file), Field(validate_default=True)
    ] = None
    otel_exporter_otlp_endpoint: str | None = None

    def url_of(self, peer: str) -> str | None:
        """Return where another service is, or None if this one is not to ask it."""
        found: str | None = getattr(self, f"{peer}_url")
        return found

    @property
    def verifier(self) -> Verifier:
        """What tells from a token who is asking."""
        terms = TokenTerms(self.token_algorithm, self.token_issuer, self.token_audience)
        return Verifier(key_set(self.token_keys), terms, self.token_leeway_s)
