"""Completeness: every share is what a plain count gives, and nothing counted is no share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_impact_cascade import snapshot_of
from twin import Snapshot
from twin.impact.completeness import WEIGHTS
from twin.model import Finding
from twin.schema import Schema, default_schema

ASSETS = """id,kind,name,lon,lat,status,voltage_kv,ride_through_power_s,ref
g,generator,G,9,50,in_service,,,
b1,bus,B1,9,50,,110,,r1
b2,bus,,,,planned,,,
alone,bus,,8,50,,220,,
hall,data_hall,H,9,50,,,900,
p,region,P,,,,,,
"""
LINKS = "from,type,to\ng,POWERS,b1\ng,POWERS,b2\n"


def small(folder: Path) -> Snapshot:
    """Two buses on a generator, a bus and a hall that nothing supplies, and a region."""
    (folder / "assets.csv").write_text(ASSETS.replace("data_hall", "hall"), encoding="utf-8")
    (folder / "links.csv").write_text(LINKS, encoding="utf-8")
    return Snapshot.from_tables(folder, strict=True)


def test_a_small_system_counted_by_hand(tmp_path: Path) -> None:
    result = small(tmp_path).completeness()
    rows = {row["kind"]: row for row in result.rows}
    bus = {name: (part["have"], part["of"]) for name, part in rows["bus"]["parts"].items()}
    assert bus == {
        "supply": (2, 3),  # `alone` has no gate
        "connected": (2, 3),
        "clean": (3, 3),  # what the other parts say is not said twice
        "stated": (1, 6),  # one status; no buffer of power
        "place": (2, 3),
        "properties": (3, 12),  # voltage_kv, ref, sections, subnet: two, one, none, none
    }
    weight = {name: WEIGHTS[name] * have / of for name, (have, of) in bus.items()}
    assert rows["bus"]["score"] == round(sum(weight.values()) / sum(WEIGHTS.values()), 4)
    assert rows["bus"]["missing"][0] == {"property": "sections", "missing": 3, "of": 3}
    assert rows["generator"]["parts"]["supply"] == {"have": 0, "of": 0, "share": None}
    assert rows["region"]["parts"]["connected"]["share"] is None
    assert (result.total["assets"], result.total["source"]) == (6, None)
    assert result.to_dict()["assumptions"]["assumed_supplied"] == 2


def test_findings_take_away_from_clean(tmp_path: Path) -> None:
    snapshot = small(tmp_path)

    def clean(*findings: Finding) -> int:
        rows = {row["kind"]: row for row in snapshot.completeness(findings=findings).rows}
        return int(rows["bus"]["parts"]["clean"]["have"])

    def of(code: str, severity: str = "warning", *assets: str, count: int = 1) -> Finding:
        return Finding(code, severity, "m", "f", assets, count)

    assert clean(of("voltage_mismatch", "warning", "b1", "b2")) == 1
    assert clean(of("voltage_mismatch", "error", "b1"), of("far_off", "warning", "b1")) == 2
    assert clean(of("mesh_islands", "info", "b1"), of("isolated_asset", "warning", "alone")) == 3
    assert clean(of("stitch_unmatched", "warning", "gone")) == 3
    cut = snapshot.completeness(findings=[of("far_off", "warning", "b1", count=2000)])
    assert "names its first assets only" in cut.notes[0]


@pytest.mark.parametrize("seed", range(40))
def test_as_counted_one_by_one(seed: int) -> None:
    snapshot, _ = snapshot_of(seed)
    schema, result = default_schema(), snapshot.completeness()
    counted: dict[tuple[Any, str], dict[str, list[int]]] = {}
    for number, name in enumerate(snapshot.arrays.assets["id"].to_pylist()):
        if snapshot.arrays.removed[number]:
            continue
        asset = snapshot.asset(name)
        group = counted.setdefault((asset["source"], asset["kind"]), {})
        for part, have, of in one_by_one(snapshot, schema, number, asset):
            at = group.setdefault(part, [0, 0])
            at[0] += have
            at[1] += of
    assert {(row["source"], row["kind"]) for row in result.rows} == set(counted)
    for row in result.rows:
        for part, (have, of) in counted[row["source"], row["kind"]].items():
            known = row["parts"][part]
            assert (known["have"], known["of"]) == (have, of), (part, row["kind"])
            assert known["share"] == (round(have / of, 4) if of else None)
    for part in WEIGHTS:
        assert result.total["parts"][part]["of"] == sum(row["parts"][part]["of"] for row in result.rows)


def one_by_one(snapshot: Snapshot, schema: Schema, number: int, asset: dict[str, Any]) -> list[tuple[str, int, int]]:
    """What one asset adds to the parts that need no other asset."""
    kind = schema.kinds[asset["kind"]]
    gates = {gate["service"] for gate in snapshot.gates(asset["id"])}
    values = asset["properties"]
    found = [("supply", int(service in gates), 1) for service in kind.requires]
    found += [("stated", int(schema.ride_through(s) in values), 1) for s in kind.requires]
    found.append(("stated", int("status" in values), 1))
    own = [name for name in kind.properties if not name.startswith("ride_through_")]
    found += [("properties", int(name in values), 1) for name in own]
    placed = asset["lon"] is not None or asset["geometry"] is not None
    found += [("place", int(placed), 1)] if kind.layer == "physical" and kind.geometry != "none" else []
    return found
