"""Loader ``cim``: feeders, tanks, regulators, phases and drawing coordinates; losses against a second reading."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from loaders.cim import CimLoader, CimOptions
from tests.unit.cim_tools import Plain, fed, parts_of, plain, same_parts, snapshot_of
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from twin.errors import SourceUnreadable

TINY = FIXTURES / "cim" / "feeders.xml"
DATA = Path("data/cim-ieee13")
LOADS = ("load n1", "load n3", "load m2", "load h1")


def read(path: Path = TINY, **options: Any) -> Result:
    return Result(CimLoader(), path, **options)


@pytest.fixture(scope="module")
def tiny() -> Result:
    return read()


@pytest.fixture(scope="module")
def names() -> Plain:
    return Plain(TINY)


def spoiled(folder: Path, *changes: tuple[str, str], **options: Any) -> Result:
    text = TINY.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "x.xml").write_text(text, encoding="utf-8")
    return read(folder / "x.xml", **options)


def test_fixture(tiny: Result) -> None:
    assert tiny.rejects == []
    check_against_schema(tiny)
    assert Counter(a.kind for a in tiny.assets.values()) == {
        **{"region": 1, "substation": 1, "feeder": 2, "external_grid": 1, "line_junction": 11, "power_line": 3},
        **{"switch": 5, "transformer": 2, "regulator": 1, "load": 5, "shunt": 1, "generator": 1, "storage_unit": 1},
    }
    assert all(a.geometry is None for a in tiny.assets.values()), "drawing coordinates are no places"


def test_properties(tiny: Result, names: Plain) -> None:
    def of(name: str) -> dict[str, Any]:
        return tiny.assets[names.named(name)].properties

    assert of("line 1") == {
        **{"voltage_kv": 12.47, "length_km": 0.6096, "phases": "ABC"},
        "equipment_type": "ACLineSegment",
    }
    assert of("line 2")["phases"] == "AB"
    assert of("station transformer") == {
        **{"windings": 2, "capacity_mva": 10.0, "voltage_kv": 115.0, "voltage_low_kv": 12.47}
    }
    assert of("regulator") == {"tanks": 3, "capacity_mva": 4.998, "voltage_kv": 12.47, "phases": "ABC"}
    assert of("house transformer") == {
        **{"windings": 3, "tanks": 1, "capacity_mva": 0.025, "voltage_kv": 12.47, "voltage_low_kv": 0.24},
        "phases": "A",
    }
    assert of("load n1")["demand_mw"] == 1.155
    assert of("load n1")["customers"] == 10
    assert of("load h1")["phases"] == "s1s2"
    assert of("solar") == {
        **{"capacity_mw": 0.3, "capacity_mva": 0.33, "voltage_kv": 12.47, "fuel": "solar"},
        "equipment_type": "PowerElectronicsConnection",
    }
    assert of("battery")["energy_mwh"] == 0.2
    assert of("fuse")["equipment_type"] == "Fuse"
    assert of("tie")["status"] == "open"
    assert of("half")["status"] == "open", "one of its two phases is"


def test_units() -> None:
    assert {a.properties.get("voltage_kv") for a in read(units="grid").assets.values()} >= {115000.0, 12470.0}


def test_anchor(names: Plain) -> None:
    placed = read(anchor={"lon": -93.0, "lat": 45.0, "unit_m": 0.3048})
    line = placed.shape(names.named("line 1"))
    (x0, y0), (x1, y1) = line.coords
    assert x0 == x1
    assert (y1 - y0) * 111_320 == pytest.approx(100 * 0.3048)
    assert placed.shape(names.named("source")).coords[0] == (-93.0, 45.0)
    assert placed.shape(names.named("node s1")).coords[0] == pytest.approx((line.coords[0][0], 45.0)), "an end of it"
    assert read(straight_lines=True).shape(names.named("line 1")) is None


def test_named_system(tmp_path: Path, names: Plain) -> None:
    local = "OpenDSSLocalBusCoordinates"
    degrees = spoiled(tmp_path, (local, "EPSG:4326"))
    assert degrees.shape(names.named("breaker F1")).wkt == "POINT (10 2.5)"
    assert {r.code for r in degrees.rejects} == {"out_of_range"}, "a drawing that was said to be degrees"
    assert [r.code for r in spoiled(tmp_path, (local, "Mars")).rejects] == ["wrong_crs"]
    none = f"<cim:CoordinateSystem.crsUrn>{local}</cim:CoordinateSystem.crsUrn>"
    assert [r.code for r in spoiled(tmp_path, (none, "")).rejects] == ["wrong_crs"]
    assert spoiled(tmp_path, (none, ""), crs="EPSG:25832").rejects == []


def stories(result: Result, names: Plain, folder: Path) -> Any:
    snapshot = snapshot_of(result, folder)

    def down(*lost: str) -> set[str]:
        left = snapshot.steady([names.named(name) for name in lost])
        return {name.removeprefix("load ") for name in LOADS if names.named(name) not in left}

    return down


def test_losses_by_name(tiny: Result, names: Plain, tmp_path: Path) -> None:
    down = stories(tiny, names, tmp_path / "tables")
    everything = {"n1", "n3", "m2", "h1"}
    assert down("line 3") == {"m2", "h1"}
    assert down("fuse") == {"m2"}
    assert down("regulator") == {"n3"}, "solar and battery follow the grid"
    assert down("breaker F1") == down("F1") == {"n1", "n3"}
    assert down("F2") == {"m2", "h1"}
    assert down("station transformer") == down("source") == down("station") == everything
    assert names.named("load m3") in snapshot_of(tiny, tmp_path / "again").baseline_down()


def test_forming_inverters(names: Plain, tmp_path: Path) -> None:
    down = stories(read(inverters="form"), names, tmp_path / "tables")
    assert down("F1") == set(), "the battery feeds the island back to n1"
    assert down("F1", "solar", "battery") == {"n1", "n3"}


def test_closed_tie_feeds_back(names: Plain, tmp_path: Path) -> None:
    change = ("<cim:Switch.normalOpen>true</cim:Switch.normalOpen>\n  <cim:Switch.open>true", "<cim:Switch.open>false")
    down = stories(spoiled(tmp_path, change), names, tmp_path / "tables")
    assert down("F1") == down("breaker F1") == set()
    assert down("F1", "F2") == {"n1", "n3", "m2", "h1"}
    assert down("regulator") == set()
    assert down("regulator", "tie") == {"n3"}


def test_mixed_switches(tmp_path: Path, names: Plain) -> None:
    half = names.named("half")
    assert "status" not in read(mixed_switches="closed").assets[half].properties
    rejected = read(mixed_switches="reject")
    assert [r.code for r in rejected.rejects] == ["missing_value"]
    assert half not in rejected.assets
    both = spoiled(tmp_path, ("SwitchPhase.closed>true", "SwitchPhase.closed>false"))
    assert both.assets[half].properties["status"] == "open", "all its phases are, whatever the switch itself says"


def test_feeder_without_a_head(tmp_path: Path, names: Plain) -> None:
    text = TINY.read_text(encoding="utf-8")
    head = next(line for line in text.splitlines() if "NormalHeadTerminal" in line)
    result = spoiled(tmp_path, (head, ""))
    assert [(r.code, r.origin.column) for r in result.rejects] == [("missing_value", "Feeder.NormalHeadTerminal")]
    assert names.named("F1") not in result.assets
    assert len(result.assets) == len(read().assets) - 1


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Conductor.length>609.6<", "Conductor.length>2000 ft<", "wrong_type"),
        ("EnergyConsumer.p>40000<", "EnergyConsumer.p>inf<", "not_finite"),
        ("customerCount>10<", "customerCount>1.5<", "wrong_type"),
        ("SwitchPhase.closed>true", "SwitchPhase.closed>often", "wrong_type"),
        ("TransformerEndInfo.ratedS>1666000", "TransformerEndInfo.ratedS>-1", "out_of_range"),
    ],
)
def test_bad_values(tmp_path: Path, old: str, new: str, code: str) -> None:
    result = spoiled(tmp_path, (old, new))
    assert code in {r.code for r in result.rejects}
    check_against_schema(result)


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable):
        read(tmp_path)
    (tmp_path / "x.xml").write_bytes(TINY.read_bytes()[:-20])
    with pytest.raises(SourceUnreadable, match="cut off"):
        read(tmp_path / "x.xml")


def test_bad_options() -> None:
    for options in ({"units": "imperial"}, {"crs": "EPSG:1"}, {"anchor": {"lon": 0}}, {"kind": "x"}):
        with pytest.raises(ValueError, match="validation error"):
            CimOptions.model_validate(options)


# -- the real files ------------------------------------------------------------------------------------------------

REAL = {
    "ieee13.xml": {
        **{"region": 2, "substation": 1, "feeder": 1, "external_grid": 1, "line_junction": 22, "power_line": 11},
        **{"switch": 5, "transformer": 3, "regulator": 1, "load": 16, "shunt": 2, "generator": 2, "storage_unit": 3},
    },
    "ieee13_assets.xml": {
        **{"region": 2, "substation": 1, "feeder": 1, "external_grid": 1, "line_junction": 16, "power_line": 11},
        **{"switch": 1, "transformer": 2, "regulator": 1, "load": 15, "shunt": 2},
    },
    "IEEE123.xml": {
        **{"region": 2, "substation": 1, "feeder": 1, "external_grid": 1, "line_junction": 130, "power_line": 118},
        **{"switch": 8, "transformer": 1, "regulator": 4, "load": 91, "shunt": 4},
    },
}


@pytest.mark.shared
@pytest.mark.parametrize("file", REAL)
def test_feeders(shared: Path, tmp_path: Path, file: str) -> None:
    path = shared / DATA / file
    result, raw = read(path), Plain(path)
    assert result.rejects == []
    check_against_schema(result)
    assert Counter(a.kind for a in result.assets.values()) == REAL[file]
    graph, sources = raw.graph(), set(raw.of("EnergySource"))
    among = set(graph) & set(result.assets)
    assert len(among) >= len(set(graph)) - len([a for a in result.assets.values() if "status" in a.properties])
    assert same_parts(parts_of(result), graph, among)
    snapshot = snapshot_of(result, tmp_path / "tables")
    assert snapshot.steady([]) & among == fed(graph, sources) & among
    for id in sorted(among - set(raw.of("EnergyConsumer"))):
        assert snapshot.steady([id]) & among == fed(graph, sources - {id}, [id]) & among, result.assets[id]
    for whole in raw.of("Substation", "Feeder"):
        assert snapshot.steady([whole]) & (among - sources) == set(), "it is the only way in"


@pytest.mark.shared
def test_ieee13_demand(shared: Path) -> None:
    raw = Plain(shared / DATA / "ieee13.xml")
    expected = sum(float(raw.props[id]["EnergyConsumer.p"]) for id in raw.of("EnergyConsumer")) / 1e6
    result = read(shared / DATA / "ieee13.xml")
    assert sum(a.properties.get("demand_mw", 0) for a in result.assets.values()) == pytest.approx(expected)
    assert plain("urn:uuid:A04CDFB1-E951-4FC4-8882-0323CD70AE3C") in result.assets


@pytest.mark.shared
def test_folder_of_all_three(shared: Path, tmp_path: Path) -> None:
    shutil.copytree(shared / DATA, tmp_path / "all")
    result = read(tmp_path / "all")
    assert result.rejects, "three exports of overlapping feeders are no assembled model"
    assert {r.code for r in result.rejects} <= {"conflicting_value"}
