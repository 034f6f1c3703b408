"""Transactions that overlap: every one written, once and in order, whatever is retried in between."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import neo4j.exceptions
import pytest

from tests.store.ingest_tables import grid, load
from twin.errors import StoreError
from twin.ingest import apply as apply_module
from twin.ingest import turns
from twin.ingest.digest import store_digest
from twin.store import Store

pytestmark = pytest.mark.store


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small transactions."""
    for name, size in (("SMALL", 5), ("ASSETS", 7), ("LINKS", 9), ("SORTED", 50)):
        monkeypatch.setattr(apply_module, name, size)
    monkeypatch.setattr(turns, "TRANSACTION", 8)


def lost() -> neo4j.exceptions.TransientError:
    """What the driver tries a transaction again for."""
    return neo4j.exceptions.TransientError("cut for the test")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("when", ["before the mark", "after the mark", "after the commit"])
def test_whatever_is_tried_again_all_is_written_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, when: str
) -> None:
    load(store, grid(tmp_path / "calm"), "calm")
    wanted = load(store, grid(tmp_path / "x"), "grid", dry_run=True)
    chance, guard = random.Random(seed), threading.Lock()
    mark, write = turns.Turns._mark, Store.write
    troubles = [0]

    def unlucky() -> bool:
        with guard:
            hit = chance.random() < 0.3
            troubles[0] += hit
            return hit

    def marked(self: turns.Turns, *given: Any) -> int:
        if when == "before the mark" and unlucky():
            raise lost()
        before = mark(self, *given)
        if when == "after the mark" and unlucky():
            raise lost()
        return before

    def written(self: Store, work: Any) -> Any:
        def twice(unit: Any) -> Any:
            return work(unit)

        done = write(self, twice)
        if when == "after the commit" and getattr(work, "__name__", "") == "work" and unlucky():
            return write(self, twice)  # as the driver does when the answer to a commit is lost
        return done

    monkeypatch.setattr(turns.Turns, "_mark", marked)
    monkeypatch.setattr(Store, "write", written)
    report = load(store, tmp_path / "x", "grid")
    monkeypatch.undo()
    assert troubles[0], "nothing went wrong"
    assert report.plan == wanted.plan
    run = store.rows("ingest.run", run=report.run)[0]["run"]
    assert (run["assets_create"], run["links_create"]) == (41, 41)
    digest = store_digest(store)
    assert load(store, tmp_path / "x", "grid", full=True).status == "unchanged"
    assert store_digest(store) == digest


@pytest.mark.usefixtures("small")
def test_after_one_that_fails_for_good_nothing_more_is_written(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = apply_module.Applier._write

    def failing(self: apply_module.Applier, unit: Any, number: int, batch: turns.Batch) -> None:
        write(self, unit, number, batch)
        if number == 4:
            raise StoreError("broken for the test")

    monkeypatch.setattr(apply_module.Applier, "_write", failing)
    with pytest.raises(StoreError, match="broken for the test"):
        load(store, grid(tmp_path / "x"))
    applying = store.rows("ingest.state")[0]["applying"]
    assert store.rows("ingest.run", run=applying)[0]["run"]["batch"] == 3
    monkeypatch.undo()
    report = load(store, tmp_path / "x")
    assert (report.resumed, report.status) == (True, "applied")
    assert load(store, tmp_path / "x", full=True).status == "unchanged"
