"""The sample `samples/germany`: its exports are well formed, credited, joined, and the same when built again."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sample_tools import Link, read_sample
from twin.ingest.manifest import Manifest, read_manifest
from twin.ingest.rules import check_rules
from twin.model import AssetRecord
from twin.schema import Schema

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "germany"
BUILT = (
    "grid/grid.gpkg",
    "grid/LICENSE.CC-BY-4.0.txt",
    "generation/assets.csv",
    "generation/links.csv",
    "fibre/germany50.json",
    "telecom/assets.csv",
    "telecom/links.csv",
    "datacentres/assets.csv",
    "datacentres/links.csv",
    "datacentres/feeds.csv",
    "regions/regions.geojson",
    "netbox/netbox.json",
    "netbox/utility.csv",
    "netbox/cooling.csv",
    "netbox/access.csv",
)

Records = tuple[dict[str, AssetRecord], list[Link], list[Any]]


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(SAMPLE / "twin.toml")


@pytest.fixture(scope="module")
def records(manifest: Manifest, schema: Schema) -> Records:
    return read_sample(manifest, schema)


def test_manifest_fits_the_schema(manifest: Manifest, schema: Schema) -> None:
    check_rules(manifest, schema)
    assert manifest.sources == ["grid", "generation", "fibre", "telecom", "datacentres", "regions"]
    assert {s.rule for s in manifest.stitches} == {"nearest", "table", "key", "within"}


def test_nothing_is_rejected_and_no_end_is_missing(records: Records) -> None:
    assets, links, rejects = records
    assert rejects == []
    assert [link for link in links if link[0] not in assets or link[2] not in assets] == []


def test_exports_hold_what_the_readme_says(records: Records) -> None:
    assets, links, _ = records
    kinds = Counter(record.kind for record in assets.values())
    said = {"bus": 585, "power_line": 852, "transformer": 96, "storage_unit": 38, "load": 489, "data_centre": 24}
    assert {kind: kinds[kind] for kind in said} == said
    assert kinds["power_plant"] + kinds["generator"] == 1423
    assert sum(name.startswith("fibre:span/") for name in assets) == 88
    assert sum(name.startswith("fibre:router/") for name in assets) == 50
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert f"{len(assets):,} assets" in readme
    assert f"{len(links):,} links" in readme


def test_links_are_allowed_by_the_schema(records: Records, schema: Schema) -> None:
    assets, links, _ = records
    bad = {
        (assets[start].kind, kind, assets[end].kind)
        for start, kind, end, *_ in links
        if not schema.link_types[kind].allows(assets[start].kind, assets[end].kind)
    }
    assert bad == set()


def test_whatever_requires_power_in_a_data_centre_has_a_supplier(records: Records, schema: Schema) -> None:
    assets, links, _ = records
    fed = {end for _, kind, end, *_ in links if kind == "POWERS"}
    needy = {
        name
        for name, record in assets.items()
        if name.startswith("datacentres:") and "power" in schema.kinds[record.kind].requires
    }
    # Feeders get theirs from the stitch rules.
    assert {name for name in needy - fed if assets[name].kind != "feeder"} == set()
    feeds = {row["to"] for row in _rows(SAMPLE / "datacentres" / "feeds.csv")}
    b_side = {name for name, record in assets.items() if record.kind == "feeder" and record.properties["ref"] == "B"}
    assert feeds == b_side


def test_synthetic_things_are_called_synthetic(records: Records) -> None:
    assets, _, _ = records
    kinds = {"data_centre", "exchange", "control_centre", "duct", "tenant", "region", "hall"}
    made_up = [record.name or "" for record in assets.values() if record.kind in kinds]
    assert made_up
    assert [name for name in made_up if "Synthetic" not in name] == []


def test_credit_and_licences_lie_beside_the_data() -> None:
    text = (SAMPLE / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for word in (
        "OpenStreetMap contributors",
        "SciGRID",
        "PyPSA Contributors",
        "CC BY 4.0",
        "SNDlib",
        "TopoHub",
        "MIT",
    ):
        assert word in text
    assert "Attribution 4.0" in (SAMPLE / "grid" / "LICENSE.CC-BY-4.0.txt").read_text(encoding="utf-8")
    assert "MIT License" in (SAMPLE / "fibre" / "LICENSE.topohub.txt").read_text(encoding="utf-8")


def test_the_sample_stays_small() -> None:
    assert sum((SAMPLE / name).stat().st_size for name in BUILT) < 5_000_000


@pytest.mark.shared
def test_building_again_gives_the_same_content(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("topohub")
    command = [sys.executable, str(SAMPLE / "build"), "--shared", str(shared), "--out", str(tmp_path)]
    subprocess.run(command, check=True, timeout=300)
    for name in BUILT:
        if name.endswith(".gpkg"):
            # The bytes depend on the GDAL version; the rows must not.
            assert _layers(tmp_path / name) == _layers(SAMPLE / name)
        else:
            assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _layers(path: Path) -> dict[str, list[list[object]]]:
    import pyogrio

    found = {}
    for name, _ in pyogrio.list_layers(path):
        _, table = pyogrio.read_arrow(path, layer=name)
        found[str(name)] = [list(row.values()) for row in table.to_pylist()]
    return found
