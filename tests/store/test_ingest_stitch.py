"""Manifests with several imports and stitch rules, into a real Neo4j."""

from __future__ import annotations

import random
from pathlib import Path

import neo4j
import pytest

from tests.store.ingest_tables import load as load_alone
from tests.store.ingest_tables import write
from twin.ingest.digest import store_digest
from twin.ingest.manifest import read_manifest
from twin.ingest.report import ImportReport
from twin.ingest.rollback import rollback
from twin.ingest.run import Flags, quiet, run_import
from twin.ingest.view import StoreView
from twin.schema import load_schema
from twin.store import Store

pytestmark = pytest.mark.store

MANIFEST = """
[[import]]
source = "telecom"
loader = "tables"
path = "telecom"

[[import]]
source = "grid"
loader = "tables"
path = "grid"

[[stitch]]
name = "feeds"
rule = "nearest"
link = "POWERS"
from = { kind = "substation" }
to = { kind = "site" }
max_distance_m = 20000
"""


def twin(folder: Path, far: float = 30.0) -> Path:
    """A grid of two substations and telecom sites near one of them; telecom refers to the later grid."""
    write(folder / "grid", [("s1", "substation", "S1", 9, 52), ("s2", "substation", "S2", 10, 52)], [])
    sites = [("t1", "site", "T1", 9.1, 52), ("t2", "site", "T2", far, 52), ("r", "rtu", "R", 9, 52)]
    write(folder / "telecom", sites, [("grid:s1", "POWERS", "r")])
    (folder / "twin.toml").write_text(MANIFEST)
    return folder


def load(store: Store, folder: Path, dry_run: bool = False, **flags: bool) -> ImportReport:
    manifest = read_manifest(folder / "twin.toml")
    schema = load_schema(manifest.schema_files)
    return run_import(
        store, schema, manifest, reports=folder / "reports", flags=Flags(**flags), dry_run=dry_run, progress=quiet
    )


def stitched(driver: neo4j.Driver) -> list[list[object]]:
    records, _, _ = driver.execute_query(
        "MATCH (a)-[r {source: 'stitch'}]->(b) RETURN a.id, b.id, type(r), r.rule, r.distance_m, r.confidence"
        " ORDER BY b.id, a.id, r.rule",
        database_="neo4j",
    )
    return [list(record.values()) for record in records]


def test_one_manifest_is_one_revision_and_links_reach_later_imports(
    store: Store, driver: neo4j.Driver, tmp_path: Path
) -> None:
    planned = load(store, twin(tmp_path), dry_run=True)
    assert planned.plan["stitches"][0]["links"]["create"] == 1
    assert store.state().revision == 0
    report = load(store, tmp_path)
    assert (report.status, report.revision) == ("applied", 1)
    ((start, end, kind, rule, distance, confidence),) = stitched(driver)
    assert (start, end, kind, rule) == ("grid:s1", "telecom:t1", "POWERS", "feeds")
    assert distance == pytest.approx(6867, abs=10)
    assert confidence == pytest.approx(1 - 6867 / 20000, abs=0.001)
    (finding,) = [f for f in report.findings if f.code == "stitch_unmatched"]
    assert finding.assets == ("telecom:t2",)
    assert [f["code"] for f in store.rows("ingest.findings")] == ["stitch_unmatched"]
    assert load(store, tmp_path).status == "unchanged"
    assert store.state().revision == 1


def test_running_a_rule_again_replaces_its_own_links_only(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, twin(tmp_path))
    second = MANIFEST.replace('"feeds"', '"second"').replace("20000", "100000")
    (tmp_path / "twin.toml").write_text(MANIFEST + second[second.index("[[stitch]]") :])
    load(store, tmp_path)
    assert [row[3] for row in stitched(driver)] == ["feeds", "second"]
    before = store_digest(store)
    (tmp_path / "twin.toml").write_text(MANIFEST.replace("20000", "10"))
    report = load(store, tmp_path)
    assert report.plan["stitches"][0]["links"]["remove"] == 1
    assert [row[3] for row in stitched(driver)] == ["second"]
    rollback(store, str(report.run), quiet)
    assert store_digest(store) == before


def test_a_moved_asset_moves_its_stitched_link_and_the_finding_goes(
    store: Store, driver: neo4j.Driver, tmp_path: Path
) -> None:
    load(store, twin(tmp_path))
    report = load(store, twin(tmp_path, far=10.1))
    assert report.plan["sources"][1]["unchanged_input"], "the grid was not read again, its assets come from the store"
    assert [(row[0], row[1]) for row in stitched(driver)] == [("grid:s1", "telecom:t1"), ("grid:s2", "telecom:t2")]
    assert store.rows("ingest.findings") == []


