"""Settings of the product: environment variables ``TWIN_*``.

Only the composition roots (``twin.cli``, ``twin.opening`` and ``api.app``) read them; everything else gets plain
arguments.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from twin.errors import SettingsError

DEFAULT_VERSION = "2026.08.1"
#: Scheme, host and port, without a path; no patterns, no ``*``, no ``null``.
ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]+\Z")


class Settings(BaseSettings):
    """Where the twin lives and which server it uses.

    Attributes:
        home: folder of the local server's data, snapshots and reports (``TWIN_HOME``).
        cache: folder of downloads shared by all twins of this user (``TWIN_CACHE``).
        neo4j_uri: any other server, such as ``neo4j://host:7687``; empty means the managed local one.
        neo4j_user, neo4j_password, neo4j_database: for that server; the database also for the local one.
        neo4j_version: version of the managed local server, one of those that have a lock file.
        schema_files: the user's own schema files (``TWIN_SCHEMA``, joined as in ``PATH``).
        page_limit: longest page of any list. body_limit: largest request body, bytes.
        upload_limit: largest upload of files to import, bytes.
        webhook_private: webhooks of subscriptions may lead to this machine and to private networks.
        places_limit: requests that the API answers at once.
        api_keys_file: file of the API keys' hashes, by default ``api-keys.json`` in *home*.
        api_key: key that ``Twin.connect`` shows to an API (``TWIN_API_KEY``).
        cors_origins: web pages of other origins that may ask the API, comma-separated.
    """

    model_config = SettingsConfigDict(env_prefix="TWIN_", extra="ignore", populate_by_name=True)

    home: Path = Field(default_factory=lambda: platformdirs.user_data_path("infrastructure-twin"))
    cache: Path = Field(default_factory=lambda: platformdirs.user_cache_path("infrastructure-twin"))
    neo4j_uri: str | None = None
    neo4j_user: str = "neo4j"
    neo4j_password: SecretStr = SecretStr("")
    neo4j_database: str = "neo4j"
    neo4j_version: str = DEFAULT_VERSION
    schema_files: Annotated[tuple[Path, ...], NoDecode] = Field(default=(), validation_alias="TWIN_SCHEMA")
    page_limit: int = Field(10_000, ge=1, le=10_000)
    body_limit: int = Field(4 * 1024 * 1024, ge=1024)
    upload_limit: int = Field(1024 * 1024 * 1024, ge=1024)
    webhook_private: bool = False
    places_limit: int = Field(64, ge=1, le=10_000)
    api_keys_file: Path | None = None
    api_key: SecretStr | None = None
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()

    @field_validator("schema_files", mode="before")
    @classmethod
    def _split_paths(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(Path(part).expanduser() for part in value.split(os.pathsep) if part)
        return value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        parts = value.split(",") if isinstance(value, str) else value
        origins = tuple(part.strip() for part in parts if part.strip())
        for origin in origins:
            if not ORIGIN.match(origin):
                raise ValueError(f"{origin!r} is no origin; write it as browsers do: https://maps.example.org")
        return origins

    @property
    def keys_file(self) -> Path:
        """Where the hashes of the API keys are kept."""
        return self.api_keys_file or self.home / "api-keys.json"

    @field_validator("home", "cache")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("api_keys_file")
    @classmethod
    def _absolute_file(cls, value: Path | None) -> Path | None:
        return value and value.expanduser().absolute()

    @field_validator("neo4j_uri", "api_keys_file", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: Any) -> Any:
        return value or None


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; *overrides* win over the environment.

    Raises:
        SettingsError: a variable has an impossible value.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        variable = name if name.startswith("TWIN_") else f"TWIN_{name.upper()}"
        raise SettingsError(f"{variable}: {first['msg']}", setting=variable) from None
