"""The German sample in a real Neo4j, served by a real server, looked at with a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import neo4j
import pytest
from playwright.sync_api import Browser, sync_playwright

from api.app import create_app
from api.web_files import WebFiles
from tests.api.serving import served
from tests.tools import missing
from tests.web.looked import DRAWN, Launch, Looked, page_on
from twin.ingest.manifest import read_manifest
from twin.ingest.run import run_import
from twin.schema import Schema
from twin.service import Twin
from twin.store import Store

ROOT = Path(__file__).parent.parent.parent
WIPE = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"


@pytest.fixture(scope="module")
def sample(neo4j_store: Store, driver: neo4j.Driver, schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Twin:
    """The sample, imported for each file of tests, because files of other folders may come between."""
    folder = tmp_path_factory.mktemp("web")
    with driver.session(database="neo4j") as session:
        session.run(WIPE).consume()
    neo4j_store.prepare(schema)
    manifest = read_manifest(ROOT / "samples/germany/twin.toml")
    report = run_import(neo4j_store, schema, manifest, reports=folder / "reports")
    assert report.revision == 1
    return Twin(neo4j_store, schema, folder / "home")


@pytest.fixture(scope="module")
def server(sample: Twin) -> Iterator[str]:
    """Address of the running API, with a slash at its end."""
    if not WebFiles(ROOT / "api/web").complete:
        missing("the libraries of the map (make setup, with npm)")
    with served(create_app(sample)) as address:
        yield f"{address}/"


@pytest.fixture(scope="module")
def api(server: str) -> Iterator[httpx.Client]:
    """A client of the same API, for the numbers that the page must show."""
    with httpx.Client(base_url=server, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def launch() -> Iterator[Launch]:
    """Starts Debian's Chromium with these flags; all are closed at the end."""
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("chromium")
    with sync_playwright() as playwright:
        opened: list[Browser] = []

        def start(flags: list[str]) -> Browser:
            opened.append(playwright.chromium.launch(executable_path=chromium, args=flags))
            return opened[-1]

        yield start
        for browser in opened:
            browser.close()


@pytest.fixture(scope="session")
def browser(launch: Launch) -> Browser:
    """A browser that can draw the map."""
    return launch(DRAWN)


@pytest.fixture
def looked(browser: Browser, server: str) -> Iterator[Looked]:
    """A page on the map; at the end no request may have left the machine, and nothing may have gone wrong."""
    with page_on(browser, server) as made:
        yield made
