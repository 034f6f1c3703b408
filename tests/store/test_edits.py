"""Edits by hand in a real Neo4j: through the import's checks, in one revision, and taken back exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import neo4j
import pytest

from tests.store.ingest_tables import grid, load
from twin.errors import ImportRejected, InvalidParameter, RollbackRefused, UnknownAsset
from twin.ingest.digest import store_digest
from twin.ingest.edits import run_edits, undo
from twin.ingest.report import ImportReport
from twin.schema import default_schema
from twin.store import Store

pytestmark = pytest.mark.store


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Store:
    load(store, grid(tmp_path / "x"))
    return store


def make(store: Store, tmp_path: Path, *edits: dict[str, Any], **options: Any) -> ImportReport:
    return run_edits(store, default_schema(), edits, reports=tmp_path / "reports", **options)


def asset(driver: neo4j.Driver, name: str) -> dict[str, Any]:
    records, _, _ = driver.execute_query("MATCH (a:Asset {id: $id}) RETURN properties(a)", id=name, database_="neo4j")
    return records[0].values()[0] if records else {}


def links(driver: neo4j.Driver, name: str) -> set[tuple[str, str, str]]:
    query = "MATCH (:Asset {id: $id})-[r]-() RETURN DISTINCT startNode(r).id, type(r), endNode(r).id"
    records, _, _ = driver.execute_query(query, id=name, database_="neo4j")
    return {tuple(r.values()) for r in records}


EVERY = (
    {"op": "add", "id": "load/1", "kind": "load", "name": "Works", "properties": {"demand_mw": "12.5"}},
    {"op": "link", "from": "grid:b3", "type": "POWERS", "to": "manual:load/1"},
    {"op": "set", "id": "grid:b3", "name": "North", "properties": {"voltage_kv": 220, "operator": None}},
    {"op": "unlink", "from": "grid:b7", "to": "grid:l7"},
    {"op": "delete", "id": "grid:l9"},
    {"op": "rename", "id": "grid:b5", "to": "bus-five"},
)  # fmt: skip


def test_every_kind_of_edit_in_one_run(filled: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    before = store_digest(filled)
    edits = [{**e, "lon": 9.1, "lat": 52.1} if e["op"] == "add" else e for e in EVERY]
    report = make(filled, tmp_path, *edits, note="storm repairs")
    assert (report.status, report.revision) == ("applied", 2)
    added = asset(driver, "manual:load/1")
    assert (added["name"], added["demand_mw"], added["source"], added["domain"]) == ("Works", 12.5, "manual", "energy")
    assert (added["location"].longitude, added["location"].latitude) == (9.1, 52.1)
    assert links(driver, "manual:load/1") == {("grid:b3", "POWERS", "manual:load/1")}
    changed = asset(driver, "grid:b3")
    assert (changed["name"], changed["voltage_kv"], changed.get("operator")) == ("North", 220.0, None)
    assert (changed["location"].longitude, changed["location"].latitude) == (9.03, 52.0)
    assert not any({"grid:b7", "grid:l7"} == {a, b} for a, _, b in links(driver, "grid:b7"))
    assert asset(driver, "grid:l9") == {}
    assert asset(driver, "grid:b5") == {}
    assert links(driver, "grid:bus-five") == {
        ("grid:l5", "CONDUCTS", "grid:bus-five"),
        ("grid:l4", "CONDUCTS", "grid:bus-five"),
    }
    assert undo(filled).run == report.run
    assert store_digest(filled) == before
    undo(filled)
    with pytest.raises(RollbackRefused, match="taken back already"):
        undo(filled)


def test_an_edit_that_changes_nothing_writes_nothing(filled: Store, tmp_path: Path) -> None:
    for name in ("grid:b0", "grid:l0", "grid:g"):
        assert make(filled, tmp_path, {"op": "set", "id": name}).status == "unchanged"
    assert make(filled, tmp_path, {"op": "set", "id": "grid:b0", "name": "Bus 0"}).status == "unchanged"
    same = {"op": "link", "from": "grid:g", "type": "POWERS", "to": "grid:b0"}
    assert make(filled, tmp_path, same).status == "unchanged"
    assert filled.state().revision == 1


def test_a_dry_run_writes_nothing(filled: Store, tmp_path: Path) -> None:
    report = make(filled, tmp_path, {"op": "delete", "id": "grid:b1"}, dry_run=True)
    assert (report.status, filled.state().revision) == ("planned", 1)
    source = report.plan["sources"][0]
    assert source["assets"]["remove"] == 1
    assert source["links"]["remove"] == 2


def test_a_later_edit_sees_the_earlier_ones(filled: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    make(
        filled,
        tmp_path,
        {"op": "add", "id": "a", "kind": "bus"},
        {"op": "link", "from": "a", "type": "POWERS", "to": "grid:b1"},
        {"op": "rename", "id": "a", "to": "b"},
        {"op": "set", "id": "b", "name": "B"},
        {"op": "rename", "id": "grid:b1", "to": "b-one"},
    )
    assert asset(driver, "manual:b")["name"] == "B"
    assert ("manual:b", "POWERS", "grid:b-one") in links(driver, "grid:b-one")


@pytest.mark.parametrize(
    ("edit", "error", "words"),
    [
        ({"op": "set", "id": "grid:b99"}, UnknownAsset, "grid:b99"),
        ({"op": "add", "id": "grid:b1", "kind": "bus"}, InvalidParameter, "there already"),
        ({"op": "add", "id": "x", "kind": "buss"}, ImportRejected, "unknown kind"),
        ({"op": "set", "id": "grid:b1", "properties": {"voltage_kv": "high"}}, ImportRejected, "voltage_kv|number"),
        ({"op": "set", "id": "grid:b1", "properties": {"voltage": 3}}, ImportRejected, "no property"),
        ({"op": "link", "from": "grid:b1", "type": "HOSTS", "to": "grid:b2"}, ImportRejected, "does not go"),
        ({"op": "unlink", "from": "grid:b1", "to": "grid:b9"}, InvalidParameter, "no link"),
        ({"op": "rename", "id": "grid:b1", "to": "b2"}, InvalidParameter, "there already"),
        ({"op": "add", "id": "x", "kind": "bus", "lon": 9.0}, InvalidParameter, "latitude"),
        ({"op": "paint", "id": "x"}, InvalidParameter, "edit 2"),
        ({"op": "add", "id": "stitch:x", "kind": "bus"}, InvalidParameter, "no id"),
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_written(
    filled: Store, tmp_path: Path, edit: dict[str, Any], error: type[Exception], words: str
) -> None:
    before = store_digest(filled)
    with pytest.raises(error, match=words):
        make(filled, tmp_path, {"op": "add", "id": "good", "kind": "bus"}, edit)
    assert (store_digest(filled), filled.state().revision) == (before, 1)


def test_the_same_export_keeps_an_edit_and_a_newer_one_says_it_anew(
    filled: Store, driver: neo4j.Driver, tmp_path: Path
) -> None:
    make(filled, tmp_path, {"op": "set", "id": "grid:b1", "name": "Mine"})
    assert load(filled, tmp_path / "x").status == "unchanged"
    assert asset(driver, "grid:b1")["name"] == "Mine"
    assert load(filled, grid(tmp_path / "x", name="Node")).status == "applied"
    assert asset(driver, "grid:b1")["name"] == "Node 1"


def test_a_contradicting_need_is_refused(filled: Store, tmp_path: Path) -> None:
    first = {"op": "link", "from": "grid:b1", "type": "POWERS", "to": "grid:b9", "need": "2"}
    second = {"op": "link", "from": "grid:b2", "type": "POWERS", "to": "grid:b9", "need": "1"}
    with pytest.raises(ImportRejected, match="need"):
        make(filled, tmp_path, first, second)
    assert make(filled, tmp_path, first, {**second, "need": "2"}).status == "applied"


def test_the_last_supplier_that_is_unlinked_is_a_finding(filled: Store, tmp_path: Path) -> None:
    make(
        filled,
        tmp_path,
        {"op": "add", "id": "l", "kind": "load"},
        {"op": "link", "from": "grid:b1", "type": "POWERS", "to": "l"},
    )
    report = make(filled, tmp_path, {"op": "unlink", "from": "grid:b1", "to": "l"})
    assert report.status == "applied"
    assert "last_supplier_removed" in {row["code"] for row in filled.rows("ingest.findings")}
