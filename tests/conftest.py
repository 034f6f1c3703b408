"""Fixtures shared by all tests: the schema, the shared data, and a real Neo4j in a folder of its own.

``TWIN_TEST_NEO4J`` chooses the version (default: the newest; ``5.26.30`` is the second lane, on Java 17).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from tests.tools import missing
from twin.errors import ServerError
from twin.schema import Schema, default_schema
from twin.store import Endpoint, LocalServer, Store
from twin.store.config import Memory
from twin.store.java import find_java, needed

ROOT = Path(__file__).parent.parent
VERSION = os.environ.get("TWIN_TEST_NEO4J", "2026.08.1")
MEMORY = Memory(heap_mb=768, page_cache_mb=192)
WIPE = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"


def pytest_report_header(config: pytest.Config) -> str:
    """Name the Neo4j version that the store tests run on."""
    return f"Neo4j under test: {VERSION} (TWIN_TEST_NEO4J)"


def pytest_configure(config: pytest.Config) -> None:
    """Ctrl-C reaches what the tests start, also where they run in the background and it was switched off for them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The built-in schema."""
    return default_schema()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data (``TWIN_SHARED``, default ``../shared`` beside the checkout)."""
    folder = (ROOT / os.environ.get("TWIN_SHARED", "../shared")).resolve()
    if not folder.is_dir():
        pytest.skip(f"shared data missing: {folder}; set TWIN_SHARED")
    return folder


@pytest.fixture(scope="session")
def cases(shared: Path) -> Path:
    """The folder of small systems with their answers."""
    return shared / "cases"


@pytest.fixture(scope="session")
def neo4j_version() -> str:
    """Version of the server under test; skips (in CI: fails) when its Java is not there."""
    try:
        find_java(needed(VERSION))
    except ServerError as error:
        missing(f"{error.detail} (for Neo4j {VERSION})")
    return VERSION


@pytest.fixture(scope="session")
def local_server(neo4j_version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A running server of the version under test; stopped and removed at the end."""
    server = LocalServer(tmp_path_factory.mktemp("twin-home"), neo4j_version, _cache(), memory=MEMORY)
    server.start()
    yield server
    server.purge()


@pytest.fixture(scope="session")
def endpoint(local_server: LocalServer) -> Endpoint:
    """Address, user and password of the running server."""
    return local_server.endpoint()


@pytest.fixture(scope="session")
def driver(endpoint: Endpoint) -> Iterator[neo4j.Driver]:
    """A bare driver, for what tests do beside the store."""
    with neo4j.GraphDatabase.driver(endpoint.uri, auth=(endpoint.user, endpoint.password)) as opened:
        yield opened


@pytest.fixture(scope="session")
def neo4j_store(endpoint: Endpoint, schema: Schema) -> Iterator[Store]:
    """A store on the running server, with constraints and indexes; whatever earlier tests left is in it."""
    with Store(endpoint.uri, endpoint.user, endpoint.password, "neo4j") as opened:
        opened.prepare(schema)
        yield opened


@pytest.fixture
def store(neo4j_store: Store, driver: neo4j.Driver, schema: Schema) -> Store:
    """An empty, prepared store at revision 0."""
    with driver.session(database="neo4j") as session:
        session.run(WIPE).consume()
    neo4j_store.prepare(schema)
    return neo4j_store


@pytest.fixture
def twin_env(endpoint: Endpoint, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Environment in which commands and the API use the (empty) server under test; the path is TWIN_HOME."""
    monkeypatch.setenv("TWIN_NEO4J_URI", endpoint.uri)
    monkeypatch.setenv("TWIN_NEO4J_USER", endpoint.user)
    monkeypatch.setenv("TWIN_NEO4J_PASSWORD", endpoint.password)
    monkeypatch.setenv("TWIN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _cache() -> Path | None:
    return Path(os.environ["TWIN_CACHE"]) if os.environ.get("TWIN_CACHE") else None
