"""The real app over a real Neo4j on a real socket, and what clients asked of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import neo4j
import pytest
from hypothesis import HealthCheck, settings

from tests.ogc.system import write_system
from twin.ingest.manifest import single
from twin.ingest.run import run_import
from twin.schema import Schema
from twin.service import Twin
from twin.store import Endpoint, Store

WIPE = "MATCH (n) DETACH DELETE n"
ROOT = Path(__file__).parent.parent.parent
#: Seconds for what takes one on a machine that does nothing else.
PATIENCE = 120
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]

settings.register_profile("default", max_examples=60, derandomize=True, deadline=None, suppress_health_check=SLOW)
settings.register_profile("soak", max_examples=5000, deadline=None, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@dataclass
class Served:
    """A running server: its address, and the file in which it writes down the requests that it saw."""

    url: str
    log: Path
    client: httpx2.Client
    begin: int = 0

    @property
    def ogc(self) -> str:
        """The landing page."""
        return f"{self.url}/ogc"

    def get(self, path: str, **parameters: Any) -> httpx2.Response:
        """GET below ``/ogc``."""
        return self.client.get(f"{self.ogc}{path}", params=parameters or None)

    def items(self, collection: str, **parameters: Any) -> dict[str, Any]:
        """Features of a collection; the request must be fine."""
        response = self.get(f"/collections/{collection}/items", **parameters)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def asked(self, word: str) -> list[str]:
        """Requests since the last :meth:`forget` that have *word* in them."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines[self.begin :] if word in line]

    def forget(self) -> None:
        """Begin a new list of requests."""
        self.begin = len(self.log.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def served(
    endpoint: Endpoint,
    driver: neo4j.Driver,
    neo4j_store: Store,
    schema: Schema,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """The system of :mod:`tests.ogc.system`, imported into an otherwise empty store and served."""
    folder = tmp_path_factory.mktemp("ogc")
    driver.execute_query(WIPE, database_="neo4j")
    load(Twin(neo4j_store, schema, folder / "home"), folder)
    seen, port = folder / "seen.txt", folder / "port.txt"
    seen.touch()
    command = [sys.executable, "-m", "tests.ogc.server", endpoint.uri, endpoint.user, endpoint.password]
    process = subprocess.Popen([*command, str(folder / "home"), str(seen), str(port)], cwd=ROOT)
    try:
        until = time.monotonic() + PATIENCE
        while not port.exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        with httpx2.Client(timeout=PATIENCE) as client:
            yield Served(f"http://127.0.0.1:{port.read_text(encoding='utf-8')}", seen, client)
    finally:
        process.terminate()
        process.wait(timeout=30)


def load(twin: Twin, folder: Path) -> None:
    """Import the system as source ``demo``."""
    write_system(folder / "tables")
    manifest = single("tables", "demo", folder / "tables")
    report = run_import(twin.store, twin.schema, manifest, reports=folder / "reports")
    assert report.revision is not None
