"""Several sources that describe the same assets, into a real Neo4j."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import neo4j
import pytest

from tests.store.ingest_tables import load as load_alone
from twin.errors import InvalidParameter, ManifestError, StoreError
from twin.ingest import apply, turns
from twin.ingest.digest import store_digest
from twin.ingest.edits import run_edits, undo
from twin.ingest.manifest import read_manifest
from twin.ingest.matching.ask import conflicts, provenance
from twin.ingest.report import ImportReport
from twin.ingest.rollback import rollback
from twin.ingest.run import Flags, quiet, run_import
from twin.schema import default_schema
from twin.service import Twin
from twin.store import Store

pytestmark = pytest.mark.store

COLUMNS = ("id", "kind", "name", "lon", "lat", "operator", "status", "customers")
MANIFEST = """
[twin]
name = "joined"

[[import]]
source = "grid"
loader = "tables"
path = "grid"

[[import]]
source = "oss"
loader = "tables"
path = "oss"
"""
RULE = """
[[match]]
name = "stations"
rule = "key"
from = { kind = "bus", source = "oss", key = "operator" }
to = { kind = "bus", source = "grid", key = "native_id" }
authority = { name = ["oss", "grid"] }
"""


def export(folder: Path, assets: Iterable[Mapping[str, Any]], links: Iterable[tuple[str, str, str]] = ()) -> Path:
    """Tables of assets, given by column, and of links."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "assets.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows({"kind": "bus", **row} for row in assets)
    with (folder / "links.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("from", "type", "to"))
        writer.writerows(links)
    return folder


def twin(folder: Path, rules: str = RULE) -> Path:
    """A grid of two stations, and a telecom operator that knows one of them and has another of its own."""
    export(folder / "grid", [{"id": "a", "name": "Alpha", "lon": 9, "lat": 52, "customers": 5, "status": "in_service"},
                             {"id": "b", "name": "Beta", "lon": 10, "lat": 52}], [("a", "POWERS", "b")])  # fmt: skip
    oss = [
        {"id": "x1", "name": "ALPHA-HUB", "operator": "a", "lon": 9.02, "lat": 52, "customers": 7},
        {"id": "x2", "name": "Own", "operator": "zz", "lon": 11, "lat": 52},
        {"id": "rtu", "kind": "rtu", "name": "RTU", "lon": 9.02, "lat": 52},
    ]
    export(folder / "oss", oss, [("x1", "POWERS", "rtu"), ("x1", "POWERS", "x2")])
    (folder / "twin.toml").write_text(MANIFEST + rules)
    return folder


def load(store: Store, folder: Path, **flags: bool) -> ImportReport:
    """Import the manifest."""
    manifest = read_manifest(folder / "twin.toml")
    return run_import(
        store, default_schema(), manifest, reports=folder / "reports", flags=Flags(**flags), progress=quiet
    )


def asset(driver: neo4j.Driver, name: str) -> dict[str, Any] | None:
    """Properties of an asset, None if it is not there."""
    records, _, _ = driver.execute_query(
        "MATCH (a:Asset {id: $id}) RETURN properties(a) AS p", id=name, database_="neo4j"
    )
    return dict(records[0]["p"]) if records else None


def links(driver: neo4j.Driver) -> set[tuple[str, str, str]]:
    """All links: from, to, source."""
    records, _, _ = driver.execute_query("MATCH (a)-[r]->(b:Asset) RETURN a.id, b.id, r.source", database_="neo4j")
    return {tuple(record.values()) for record in records}  # type: ignore[misc]


JOINED = {("grid:a", "grid:b", "grid"), ("grid:a", "oss:rtu", "oss"), ("grid:a", "oss:x2", "oss")}


def test_a_record_describes_an_asset_of_another_source(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    report = load(store, twin(tmp_path))
    (match,) = report.plan["matches"]
    assert (match["matched"], match["unmatched"], match["doubtful"], match["conflicts"]) == (1, 1, 0, 3)
    assert asset(driver, "oss:x1") is None
    joined = asset(driver, "grid:a") or {}
    assert (joined["name"], joined["customers"], joined["operator"]) == ("ALPHA-HUB", 5, "a")
    assert joined["also_known_as"] == "oss:x1"
    assert (asset(driver, "oss:x2") or {})["name"] == "Own"
    assert links(driver) == JOINED
    assert sorted((row["code"], row["count"]) for row in store.rows("ingest.findings")) == [
        ("match_conflict", 1), ("match_conflict", 1), ("match_conflict", 1), ("match_unmatched", 1)]  # fmt: skip
    before = store_digest(store)
    assert load(store, tmp_path).status == "unchanged"
    assert load(store, tmp_path, full=True).status == "unchanged"
    assert store_digest(store) == before


def test_who_says_what_and_where_they_do_not_agree(store: Store, tmp_path: Path) -> None:
    report = load(store, twin(tmp_path))
    rows = conflicts(store)
    assert [(row["asset"], row["property"], row["taken"]) for row in rows] == [
        ("grid:a", "customers", "grid"), ("grid:a", "location", "grid"), ("grid:a", "name", "oss")]  # fmt: skip
    by_name = {row["property"]: row for row in rows}
    assert by_name["location"]["distance_m"] == pytest.approx(1373, abs=2)
    assert [(v["source"], v["value"]) for v in by_name["customers"]["values"]] == [("grid", 5), ("oss", 7)]
    for name in ("grid:a", "oss:x1"):
        found = provenance(store, name)
        assert found["id"] == "grid:a"
        assert [(r["source"], r["id"], r["rule"], r["run"], r["row"]) for r in found["records"]] == [
            ("grid", "grid:a", None, report.run, 2), ("oss", "oss:x1", "stations", report.run, 2)]  # fmt: skip
        said = {row["property"]: row for row in found["properties"]}
        assert (said["name"]["source"], said["name"]["file"]) == ("oss", "assets.csv")
        assert [other["value"] for other in said["name"]["others"]] == ["Alpha"]
        assert said["status"]["source"] == "grid"
    plain = provenance(store, "grid:b")
    assert [(row["property"], row["file"], row["row"]) for row in plain["properties"]] == [
        ("name", "assets.csv", 3), ("location", "assets.csv", 3)]  # fmt: skip


def test_a_newer_export_of_either_source_changes_what_it_says(
    store: Store, driver: neo4j.Driver, tmp_path: Path
) -> None:
    first = load(store, twin(tmp_path))
    before = store_digest(store)
    export(tmp_path / "grid", [{"id": "a", "name": "Alpha", "lon": 9, "lat": 52, "customers": 6},
                               {"id": "b", "name": "Beta", "lon": 10, "lat": 52}], [("a", "POWERS", "b")])  # fmt: skip
    second = load_alone(store, tmp_path / "grid")
    assert second.plan["sources"][0]["assets"]["update"] == 1
    joined = asset(driver, "grid:a") or {}
    assert (joined["name"], joined["customers"], joined["operator"]) == ("ALPHA-HUB", 6, "a")
    assert "status" not in joined
    runs = [record["run"] for record in provenance(store, "grid:a")["records"]]
    assert runs == [second.run, first.run]
    export(tmp_path / "oss", [{"id": "x1", "name": "HUB", "operator": "a"}])
    load_alone(store, tmp_path / "oss", source="oss")
    joined = asset(driver, "grid:a") or {}
    assert (joined["name"], joined["customers"]) == ("HUB", 6)
    assert asset(driver, "oss:x1") is None, "alone it is known by the match that was made"
    assert load(store, tmp_path).status == "unchanged"
    for run in store.rows("ingest.runs", limit=10):
        if run["run"]["status"] == "applied" and run["run"]["id"] != first.run:
            rollback(store, run["run"]["id"], quiet)
    assert store_digest(store) == before


def test_an_asset_that_turns_out_to_be_another_one(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    twin(tmp_path)
    load_alone(store, tmp_path / "oss", source="oss")
    export(
        tmp_path / "third", [{"id": "t", "lon": 9, "lat": 52}], [("oss:x1", "POWERS", "t"), ("t", "POWERS", "oss:x1")]
    )
    third = load_alone(store, tmp_path / "third", source="third")
    assert third.status == "applied"
    before = store_digest(store)
    report = load(store, tmp_path)
    assert asset(driver, "oss:x1") is None
    assert links(driver) == JOINED | {("grid:a", "third:t", "third"), ("third:t", "grid:a", "third")}
    assert load_alone(store, tmp_path / "third", source="third", full=True).status == "unchanged"
    joined = store_digest(store)
    rollback(store, str(report.run), quiet)
    assert store_digest(store) == before
    load(store, tmp_path)
    assert store_digest(store) == joined
    (tmp_path / "twin.toml").write_text(MANIFEST)
    load(store, tmp_path)
    assert (asset(driver, "oss:x1") or {})["name"] == "ALPHA-HUB"
    assert "also_known_as" not in (asset(driver, "grid:a") or {})
    assert links(driver) == {
        ("grid:a", "grid:b", "grid"), ("oss:x1", "oss:rtu", "oss"), ("oss:x1", "oss:x2", "oss"),
        ("oss:x1", "third:t", "third"), ("third:t", "oss:x1", "third")}  # fmt: skip
    assert store.rows("ingest.said") == []


def test_an_asset_stays_while_another_source_describes_it(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, twin(tmp_path))
    export(tmp_path / "grid", [{"id": "b", "name": "Beta", "lon": 10, "lat": 52}])
    report = load_alone(store, tmp_path / "grid", replace=True, force=True)
    assert [f.code for f in report.findings if f.code == "match_kept"] == ["match_kept"]
    assert asset(driver, "grid:a") is not None
    load(store, tmp_path, replace=True, force=True)
    assert asset(driver, "grid:a") is None
    assert (asset(driver, "oss:x1") or {})["name"] == "ALPHA-HUB", "the record is an asset of its own again"
    assert links(driver) == {("oss:x1", "oss:rtu", "oss"), ("oss:x1", "oss:x2", "oss")}


def test_questions_take_the_other_id(twin_env: Path, store: Store, tmp_path: Path) -> None:
    load(store, twin(tmp_path))
    opened = Twin(store, default_schema(), tmp_path / "home")
    assert opened.asset("oss:x1")["id"] == "grid:a"
    affected = {row["id"] for row in opened.impact(["oss:x1"]).to_dict()["affected"]}
    assert affected == {"grid:a", "grid:b", "oss:rtu", "oss:x2"}
    assert {row["asset"] for row in opened.conflicts()} == {"grid:a"}
    assert opened.provenance("oss:x1")["id"] == "grid:a"


def test_what_is_not_clear_is_not_joined(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    twin(tmp_path)
    export(tmp_path / "oss", [{"id": "x1", "operator": "a"}, {"id": "x2", "operator": "a"}])
    report = load(store, tmp_path)
    assert report.plan["matches"][0]["doubtful"] == 2
    assert asset(driver, "oss:x1") is not None
    assert "match_doubtful" in {f.code for f in report.findings}


@pytest.mark.parametrize(
    ("rule", "matched"),
    [
        ("rule = 'id'\nfrom = { kind = 'bus', source = 'oss' }\nto = { kind = 'bus', source = 'grid' }", 0),
        ("rule = 'nearest'\nmax_distance_m = 2000\nfrom = { kind = 'bus', source = 'oss' }\nto = { kind = 'bus' }", 1),
        ("rule = 'nearest'\nmax_distance_m = 1000\nfrom = { kind = 'bus', source = 'oss' }\nto = { kind = 'bus' }", 0),
        ("rule = 'within'\nfrom = { kind = 'bus', source = 'oss' }\nto = { kind = 'site' }", 0),
    ],
)  # fmt: skip
def test_rules(store: Store, tmp_path: Path, rule: str, matched: int) -> None:
    report = load(store, twin(tmp_path, f"[[match]]\nname = 'r'\n{rule}\n"))
    assert report.plan["matches"][0]["matched"] == matched


def test_a_rule_that_does_not_fit_says_so(store: Store, tmp_path: Path) -> None:
    twin(tmp_path, RULE.replace('source = "oss"', 'source = "os"').replace("name = [", "nam = ["))
    with pytest.raises(ManifestError) as caught:
        load(store, tmp_path)
    assert "did you mean 'oss'" in str(caught.value).lower() or "oss" in str(caught.value)
    assert len(caught.value.extra["problems"]) == 2


def chance(seed: int, folder: Path, rules: bool = True) -> None:
    """Some exports of the same world, different for each seed."""
    rng = random.Random(seed)
    names = [f"n{i}" for i in range(8)]
    for source in ("grid", "oss"):
        some = rng.sample(names, rng.randint(3, 8))
        rows = []
        for name in some:
            row: dict[str, Any] = {"id": f"{source[0]}{name}", "operator": name, "name": rng.choice(["P", "Q", ""])}
            if rng.random() < 0.6:
                row |= {"lon": 9 + rng.randint(0, 3), "lat": 52}
            if rng.random() < 0.5:
                row["customers"] = rng.randint(1, 3)
            rows.append(row)
        ids = [row["id"] for row in rows]
        ends = [(rng.choice(ids), "POWERS", rng.choice(ids)) for _ in range(6)]
        export(folder / source, rows, sorted({end for end in ends if end[0] != end[2]}))
    rule = RULE.replace('key = "native_id"', 'key = "operator"')
    authority = rng.choice(['name = ["oss", "grid"]', '"*" = ["oss"]', 'location = ["oss"], customers = ["oss"]'])
    rule = rule.replace('name = ["oss", "grid"]', authority)
    (folder / "twin.toml").write_text(MANIFEST + (rule if rules else ""))


SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 60))]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_way_there_does_not_matter(store: Store, driver: neo4j.Driver, tmp_path: Path, seed: int) -> None:
    """Whatever was imported before, in whatever order: in the end the store holds what the last exports say."""
    rng = random.Random(seed)
    last = seed * 100
    chance(last, tmp_path / "last")
    load(store, tmp_path / "last")
    wanted = store_digest(store)
    driver.execute_query("MATCH (n) DETACH DELETE n", database_="neo4j")
    store.prepare(default_schema())
    applied: list[tuple[str, str]] = []
    for step in range(1, rng.randint(2, 5)):
        folder = tmp_path / str(step)
        chance(last + step, folder, rules=rng.random() < 0.7)
        before = store_digest(store)
        if rng.random() < 0.5:
            report = load(store, folder, replace=True, force=True)
        else:
            source = rng.choice(["grid", "oss"])
            report = load_alone(store, folder / source, source=source, replace=True, force=True, skip_rejects=False)
        if report.run:
            applied.append((report.run, before))
    load(store, tmp_path / "last", replace=True, force=True)
    assert store_digest(store) == wanted
    assert load(store, tmp_path / "last", full=True).status == "unchanged"
    rollback(store, str(store.rows("ingest.runs", limit=1)[0]["run"]["id"]), quiet)
    for run, before in reversed(applied):
        rollback(store, run, quiet)
        assert store_digest(store) == before


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5])
def test_a_run_that_is_cut_off_ends_like_any_other(
    store: Store, driver: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    twin(tmp_path)
    load_alone(store, tmp_path / "oss", source="oss")
    export(
        tmp_path / "third", [{"id": "t", "lon": 9, "lat": 52}], [("oss:x1", "POWERS", "t"), ("t", "POWERS", "oss:x1")]
    )
    load_alone(store, tmp_path / "third", source="third")
    before = store_digest(store)
    done = load(store, tmp_path)
    wanted = store_digest(store)
    rollback(store, str(done.run), quiet)
    monkeypatch.setattr(apply, "SMALL", 0)
    monkeypatch.setattr(turns, "TRANSACTION", 1)
    wrote = apply.Applier._write
    left = iter(range(cut))

    def cut_off(self: apply.Applier, *how: Any) -> None:
        if next(left, None) is None:
            raise StoreError("cut off")
        wrote(self, *how)

    monkeypatch.setattr(apply.Applier, "_write", cut_off)
    with pytest.raises(StoreError):
        load(store, tmp_path)
    monkeypatch.setattr(apply.Applier, "_write", wrote)
    assert load(store, tmp_path).resumed
    assert store_digest(store) == wanted
    rollback(store, str(store.rows("ingest.runs", limit=1)[0]["run"]["id"]), quiet)
    assert store_digest(store) == before


def test_an_edit_counts_before_all_sources_until_a_newer_export(
    store: Store, driver: neo4j.Driver, tmp_path: Path
) -> None:
    load(store, twin(tmp_path))
    before = store_digest(store)
    edits = [
        {"op": "set", "id": "oss:x1", "name": "Mine", "properties": {"customers": 9, "operator": None}},
        {"op": "link", "from": "oss:x1", "type": "POWERS", "to": "grid:b", "group": "second"},
    ]
    report = run_edits(store, default_schema(), edits, reports=tmp_path / "reports")
    joined = asset(driver, "grid:a") or {}
    assert (joined["name"], joined["customers"], joined.get("operator")) == ("Mine", 9, None)
    assert joined["also_known_as"] == "oss:x1"
    said = {row["property"]: row for row in provenance(store, "grid:a")["properties"]}
    assert (said["customers"]["source"], said["customers"]["run"]) == ("manual", report.run)
    assert load(store, tmp_path, full=True).status == "unchanged"
    after = store_digest(store)
    export(tmp_path / "oss", [{"id": "x1", "operator": "a", "name": "HUB"}])
    newer = load(store, tmp_path)
    assert (asset(driver, "grid:a") or {})["name"] == "Mine", (
        "only a newer export of the asset's own source replaces it"
    )
    rollback(store, str(newer.run), quiet)
    assert store_digest(store) == after
    undo(store)
    assert store_digest(store) == before
    run_edits(store, default_schema(), edits[:1], reports=tmp_path / "reports")
    export(tmp_path / "grid", [{"id": "a", "name": "Alpha", "customers": 4}, {"id": "b"}])
    load(store, tmp_path)
    joined = asset(driver, "grid:a") or {}
    assert (joined["name"], joined["customers"]) == ("HUB", 4)
    renamed = [{"op": "rename", "id": "grid:a", "to": "aa"}]
    run_edits(store, default_schema(), renamed, reports=tmp_path / "reports")
    assert provenance(store, "oss:x1")["id"] == "grid:aa"
    with pytest.raises(InvalidParameter, match="there already"):
        run_edits(store, default_schema(), [{"op": "add", "id": "oss:x1", "kind": "bus"}], reports=tmp_path / "reports")
