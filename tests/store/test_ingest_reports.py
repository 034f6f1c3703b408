"""What an import tells: of the whole run, also when it was cut off, and as a file; and what it leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.store.ingest_tables import counts, grid, load, write
from twin.errors import ImportRejected
from twin.ingest import apply as apply_module
from twin.ingest import report as report_module
from twin.ingest import turns
from twin.ingest.digest import store_digest
from twin.store import Store

pytestmark = pytest.mark.store


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Small batches, and an import that is cut off after some of them."""
    for name, size in (("SMALL", 5), ("ASSETS", 9), ("LINKS", 11), ("SORTED", 50)):
        monkeypatch.setattr(apply_module, name, size)
    monkeypatch.setattr(turns, "TRANSACTION", 15)
    whole = turns.Turns._mark

    def after(batches: int) -> None:
        left = iter(range(batches))

        def mark(self: turns.Turns, *given: Any) -> int:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return whole(self, *given)

        monkeypatch.setattr(turns.Turns, "_mark", whole if batches < 0 else mark)

    return after


def test_a_resumed_run_tells_all_of_it(store: Store, cut: Any, tmp_path: Path) -> None:
    folder = grid(tmp_path / "x")
    for batches in (1, 2):
        cut(batches)
        with pytest.raises(KeyboardInterrupt):
            load(store, folder)
    cut(-1)
    report = load(store, folder)
    assert (report.status, report.resumed, report.rows) == ("applied", True, 82)
    assert (counts(report), counts(report, "links")) == ({"create": 41}, {"create": 41})
    assert 0 < report.written_before["assets"] <= 41
    assert 15 <= sum(report.written_before.values()) < 82
    run = store.rows("ingest.run", run=report.run)[0]["run"]
    assert (run["assets_create"], run["links_create"], run["created"]) == (41, 41, 82)
    assert "planned" not in run


def test_a_need_of_links_that_are_gone_outlives_a_cut(store: Store, driver: Any, cut: Any, tmp_path: Path) -> None:
    assets = [("h", "load"), *((f"c{i}", "generator") for i in range(40))]
    links = [("c0", "POWERS", "h", "", "2"), *((f"c{i}", "POWERS", "h") for i in range(1, 40))]
    load(store, write(tmp_path / "x", assets, links))
    cut(1)
    write(tmp_path / "x", assets, links[1:])
    with pytest.raises(KeyboardInterrupt):
        load(store, tmp_path / "x", replace=True, force=True)
    gone = driver.execute_query("MATCH (:Asset {id: 'grid:c0'})-[r]->() RETURN r", database_="neo4j")[0]
    assert not gone, "the link that gave the need went first"
    cut(-1)
    load(store, tmp_path / "x", replace=True, force=True)
    needs = driver.execute_query("MATCH ()-[r:POWERS]->() RETURN collect(DISTINCT r.need)", database_="neo4j")[0]
    assert needs[0][0] == ["2"]
    digest = store_digest(store)
    assert load(store, tmp_path / "x", full=True).status == "unchanged"
    assert store_digest(store) == digest


def test_the_report_lies_beside_the_rejects(store: Store, tmp_path: Path) -> None:
    applied = load(store, grid(tmp_path / "x"))
    assert applied.report_file == tmp_path / "reports" / str(applied.run) / "report.json"
    assert orjson.loads(applied.report_file.read_bytes()) == orjson.loads(orjson.dumps(applied.to_dict()))
    with pytest.raises(ImportRejected) as caught:
        load(store, write(tmp_path / "y", [("a", "buss")], []), "other")
    told = caught.value.extra["report"]
    assert Path(told["report_file"]).parent == Path(told["rejects_file"]).parent
    assert orjson.loads(Path(told["report_file"]).read_bytes())["status"] == "rejected"


def test_only_the_newest_reports_are_kept(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "KEPT", 3)
    reports = tmp_path / "reports"
    for name in ("20250101-000000-0001", "dry-20250101-000000-0002", "20250102-000000-0003", "mine"):
        (reports / name).mkdir(parents=True)
    applied = load(store, grid(tmp_path / "x"))
    load(store, tmp_path / "x", dry_run=True)
    left = {path.name for path in reports.iterdir()}
    assert {"mine", str(applied.run), "20250102-000000-0003"} < left
    assert len(left) == 4


def test_a_report_that_cannot_be_written_does_not_undo_the_import(store: Store, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file where the folder should be")
    report = load(store, grid(tmp_path / "x"))
    assert (report.status, report.report_file) == ("applied", None)
