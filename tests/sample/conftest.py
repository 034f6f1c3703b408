"""The German sample in the real store, and served: imported for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from api.app import create_app
from tests.api.serving import served
from twin.schema import Schema
from twin.service import Twin
from twin.store import Endpoint, Store

ROOT = Path(__file__).parent.parent.parent
WIPE = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"


@pytest.fixture(scope="module")
def germany(neo4j_store: Store, driver: neo4j.Driver, schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Twin:
    """The sample in an otherwise empty store."""
    with driver.session(database="neo4j") as session:
        session.run(WIPE).consume()
    neo4j_store.prepare(schema)
    twin = Twin(neo4j_store, schema, tmp_path_factory.mktemp("germany") / "home")
    assert twin.import_(ROOT / "samples" / "germany" / "twin.toml").status == "applied"
    return twin


@pytest.fixture(scope="module")
def environment(germany: Twin, endpoint: Endpoint) -> Iterator[dict[str, str]]:
    """Environment of a process that opens the sample by its settings, or its API at ``TWIN_URL``."""
    with served(create_app(germany)) as url:
        yield {
            "TWIN_URL": url,
            "TWIN_HOME": str(germany.home),
            "TWIN_NEO4J_URI": endpoint.uri,
            "TWIN_NEO4J_USER": endpoint.user,
            "TWIN_NEO4J_PASSWORD": endpoint.password,
        }