def test_the_schema_of_the_manifest_counts(store: Store, tmp_path: Path) -> None:
    twin(tmp_path)
    (tmp_path / "water.toml").write_text(
        '[kinds.pump]\ndomain = "place"\nlayer = "physical"\ngeometry = "point"\nrequires = []\nproperties = []\n'
        'description = "A pump."\ncounterpart = ""\n'
    )
    write(tmp_path / "grid", [("s1", "substation", "S1", 9, 52), ("s2", "substation"), ("p", "pump")], [])
    (tmp_path / "twin.toml").write_text('[twin]\nschema = "water.toml"\n' + MANIFEST)
    assert load(store, tmp_path).status == "applied"


def test_a_rule_of_many_kinds_links_allowed_ends_only(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    """The RTU stands nearer to the feeder than the bus; POWERS does not go from an RTU to a feeder."""
    assets = [("b", "bus", "B", 9.1, 52), ("r", "rtu", "R", 9, 52), ("f", "feeder", "F", 9, 52)]
    write(tmp_path / "grid", assets, [])
    write(tmp_path / "telecom", [], [])
    both = MANIFEST.replace('kind = "substation"', 'kind = ["bus", "rtu"]').replace('kind = "site"', 'kind = "feeder"')
    (tmp_path / "twin.toml").write_text(
        both[: both.index("[[import]]")] + both[both.index('[[import]]\nsource = "grid"') :]
    )
    report = load(store, tmp_path)
    assert [row[:2] for row in stitched(driver)] == [["grid:b", "grid:f"]]
    (tmp_path / "twin.toml").write_text((tmp_path / "twin.toml").read_text() + 'each = "from"\n')
    report = load(store, tmp_path)
    (finding,) = [f for f in report.findings if f.code == "stitch_unmatched"]
    assert "POWERS does not go from rtu to feeder" in finding.message
    assert finding.assets == ("grid:r",)


def test_links_of_a_rule_that_is_gone_are_told_and_replaced(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, twin(tmp_path))
    (tmp_path / "twin.toml").write_text(MANIFEST.replace('"feeds"', '"supply"'))
    report = load(store, tmp_path)
    (finding,) = [f for f in report.findings if f.code == "stitch_rule_gone"]
    assert "'feeds'" in finding.message
    assert (finding.severity, finding.count) == ("warning", 1)
    assert [row[3] for row in stitched(driver)] == ["feeds", "supply"]
    before = store_digest(store)
    report = load(store, tmp_path, replace=True, force=True)
    assert {r["name"]: r["links"]["remove"] for r in report.plan["stitches"]} == {"supply": 0, "feeds": 1}
    assert [row[3] for row in stitched(driver)] == ["supply"]
    assert "stitch_rule_gone" not in [f["code"] for f in store.rows("ingest.findings")]
    rollback(store, str(report.run), quiet)
    assert store_digest(store) == before
    (tmp_path / "twin.toml").write_text(MANIFEST[: MANIFEST.index("[[stitch]]")])
    report = load(store, tmp_path, replace=True, force=True)
    assert [r["links"]["remove"] for r in report.plan["stitches"]] == [1, 1]
    assert stitched(driver) == []


def test_rules_of_another_manifest_are_left_alone(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, twin(tmp_path / "one"))
    folder = twin(tmp_path / "two")
    (folder / "twin.toml").write_text(MANIFEST.replace('"feeds"', '"supply"'))
    report = load(store, folder, replace=True)
    assert "stitch_rule_gone" not in [f.code for f in report.findings]
    assert [row[3] for row in stitched(driver)] == ["feeds", "supply"]


def test_only_the_sources_of_a_rule_are_read_from_the_store(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    load(store, twin(tmp_path))
    view = StoreView(store, store.rows("ingest.state")[0]["next_ord"])
    asked = (["site", "substation"], {"site": ["elsewhere"], "substation": ["grid"]})
    assert [row["id"] for row in view.candidates(*asked)] == ["grid:s1", "grid:s2"]
    assert len(list(view.candidates(asked[0], {}))) == 4
    bound = MANIFEST.replace('kind = "substation"', 'kind = "substation", source = "grid"')
    (tmp_path / "twin.toml").write_text(bound.replace("20000", "10000"))
    report = load(store, tmp_path)
    assert [s["unchanged_input"] for s in report.plan["sources"]] == [True, True]
    assert [row[:2] for row in stitched(driver)] == [["grid:s1", "telecom:t1"]]


def test_a_link_that_moves_far_is_told(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    twin(tmp_path, far=9.9)
    (tmp_path / "twin.toml").write_text(MANIFEST.replace("20000", "200000") + "max_move_m = 1000\n")
    load(store, tmp_path)
    write(tmp_path / "grid", [("s1", "substation", "S1", 9, 52), ("s2", "substation", "S2", 10.02, 52)], [])
    assert not load(store, tmp_path).findings, "the partner is the same, a little further away"
    s3 = ("s3", "substation", "S3", 9.91, 52)
    write(tmp_path / "grid", [("s1", "substation", "S1", 9, 52), ("s2", "substation", "S2", 10.02, 52), s3], [])
    (finding,) = load(store, tmp_path).findings
    assert (finding.code, finding.assets) == ("stitch_moved", ("telecom:t2",))
    assert "grid:s2 to grid:s3" in finding.message
    assert [row[0] for row in stitched(driver)] == ["grid:s1", "grid:s3"]
    assert [row["code"] for row in store.rows("ingest.findings")] == ["stitch_moved"]


def test_only_rules_that_data_touch_run_again(store: Store, driver: neo4j.Driver, tmp_path: Path) -> None:
    sides = 'from = { kind = "rtu" }\nto = { kind = "bus" }\n'
    other = f'[[stitch]]\nname = "rtus"\nrule = "nearest"\nlink = "CONTROLS"\n{sides}'
    twin(tmp_path)
    (tmp_path / "twin.toml").write_text(MANIFEST + other)
    write(tmp_path / "grid", [("s1", "substation", "S1", 9, 52), ("b", "bus", "B", 9, 52)], [])
    load(store, tmp_path)
    before = stitched(driver)
    assert load(store, tmp_path).plan["stitches"][0]["untouched"]
    write(tmp_path / "grid", [("s1", "substation", "S1", 9, 52), ("b", "bus", "B2", 9, 52)], [])
    report = load(store, tmp_path)
    assert [(r["name"], r["untouched"]) for r in report.plan["stitches"]] == [("feeds", True), ("rtus", False)]
    assert stitched(driver) == before
    assert "stitch_unmatched" in {row["code"] for row in store.rows("ingest.findings")}, "what it found stays known"
    load_alone(store, write(tmp_path / "x", [("s9", "substation", "S9", 30, 52)], []), source="x")
    report = load(store, tmp_path)
    assert not report.plan["stitches"][0]["untouched"], "another import may have changed what the rule looks at"
    assert ["x:s9", "telecom:t2"] in [row[:2] for row in stitched(driver)]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 12))])
