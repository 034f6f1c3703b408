"""Killed at any moment, client or server: the same command finishes the import, with the same result."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.ingest_tables import grid, load
from twin.errors import ImportUnfinished, StoreError
from twin.ingest.digest import store_digest
from twin.ingest.rollback import rollback
from twin.ingest.run import quiet
from twin.schema import Schema
from twin.store import Endpoint, LocalServer, Store

pytestmark = pytest.mark.store

ROOT = Path(__file__).parent.parent.parent
#: Undisturbed, the first import takes 22 transactions and the second 15; a kill comes some before the last.
BUSES = 60


def start(folder: Path, endpoint: Endpoint, *flags: str) -> subprocess.Popen[str]:
    """An import in a child process."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.store.ingest_child", str(folder)]
    return subprocess.Popen(
        [*command, endpoint.uri, endpoint.user, endpoint.password, *flags],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(child: subprocess.Popen[str]) -> str:
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, err[-2000:]
    return out.splitlines()[-1]


def killed(child: subprocess.Popen[str], store: Store, batches: int) -> bool:
    """SIGKILL the child once it has written so many batches; False if it was done before."""
    while child.poll() is None:
        applying = store.rows("ingest.state")[0]["applying"]
        if applying and store.rows("ingest.run", run=applying)[0]["run"]["batch"] >= batches:
            break
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    return child.returncode == -signal.SIGKILL


def wipe(store: Store, schema: Schema, driver: object) -> None:
    driver.execute_query("MATCH (n) DETACH DELETE n", database_="neo4j")  # type: ignore[attr-defined]
    store.prepare(schema)


def published(store: Store, revision: int) -> bool:
    """Whether the last transaction was with the server when its client died: then all is there, else nothing."""
    state = store.state()
    assert (state.revision, state.applying is None) in ((revision, True), (revision - 1, False))
    return state.revision == revision


def first_import(store: Store, endpoint: Endpoint, folder: Path, batches: int) -> None:
    """Kill the first import after some batches, then run it again."""
    child = start(folder, endpoint)
    assert killed(child, store, batches)
    if published(store, 1):
        return
    last = finish(start(folder, endpoint))
    assert last == "done applied True"


def second_import(store: Store, endpoint: Endpoint, folder: Path, batches: int) -> None:
    """Kill an import that updates and removes, then run it again."""
    child = start(folder, endpoint, "replace", "force")
    assert killed(child, store, batches)
    if published(store, 2):
        return
    assert finish(start(folder, endpoint, "replace", "force")) == "done applied True"


def check(store: Store, endpoint: Endpoint, folder: Path, wanted: tuple[str, str], batches: tuple[int, int]) -> None:
    grid(folder, BUSES)
    first_import(store, endpoint, folder, batches[0])
    assert (store_digest(store), store.state().revision, store.state().applying) == (wanted[0], 1, None)
    before = store_digest(store)
    grid(folder, BUSES - 20, voltage=220)
    second_import(store, endpoint, folder, batches[1])
    assert (store_digest(store), store.state().revision) == (wanted[1], 2)
    rollback(store, store.rows("ingest.runs", limit=1)[0]["run"]["id"], quiet)
    assert store_digest(store) == before, "before-images of a resumed run are whole"


@pytest.fixture
def wanted(store: Store, schema: Schema, driver: object, tmp_path: Path) -> tuple[str, str]:
    """Digests of the two imports when nobody disturbs them; the store is empty again afterwards."""
    load(store, grid(tmp_path / "calm", BUSES))
    first = store_digest(store)
    load(store, grid(tmp_path / "calm", BUSES - 20, voltage=220), replace=True, force=True)
    second = store_digest(store)
    wipe(store, schema, driver)
    return first, second


@pytest.mark.parametrize("seed", range(2))
def test_killed_client(store: Store, endpoint: Endpoint, wanted: tuple[str, str], tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    check(store, endpoint, tmp_path / "x", wanted, (chance.randint(0, 16), chance.randint(0, 11)))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 130))
def test_killed_client_soak(
    store: Store, endpoint: Endpoint, wanted: tuple[str, str], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    check(store, endpoint, tmp_path / "x", wanted, (chance.randint(0, 16), chance.randint(0, 11)))


def test_a_cut_off_import_is_finished_by_itself_or_taken_back(store: Store, endpoint: Endpoint, tmp_path: Path) -> None:
    folder = grid(tmp_path / "x", BUSES)
    assert killed(start(folder, endpoint), store, 4)
    other = grid(tmp_path / "y", 3)
    with pytest.raises(ImportUnfinished) as caught:
        load(store, other, "other")
    run = caught.value.extra["run"]
    assert f"twin import --rollback {run}" in caught.value.fix
    report = rollback(store, run, quiet)
    assert (store_digest(store), report.revision, store.state().applying) == ("0" * 32, 0, None)
    assert load(store, other, "other").status == "applied"


@pytest.fixture
def own_server(local_server: LocalServer, tmp_path: Path) -> Iterator[LocalServer]:
    """A server that a test may kill."""
    server = LocalServer(tmp_path / "home", local_server.version, local_server.cache, memory=local_server.memory)
    server.start()
    yield server
    server.purge()


def test_killed_server(own_server: LocalServer, wanted: tuple[str, str], schema: Schema, tmp_path: Path) -> None:
    chance = random.Random(7)
    folder = grid(tmp_path / "x", BUSES)
    endpoint = own_server.endpoint()
    with Store(endpoint.uri, endpoint.user, endpoint.password, "neo4j") as store:
        store.prepare(schema)
        child = start(folder, endpoint)
        wait_for_batches(store, child, chance.randint(2, 15))
        pid = own_server.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        with pytest.raises(StoreError):
            store.state()
    endpoint = own_server.ensure()
    with Store(endpoint.uri, endpoint.user, endpoint.password, "neo4j") as store:
        assert store.state().revision == 0
        assert finish(start(folder, endpoint)) == "done applied True"
        assert (store_digest(store), store.state().revision) == (wanted[0], 1)


def wait_for_batches(store: Store, child: subprocess.Popen[str], batches: int) -> None:
    while child.poll() is None:
        applying = store.rows("ingest.state")[0]["applying"]
        if applying and store.rows("ingest.run", run=applying)[0]["run"]["batch"] >= batches:
            return
        time.sleep(0.002)
    raise AssertionError(child.communicate())
