"""The sample's colocation site, which its own NetBox describes (``netbox.toml``), on its grid and fibre."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sample_tools import read_sample, stitched, write_tables
from twin import Snapshot
from twin.ingest.manifest import read_manifest
from twin.ingest.rules import check_rules
from twin.model import AssetRecord
from twin.schema import default_schema

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "germany"
MINUTE = 60
#: What the connection agreements say: the stations of panel A and panel B.
STATIONS = ("grid:station/492", "grid:bus/240")

Site = tuple[dict[str, AssetRecord], Snapshot]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The assets of the site, and the twin with all of the sample."""
    schema = default_schema()
    manifests = read_manifest(SAMPLE), read_manifest(SAMPLE / "netbox.toml")
    check_rules(manifests[1], schema)
    assets, links, _ = read_sample(manifests[0], schema)
    own, more, rejects = read_sample(manifests[1], schema)
    assert rejects == []
    assets |= own
    links += more
    for manifest in manifests:
        for spec in manifest.stitches:
            links += stitched(spec, assets)
    folder = tmp_path_factory.mktemp("netbox")
    write_tables(folder, assets, links)
    return own, Snapshot.from_tables(folder, strict=True)


def affected(snapshot: Snapshot, *failed: str) -> dict[str, dict[str, Any]]:
    rows = snapshot.impact(list(failed)).to_dict()["affected"]
    return {row["id"]: row for row in rows if row["id"].startswith("netbox:")}


def ids(assets: dict[str, AssetRecord], kind: str) -> set[str]:
    return {name for name, one in assets.items() if one.kind == kind}


def named(assets: dict[str, AssetRecord], name: str) -> str:
    return next(key for key, one in assets.items() if one.name == name)


def test_the_readme_counts_it(site: Site) -> None:
    own, _ = site
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    counts = Counter(one.kind for one in own.values())
    assert counts["server"] == 48
    assert f"{len(own)} assets" in readme
    for kind in ("data_centre", "hall", "tenant"):
        assert all("Synthetic" in (own[one].name or "") for one in ids(own, kind))


def test_nothing_is_assumed(site: Site) -> None:
    _, snapshot = site
    codes = {finding.code for finding in snapshot.findings}
    assert codes == {"gate_unsatisfiable", "baseline_down", "no_supplier", "mesh_islands"}
    assert not any(one.startswith("netbox:") for one in snapshot.baseline_down())


def test_one_station_is_lost(site: Site) -> None:
    """Side A lives on its battery for 10 minutes; then what has one cord is down, all else lacks its spare."""
    own, snapshot = site
    rows = affected(snapshot, STATIONS[0])
    legacy = named(own, "legacy-billing")
    servers = {name: (row["verdict"], row["time_s"]) for name, row in rows.items() if name in ids(own, "server")}
    assert servers.pop(legacy) == ("down", 10 * MINUTE)
    assert len(servers) == 47
    assert set(servers.values()) == {("at_risk", 10 * MINUTE)}
    assert {rows[name]["verdict"] for name in ids(own, "cooling_unit")} == {"at_risk"}
    assert not ids(own, "vm") & rows.keys()
    assert rows[named(own, "Synthetic tenant Savings bank")]["verdict"] == "down"  # the machine is its
    assert named(own, "Synthetic tenant Parcel service") not in rows


def test_the_other_station_is_lost(site: Site) -> None:
    own, snapshot = site
    rows = affected(snapshot, STATIONS[1])
    assert {rows[name]["verdict"] for name in ids(own, "server") - {named(own, "legacy-billing")}} == {"at_risk"}
    assert named(own, "legacy-billing") not in rows


def test_both_are_lost(site: Site) -> None:
    """Without power nothing cools: the halls are too hot after 8 minutes, before the batteries are empty."""
    own, snapshot = site
    rows = affected(snapshot, *STATIONS)
    for kind in ("server", "vm"):
        assert {(rows[name]["verdict"], rows[name]["time_s"]) for name in ids(own, kind)} == {("down", 8 * MINUTE)}
    assert {rows[name]["verdict"] for name in ids(own, "tenant")} == {"down"}


def test_one_cooler_of_three_can_go(site: Site) -> None:
    own, snapshot = site
    first, second = named(own, "crac-1-1"), named(own, "crac-1-2")
    hall = named(own, "Synthetic DC Frankfurt 5 hall 1")
    assert affected(snapshot, first)[hall]["verdict"] == "at_risk"
    assert affected(snapshot, first, second)[hall]["verdict"] == "down"


def test_hosts_of_a_cluster(site: Site) -> None:
    own, snapshot = site
    cluster = named(own, "fra5-virt-1")
    hosts = [named(own, f"srv-1{rack:02}-{n:02}") for rack in (1, 2) for n in range(1, 5)]
    assert cluster not in affected(snapshot, *hosts[:5])
    assert affected(snapshot, *hosts[:6])[cluster]["verdict"] == "at_risk"  # 18 of 18
    assert affected(snapshot, *hosts[:7])[cluster]["verdict"] == "down"


def test_the_trunk_between_the_halls(site: Site) -> None:
    own, snapshot = site
    down = {name for name, row in affected(snapshot, named(own, "pp-2")).items() if row["verdict"] == "down"}
    assert len(down) == 8  # the paths of the four switches in hall 2 to both routers
    assert down <= ids(own, "path")
