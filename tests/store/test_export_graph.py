"""The CSV files of ``twin export graph`` in Neo4j's own import tool, and what is in the database afterwards."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MEMORY
from twin import Snapshot
from twin.export.graph import GRAPH_FORMATS, Network, write_graph
from twin.schema import default_schema
from twin.store import LocalServer, Store, bulk, config, jars, java

pytestmark = pytest.mark.store
SYSTEM = Path(__file__).resolve().parents[1] / "api" / "system"


@pytest.fixture(scope="module")
def server(neo4j_version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    cache = Path(os.environ["TWIN_CACHE"]) if os.environ.get("TWIN_CACHE") else None
    made = LocalServer(tmp_path_factory.mktemp("graph"), neo4j_version, cache, memory=MEMORY)
    yield made
    made.purge()


def test_neo4j_imports_the_files_as_they_are(server: LocalServer, tmp_path: Path) -> None:
    found = Snapshot.from_tables(SYSTEM)
    write_graph(Network(found, default_schema()), tmp_path, GRAPH_FORMATS["neo4j"])
    server.ensure()
    server.stop()
    bulk.wipe(server.home)
    command = (tmp_path / "README.txt").read_text(encoding="utf-8").partition("neo4j-admin ")[2].replace("\\\n", " ")
    arguments = config.write_arguments(
        server.home, server.version, jars.fetch(server.version, server.cache, lambda *_: None), MEMORY
    )
    done = subprocess.run(
        [str(java.find_java(java.needed(server.version))), f"@{arguments}", config.ADMIN_CLASS, *shlex.split(command)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
        env={"NEO4J_HOME": str(server.home), "NEO4J_CONF": str(server.home / "conf")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    endpoint = server.ensure()
    with Store(endpoint.uri, endpoint.user, endpoint.password) as store:
        nodes, _, _ = store._driver.execute_query("MATCH (a:Asset) RETURN a, labels(a) AS labels", database_="neo4j")
        links, _, _ = store._driver.execute_query(
            "MATCH (a)-[l]->(b) RETURN a.id AS a, type(l) AS type, b.id AS b, l.need AS need", database_="neo4j"
        )
    assert {row["a"]["id"] for row in nodes} == set(found.catalogue._names)
    plant = next(row for row in nodes if row["a"]["id"] == "plant")
    assert set(plant["labels"]) == {"Asset", "Energy", "PowerPlant"}
    assert (plant["a"]["name"], plant["a"]["lon"]) == ("Plant Nord", 13.3)
    network = Network(found, default_schema())
    wanted = Counter((row["from"], row["type"], row["to"], row.get("need")) for row in network.link_rows())
    assert Counter((row["a"], row["type"], row["b"], row["need"]) for row in links) == wanted
