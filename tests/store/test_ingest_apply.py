"""Imports into a real Neo4j: create, update, replace, roll back, and nothing in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import neo4j
import pytest

from tests.store.ingest_tables import counts, grid, load, write
from twin.errors import ImportBusy, ImportRejected, ReplaceRefused, RollbackRefused
from twin.ingest import apply as apply_module
from twin.ingest import claim as claim_module
from twin.ingest import turns
from twin.ingest.digest import store_digest
from twin.ingest.rollback import rollback
from twin.ingest.run import quiet
from twin.schema import default_schema
from twin.schema.generate import indexes
from twin.store import Store

pytestmark = pytest.mark.store


def one(driver: neo4j.Driver, query: str, **params: Any) -> Any:
    records, _, _ = driver.execute_query(query, params, database_="neo4j")
    return records[0].values() if records else None


def test_create_then_unchanged_then_update(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    first = load(store, grid(tmp_path / "x"))
    assert (first.status, first.revision, counts(first)) == ("applied", 1, {"create": 41})
    assert counts(first, "links") == {"create": 41}
    labels, properties = one(driver, "MATCH (a:Asset {id: 'grid:b0'}) RETURN labels(a), properties(a)")
    assert set(labels) == {"Asset", "Energy", "Bus"}
    assert (properties["kind"], properties["domain"], properties["voltage_kv"]) == ("bus", "energy", 380.0)
    assert (properties["location"].longitude, properties["location"].latitude) == (9.0, 52.0)
    assert one(driver, "MATCH (a:Asset {id: 'grid:l0'}) RETURN a.geometry IS NOT NULL")[0]
    assert one(driver, "MATCH (a:Asset) RETURN count(DISTINCT a.ord), max(a.ord)") == [41, 40]

    again = load(store, tmp_path / "x")
    assert (again.status, again.revision, again.run) == ("unchanged", 1, None)
    assert again.plan["sources"][0]["unchanged_input"]
    compared = load(store, tmp_path / "x", full=True)
    assert (compared.status, compared.revision, counts(compared)) == ("unchanged", 1, {"unchanged": 41})

    changed = load(store, grid(tmp_path / "x", name="Node"))
    assert (changed.status, changed.revision, counts(changed)) == ("applied", 2, {"update": 20, "unchanged": 21})
    assert one(driver, "MATCH (a:Asset {id: 'grid:b3'}) RETURN a.name, a.ord")[0] == "Node 3"
    assert store.state().applying is None


def test_a_property_that_left_the_export_leaves_the_asset(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, write(tmp_path / "x", [("a", "bus", "A", 9, 52, "", 110)], []))
    load(store, write(tmp_path / "x", [("a", "bus", "", "", "", "", "")], []))
    keys = one(driver, "MATCH (a:Asset {id: 'grid:a'}) RETURN keys(a)")[0]
    assert set(keys) == {"id", "kind", "domain", "source", "native_id", "hash", "run", "ord", "origin_at"}


def test_an_asset_that_changes_kind_changes_labels(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, write(tmp_path / "x", [("a", "bus", "A")], []))
    before = store_digest(store)
    report = load(store, write(tmp_path / "x", [("a", "data_centre", "A")], []))
    assert set(one(driver, "MATCH (a:Asset) RETURN labels(a)")[0]) == {"Asset", "Compute", "DataCentre"}
    store.drop_indexes(default_schema())  # as a large import that was killed leaves it
    rollback(store, str(report.run), quiet)
    assert store.missing_indexes(indexes(default_schema())) == []
    assert set(one(driver, "MATCH (a:Asset) RETURN labels(a)")[0]) == {"Asset", "Energy", "Bus"}
    assert store_digest(store) == before


def test_links_that_a_new_kind_does_not_allow_are_told(store: Store, tmp_path: Path) -> None:
    load(store, write(tmp_path / "x", [("g", "generator"), ("b", "bus")], []))
    load(store, write(tmp_path / "y", [("l", "load")], [("grid:g", "POWERS", "l")]), "town")
    load(store, write(tmp_path / "x", [("g", "circuit"), ("b", "bus")], []))
    found = [row for row in store.rows("ingest.findings") if row["code"] == "disallowed_ends"]
    assert [row["assets"] for row in found] == [["grid:g"]]
    assert "grid:g -POWERS-> town:l" in found[0]["message"]


def test_dry_run_writes_nothing(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, grid(tmp_path / "x"))
    everything = "MATCH (n) RETURN count(n), sum(size(keys(n)))"
    before = (one(driver, everything), store_digest(store), store.state())
    report = load(store, grid(tmp_path / "x", buses=25), dry_run=True)
    assert (report.status, report.revision, report.run) == ("planned", 1, None)
    assert counts(report)["create"] == 10
    assert (one(driver, everything), store_digest(store), store.state()) == before


def test_rejects_write_nothing_and_say_everything(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "x",
        [("a", "bus", "A", 9, 52, "", "high"), ("b", "buss"), ("c", "bus"), ("c", "bus")],
        [("a", "POWERS", "nowhere"), ("c", "FEEDS", "c")],
    )
    with pytest.raises(ImportRejected) as caught:
        load(store, folder)
    report = caught.value.extra["report"]
    found = {(r["file"], r["row"], r["column"], r["code"]) for r in report["rejects"]}
    assert found == {
        ("assets.csv", 2, "voltage_kv", "wrong_type"),
        ("assets.csv", 3, "kind", "unknown_kind"),
        ("assets.csv", 5, "id", "duplicate_id"),
        ("links.csv", 2, "from", "missing_end"),
        ("links.csv", 2, "to", "missing_end"),
        ("links.csv", 3, "type", "unknown_link_type"),
    }
    lines = Path(report["rejects_file"]).read_text().splitlines()
    assert lines[0] == "file,row,column,code,message,fix"
    assert len(lines) == 7
    assert one(driver, "MATCH (a:Asset) RETURN count(a)") == [0]
    assert store.state().revision == 0


def test_skip_rejects_takes_the_good_rows_and_keeps_findings(
    store: Store, driver: neo4j.Driver, tmp_path: Path
) -> None:
    folder = write(tmp_path / "x", [("a", "bus"), ("b", "buss")], [("a", "POWERS", "nowhere")])
    report = load(store, folder, skip_rejects=True)
    assert (report.status, report.rejected, report.ok) == ("applied", 2, False)
    assert one(driver, "MATCH (a:Asset) RETURN count(a)") == [1]
    codes = {row["code"] for row in store.rows("ingest.findings")}
    assert codes == {"rejected_unknown_kind", "rejected_missing_end"}
    clean = load(store, write(tmp_path / "x", [("a", "bus"), ("b", "bus")], []))
    assert (clean.status, store.rows("ingest.findings")) == ("applied", [])


def test_skipped_rows_belong_to_their_source_and_name_the_asset(store: Store, tmp_path: Path) -> None:
    links = [("nowhere", "POWERS", "a"), ("b", "FEEDS", "a")]
    for name in ("x", "y"):
        load(store, write(tmp_path / name / "t", [("a", "bus"), ("b", "buss")], links), name, skip_rejects=True)
    told = [(row["code"], row["assets"][0]) for row in store.rows("ingest.findings")]
    found = sorted((code, asset) for code, asset in told if code != "supplier_skipped")
    assert {asset for code, asset in told if code == "supplier_skipped"} == {"x:a", "y:a"}
    one_of_each = ("rejected_missing_end", "rejected_unknown_kind", "rejected_unknown_link_type")
    assert found == [(code, f"{s}:{'b' if 'kind' in code else 'a'}") for code in one_of_each for s in ("x", "y")]
    load(store, write(tmp_path / "x" / "t", [("a", "bus"), ("b", "bus")], []), "x")
    assert {row["assets"][0].partition(":")[0] for row in store.rows("ingest.findings")} == {"y"}


def test_replace_removes_what_vanished_and_is_guarded(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, grid(tmp_path / "x", buses=30))
    kept = load(store, grid(tmp_path / "x", buses=29))
    assert counts(kept)["missing"] == 2
    assert one(driver, "MATCH (a:Asset) RETURN count(a)") == [61]
    replaced = load(store, tmp_path / "x", replace=True)
    assert (counts(replaced)["remove"], counts(replaced, "links")["remove"]) == (2, 3)
    assert one(driver, "MATCH (a:Asset) RETURN count(a)") == [59]
    assert load(store, tmp_path / "x", replace=True).status == "unchanged"
    with pytest.raises(ReplaceRefused, match=r"20 of 59 assets"):
        load(store, grid(tmp_path / "x", buses=19), replace=True)
    assert one(driver, "MATCH (a:Asset) RETURN count(a)") == [59]
    forced = load(store, tmp_path / "x", replace=True, force=True)
    assert forced.revision == 4
    fresh = store_digest(store)
    rollback(store, str(forced.run), quiet)
    load(store, tmp_path / "x", replace=True, force=True)
    assert store_digest(store) == fresh


def test_two_sources_link_each_other_and_dangling_links_go(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, write(tmp_path / "g", [(f"b{i}", "bus") for i in range(40)], []), "grid")
    sites = write(tmp_path / "t", [("s", "site")], [("grid:b0", "POWERS", "s"), ("grid:b1", "POWERS", "s")])
    telecom = load(store, sites, "telecom")
    assert counts(telecom, "links") == {"create": 2}
    before = store_digest(store)
    smaller = write(tmp_path / "g", [(f"b{i}", "bus") for i in range(1, 40)], [])
    report = load(store, smaller, "grid", replace=True)
    assert report.plan["dangling"] == {"telecom": 1}
    assert one(driver, "MATCH (:Asset)-[r]->(:Asset) RETURN count(r)") == [1]
    back = load(store, sites, "telecom", dry_run=True)
    assert back.rejected == 1, "the end is gone, so the unchanged export no longer fits"
    rollback(store, str(report.run), quiet)
    assert store_digest(store) == before
    assert load(store, sites, "telecom").status == "unchanged"


def test_losing_the_last_supplier_is_a_finding_until_there_is_one_again(store: Store, tmp_path: Path) -> None:
    assets = [("g", "generator"), *((f"l{i}", "load") for i in range(30))]
    links = [("g", "POWERS", f"l{i}") for i in range(30)]
    load(store, write(tmp_path / "x", assets, links))
    load(store, write(tmp_path / "x", assets, links[1:]), replace=True)
    (finding,) = store.rows("ingest.findings")
    assert (finding["code"], finding["assets"]) == ("last_supplier_removed", ["grid:l0"])
    assert "grid:g -POWERS-> grid:l0" in finding["message"]
    other = write(tmp_path / "y", [("e", "genset")], [("e", "POWERS", "grid:l0")])
    report = load(store, other, "spare")
    assert store.rows("ingest.findings") == []
    rollback(store, str(report.run), quiet)
    assert [f["code"] for f in store.rows("ingest.findings")] == ["last_supplier_removed"]


def test_needs_of_one_gate_must_agree_with_the_store_too(store: Store, tmp_path: Path) -> None:
    assets = [("g1", "generator"), ("g2", "generator"), ("l", "load")]
    load(store, write(tmp_path / "x", assets, [("g1", "POWERS", "l", "", "2"), ("g2", "POWERS", "l")]))
    other = write(tmp_path / "y", [("e", "genset")], [("e", "POWERS", "grid:l", "", "3")])
    with pytest.raises(ImportRejected) as caught:
        load(store, other, "spare")
    (reject,) = caught.value.extra["report"]["rejects"]
    assert (reject["code"], reject["row"], reject["column"]) == ("conflicting_need", 2, "need")
    assert "the store" in reject["message"]
    changed = [("g1", "POWERS", "l", "", "1"), ("g2", "POWERS", "l")]
    assert load(store, write(tmp_path / "x", assets, changed)).status == "applied", "its own old value does not count"


def test_a_need_does_not_go_with_the_row_that_gave_it(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    needs = "MATCH (:Asset)-[r]->(:Asset {id: 'grid:h'}) RETURN collect(r.need)"
    assets = [("h", "load"), *((f"c{i}", "generator") for i in (1, 2, 3, 4))]
    links = [("c1", "POWERS", "h", "", "2"), ("c2", "POWERS", "h"), ("c3", "POWERS", "h")]
    load(store, write(tmp_path / "x", assets, links))
    assert one(driver, needs) == [["2", "2", "2"]], "a blank need takes that of its gate"
    assert load(store, tmp_path / "x", full=True).status == "unchanged"
    load(store, write(tmp_path / "x", assets, links[1:]), replace=True, force=True)
    assert one(driver, needs) == [["2", "2"]]
    assert load(store, tmp_path / "x", full=True).status == "unchanged", "and it stays"
    load(store, write(tmp_path / "x", assets, [("c4", "POWERS", "h", "", "3"), *links[1:]]))
    assert one(driver, needs) == [["3", "3", "3"]], "another value is another need"
    load(store, write(tmp_path / "x", assets, [("c4", "POWERS", "h"), *links[1:]]))
    assert one(driver, needs) == [[]], "what is taken from the row is taken from the gate"


def test_a_need_that_cannot_be_kept_is_a_finding(store: Store, tmp_path: Path) -> None:
    assets = [("h", "load"), ("c1", "generator"), ("c2", "generator")]
    load(store, write(tmp_path / "x", assets, [("c1", "POWERS", "h", "", "2")]))
    load(store, write(tmp_path / "y", [("e", "genset")], [("e", "POWERS", "grid:h")]), "spare")
    load(store, write(tmp_path / "x", assets, []), replace=True, force=True)
    (finding,) = [row for row in store.rows("ingest.findings") if row["code"] == "gate_need_lost"]
    assert finding["assets"] == ["grid:h"]


@pytest.mark.parametrize("small", [50_000, 5], ids=["one transaction", "batches"])
def test_rollback_restores_the_digest(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(apply_module, "SMALL", small)
    monkeypatch.setattr("twin.ingest.rollback.SMALL", small)
    monkeypatch.setattr("twin.ingest.rollback.BATCH", 7)
    monkeypatch.setattr(apply_module, "ASSETS", 9)
    monkeypatch.setattr(turns, "TRANSACTION", 15)
    monkeypatch.setattr(apply_module, "LINKS", 11)
    first = load(store, grid(tmp_path / "x"))
    before = store_digest(store)
    second = load(store, grid(tmp_path / "x", buses=14, voltage=220), replace=True, force=True)
    assert store_digest(store) != before
    with pytest.raises(RollbackRefused, match="1 later run builds"):
        rollback(store, str(first.run), quiet)
    report = rollback(store, str(second.run), quiet)
    assert (store_digest(store), report.revision) == (before, 3)
    with pytest.raises(RollbackRefused, match="already"):
        rollback(store, str(second.run), quiet)
    rollback(store, str(first.run), quiet)
    assert store_digest(store) == "0" * 32
    assert store.rows("ingest.sources") == []


def test_batches_and_one_transaction_give_the_same(
    store: Store, driver: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store, grid(tmp_path / "x"))
    whole = store_digest(store)
    driver.execute_query("MATCH (n) DETACH DELETE n", database_="neo4j")
    monkeypatch.setattr(apply_module, "SMALL", 5)
    monkeypatch.setattr(apply_module, "ASSETS", 9)
    monkeypatch.setattr(turns, "TRANSACTION", 15)
    report = load(store, tmp_path / "x")
    assert (store_digest(store), report.revision) == (whole, 1)


def test_one_importer_at_a_time(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = grid(tmp_path / "x")
    with claim_module.claimed(store):
        monkeypatch.setattr(claim_module, "myself", lambda: "elsewhere:1:1")
        with pytest.raises(ImportBusy, match="another import is running"):
            load(store, folder)
    assert load(store, folder).status == "applied"


def test_who_lost_the_claim_writes_no_more(
    store: Store, driver: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = apply_module.Applier._open

    def robbed(self: apply_module.Applier) -> tuple[int, int]:
        made = begin(self)
        driver.execute_query("MATCH (t:TwinState) SET t.importer = 'elsewhere:1:1', t.importer_at = timestamp()")
        return made

    monkeypatch.setattr(apply_module, "SMALL", 5)
    monkeypatch.setattr(apply_module.Applier, "_open", robbed)
    with pytest.raises(ImportBusy, match="on elsewhere"):
        load(store, grid(tmp_path / "x"))
    assert one(driver, "MATCH (a:Asset) RETURN count(a)") == [0]