def test_rules_that_are_not_touched_would_change_nothing(
    store: Store, driver: neo4j.Driver, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    other = '[[stitch]]\nname = "rtus"\nrule = "key"\nlink = "CONTROLS"\nfrom = { kind = "rtu", key = "operator" }\n'
    (tmp_path / "twin.toml").write_text(MANIFEST + other + 'to = { kind = "bus", key = "operator" }\n')
    skipped = 0
    for _ in range(5):
        if rng.random() < 0.7:
            some = [(f"s{i}", "substation", "S", 9 + rng.random(), 52) for i in range(rng.randint(1, 3))]
            some += [(f"b{i}", "bus", "B", 9, 52, "", "", rng.choice("xy")) for i in range(rng.randint(1, 3))]
            write(tmp_path / "grid", some, [])
        if rng.random() < 0.7 or not (tmp_path / "telecom").exists():
            some = [(f"t{i}", "site", "T", 9 + rng.random(), 52) for i in range(rng.randint(1, 3))]
            some += [(f"r{i}", "rtu", "R", 9, 52, "", "", rng.choice("xy")) for i in range(rng.randint(0, 2))]
            write(tmp_path / "telecom", some, [])
        if not (tmp_path / "grid").exists():
            write(tmp_path / "grid", [("s0", "substation", "S", 9, 52)], [])
        report = load(store, tmp_path, replace=True, force=True)
        skipped += sum(rule["untouched"] for rule in report.plan["stitches"])
        if rng.random() < 0.3 and report.run:
            rollback(store, report.run, quiet)
            load(store, tmp_path, replace=True, force=True)
        before = store_digest(store)
        assert load(store, tmp_path, replace=True, full=True).status == "unchanged"
        assert store_digest(store) == before
    assert skipped or seed != 0
