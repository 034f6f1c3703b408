"""A small real system, imported into the real Neo4j, served by the real app."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import neo4j
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.limits import Limits
from twin.ingest.manifest import single
from twin.ingest.run import run_import
from twin.schema import Schema
from twin.service import Twin
from twin.store import Store

SYSTEM = Path(__file__).parent / "system"
WIPE = "MATCH (n) DETACH DELETE n"

Load = Callable[..., int]


def load_system(twin: Twin, folder: Path, more_assets: str = "") -> int:
    """Import the small system (and further lines of assets) as source ``demo``; the new revision."""
    shutil.copytree(SYSTEM, folder / "tables")
    with (folder / "tables" / "assets.csv").open("a", encoding="utf-8") as file:
        file.write(more_assets)
    manifest = single("tables", "demo", folder / "tables")
    report = run_import(twin.store, twin.schema, manifest, reports=folder / "reports")
    assert report.revision is not None
    return report.revision


@pytest.fixture(scope="session")
def load() -> Load:
    """:func:`load_system`, for tests."""
    return load_system


@pytest.fixture(scope="module")
def twin(neo4j_store: Store, driver: neo4j.Driver, schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Twin:
    """The small system in an otherwise empty store; imported once per module, which only reads it."""
    folder = tmp_path_factory.mktemp("api")
    driver.execute_query(WIPE, database_="neo4j")
    made = Twin(neo4j_store, schema, folder / "home")
    load_system(made, folder)
    return made


@pytest.fixture(scope="module")
def app(twin: Twin) -> FastAPI:
    """The app over the small system."""
    return create_app(twin)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of the running app."""
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def tight(twin: Twin) -> Iterator[TestClient]:
    """A client of an app with small limits."""
    limits = Limits(max_page=5, depth=2, failed=3, body=1000)
    with TestClient(create_app(twin, limits), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def ids(twin: Twin) -> list[str]:
    """Ids of the small system."""
    return [row["id"] for row in twin.snapshot().assets(limit=1000)[0]]
