"""What the sample's README tells: the three stories and the findings, computed without a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.sample_tools import read_sample, stitched, write_tables
from twin import Snapshot
from twin.ingest.manifest import read_manifest
from twin.schema import default_schema

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "germany"
HOUR = 3600


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    manifest = read_manifest(SAMPLE)
    assets, links, _ = read_sample(manifest, default_schema())
    for spec in manifest.stitches:
        links += stitched(spec, assets)
    folder = tmp_path_factory.mktemp("germany")
    write_tables(folder, assets, links)
    return Snapshot.from_tables(folder, strict=True)


def affected(snapshot: Snapshot, *failed: str, horizon_s: float | None = None) -> dict[str, dict[str, Any]]:
    result = snapshot.impact(list(failed), horizon_s=horizon_s).to_dict()
    return {row["id"]: row for row in result["affected"]}


def test_findings_are_those_that_the_readme_explains(snapshot: Snapshot) -> None:
    codes = {finding.code for finding in snapshot.findings}
    assert codes == {"gate_unsatisfiable", "baseline_down", "no_supplier"}
    hall = "datacentres:hall/hannover-1-h2"
    assert set(snapshot.baseline_down()) == {hall, *(f"datacentres:pdu/hannover-1-h2-{side}" for side in "ab")}


def test_nothing_is_assumed_supplied(snapshot: Snapshot) -> None:
    result = snapshot.impact(["grid:station/492"]).to_dict()
    assert result["assumptions"]["assumed_supplied"] == 0


def test_story_1_a_substation_is_lost(snapshot: Snapshot) -> None:
    rows = affected(snapshot, "grid:station/492")
    # Frankfurt 1 has B from another station: nothing of its machines goes down.
    first = [row for name, row in rows.items() if name.startswith("datacentres:server/frankfurt-1-")]
    assert {row["verdict"] for row in first} == {"at_risk"}
    # Frankfurt 2 has both feeds from this one: gensets after 30 s, fuel for 24 h, cool for another 240 s.
    second = [row for name, row in rows.items() if name.startswith("datacentres:server/frankfurt-2-")]
    assert len(second) == 96
    assert {(row["verdict"], row["time_s"]) for row in second} == {("down", 30 + 24 * HOUR + 240)}
    # Frankfurt 3 has no genset: without cooling its hall lasts 10 min, its UPS 15.
    assert rows["datacentres:hall/frankfurt-3-h1"]["time_s"] == 600
    assert rows["datacentres:ups/frankfurt-3-a"]["time_s"] == 900
    # Telecom: genset after 2 min for 72 h, then 8 h of battery.
    assert rows["telecom:exchange/frankfurt"]["time_s"] == 120 + 72 * HOUR + 8 * HOUR
    assert rows["telecom:circuit/nuernberg-1-1"]["verdict"] == "down"


def test_story_2_one_cable_is_survived(snapshot: Snapshot) -> None:
    rows = affected(snapshot, "telecom:cable/koblenz--koeln-1")
    assert rows["telecom:path/koeln-1-a"]["verdict"] == "down"
    assert rows["telecom:circuit/koeln-1-1"]["verdict"] == "at_risk"
    assert not [name for name in rows if name.startswith("datacentres:")]


def test_story_2_the_duct_is_not(snapshot: Snapshot) -> None:
    rows = affected(snapshot, "telecom:duct/koeln-rheinbruecke")
    assert rows["telecom:circuit/koeln-1-1"]["verdict"] == "down"
    assert rows["datacentres:workload/patient-records-koeln-1"]["verdict"] == "down"
    assert rows["datacentres:tenant/hospitals"]["verdict"] == "at_risk"


def test_story_3_crosses_domains_and_returns(snapshot: Snapshot) -> None:
    rows = affected(snapshot, "grid:station/417")
    path = {
        "grid:bus/417": 0,
        "telecom:battery/passau": 6 * HOUR,
        "fibre:router/passau": 6 * HOUR,
        "telecom:circuit/plant-418-run-of-river": 6 * HOUR,
        "generation:plant/418-run-of-river": 6 * HOUR + 1800,
        "grid:bus/418": 6 * HOUR + 1800,
        "datacentres:feeder/passau-1-b": 6 * HOUR + 1800,
        "datacentres:hall/passau-1-h1": 24 * HOUR + 60 + 600,
    }
    assert {name: rows[name]["time_s"] for name in path} == path
    assert {rows[name]["verdict"] for name in path} == {"down"}
    assert rows["grid:station/418"]["verdict"] == "degraded"


def test_story_3_the_plant_keeps_the_island_until_then(snapshot: Snapshot) -> None:
    rows = affected(snapshot, "grid:station/417", horizon_s=5 * HOUR)
    assert rows["grid:bus/418"]["verdict"] == "at_risk"
    down = {name for name, row in rows.items() if row["verdict"] == "down"}
    assert {name.split(":")[0] for name in down} == {"grid", "generation", "datacentres"}
    assert "datacentres:feeder/passau-1-b" not in down
