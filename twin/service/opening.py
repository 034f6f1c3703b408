"""Opening the store that settings name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from twin.store import Store

#: What a slow start is doing: step, done, total (0 when not known).
Progress = Callable[[str, int, int], None]


class StoreSettings(Protocol):
    """What opening a twin needs to know; :class:`twin.settings.Settings` has it."""

    @property
    def home(self) -> Path: ...
    @property
    def neo4j_uri(self) -> str | None: ...
    @property
    def neo4j_user(self) -> str: ...
    @property
    def neo4j_password(self) -> Any: ...
    @property
    def neo4j_database(self) -> str: ...
    @property
    def neo4j_version(self) -> str: ...
    @property
    def cache(self) -> Path: ...
    @property
    def schema_files(self) -> Sequence[Path]: ...


def open_store(settings: StoreSettings, progress: Progress | None = None) -> Store:
    """The store that the settings name: the managed local server, started if need be, or any other.

    Args:
        settings: home, address and credentials. progress: is told what a slow start is doing.

    Raises:
        TwinError: the server cannot be started, reached or logged in to.
    """
    if settings.neo4j_uri:
        secret = settings.neo4j_password
        password = secret.get_secret_value() if hasattr(secret, "get_secret_value") else secret
        return Store(settings.neo4j_uri, settings.neo4j_user, password or "", settings.neo4j_database)
    from twin.store.server import LocalServer

    server = LocalServer(settings.home, settings.neo4j_version, settings.cache)
    endpoint = server.ensure(progress) if progress is not None else server.ensure()
    return Store(endpoint.uri, endpoint.user, endpoint.password, settings.neo4j_database)
