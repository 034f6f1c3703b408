"""The bulk way into an empty managed store: the same content as over Bolt, or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MEMORY
from tests.store.ingest_tables import grid, load, write
from twin.errors import InvalidParameter, ServerError
from twin.ingest.digest import store_digest
from twin.ingest.manifest import read_manifest, single
from twin.ingest.planner import Flags
from twin.ingest.report import ImportReport
from twin.ingest.rollback import rollback
from twin.ingest.run import quiet, run_import
from twin.schema import default_schema
from twin.store import LocalServer, Store, bulk

pytestmark = pytest.mark.store
SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "germany"


@pytest.fixture(scope="module")
def server(neo4j_version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    cache = Path(os.environ["TWIN_CACHE"]) if os.environ.get("TWIN_CACHE") else None
    made = LocalServer(tmp_path_factory.mktemp("bulk"), neo4j_version, cache, memory=MEMORY)
    yield made
    made.purge()


@pytest.fixture
def empty(server: LocalServer) -> Iterator[Store]:
    """A store on a server of its own, wiped before."""
    server.stop()
    bulk.wipe(server.home)
    endpoint = server.ensure()
    with Store(endpoint.uri, endpoint.user, endpoint.password) as opened:
        yield opened


def load_bulk(store: Store, server: LocalServer, folder: Path, reports: Path) -> ImportReport:
    manifest = read_manifest(folder) if (folder / "twin.toml").exists() else single("tables", "grid", folder)
    return run_import(store, default_schema(), manifest, reports=reports, flags=Flags(), bulk=server)


def test_the_sample_is_the_same_as_over_bolt(empty: Store, server: LocalServer, store: Store, tmp_path: Path) -> None:
    manifest = read_manifest(SAMPLE)
    over_bolt = run_import(store, default_schema(), manifest, reports=tmp_path / "bolt")
    made = load_bulk(empty, server, SAMPLE, tmp_path / "bulk")
    assert (made.status, made.revision) == ("applied", 1)
    assert made.plan == over_bolt.plan
    assert store_digest(empty) == store_digest(store)
    assert not (server.home / bulk.MARK).exists()
    assert not (server.home / "bulk").exists()
    again = run_import(empty, default_schema(), manifest, reports=tmp_path / "again", flags=Flags(full=True))
    assert again.status == "unchanged"
    with pytest.raises(InvalidParameter, match="not empty"):
        load_bulk(empty, server, SAMPLE, tmp_path / "bulk")
    rollback(empty, str(made.run), quiet)
    assert empty.rows("store.counts")[0]["assets"] == 0


@pytest.mark.soak
def test_texts_that_csv_makes_hard(empty: Store, server: LocalServer, store: Store, tmp_path: Path) -> None:
    words = ['A "quoted", one', "semi;colon", "back\\slash", "Süd\u2028line", "=1+1", "'", "  inner  space "]
    folder = write(tmp_path / "x", [(f"b{i}", "bus", name, 9, 52, "", 110, name) for i, name in enumerate(words)], [])
    load(store, folder)
    load_bulk(empty, server, folder, tmp_path / "bulk")
    assert store_digest(empty) == store_digest(store)


@pytest.mark.soak
def test_what_the_tool_refuses_leaves_an_empty_twin(
    empty: Store, server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = grid(tmp_path / "x")
    monkeypatch.setattr("twin.ingest.bulk._headed", lambda own: {f"{name}:point": type_ for name, type_ in own.items()})
    with pytest.raises(ServerError, match="import tool failed"):
        load_bulk(empty, server, folder, tmp_path / "bulk")
    monkeypatch.undo()
    assert not (server.home / bulk.MARK).exists()
    assert load_bulk(empty, server, folder, tmp_path / "bulk").revision == 1


@pytest.mark.newest
def test_a_load_whose_process_died_is_wiped(empty: Store, server: LocalServer, tmp_path: Path) -> None:
    """Killed after the offline load and before it was published: the next one begins with an empty twin."""
    folder = grid(tmp_path / "x")
    script = f"""
        import os
        from pathlib import Path
        from tests.store.test_bulk import load_bulk
        from twin.ingest import bulk
        from twin.store import LocalServer, Store
        from tests.conftest import MEMORY
        bulk.BulkApplier._publish = lambda *_: os._exit(9)
        home, cache = Path({str(server.home.parent)!r}), Path({str(server.cache)!r})
        server = LocalServer(home, {server.version!r}, cache, memory=MEMORY)
        endpoint = server.ensure()
        with Store(endpoint.uri, endpoint.user, endpoint.password) as store:
            load_bulk(store, server, Path({str(folder)!r}), Path({str(tmp_path / "child")!r}))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False, cwd=SAMPLE.parents[1])
    assert done.returncode == 9
    assert bulk.abandoned(server.home)
    endpoint = server.ensure()
    assert not bulk.abandoned(server.home)
    with Store(endpoint.uri, endpoint.user, endpoint.password) as fresh:
        assert load_bulk(fresh, server, folder, tmp_path / "bulk").revision == 1
        assert fresh.rows("store.counts")[0]["assets"] == 41
