"""Loader ``pypsa``: the CSV folder of a network, its traps, and bad tables."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from loaders.pypsa import PypsaLoader, PypsaOptions
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from twin.errors import SourceUnreadable
from twin.model import Origin

TINY = FIXTURES / "pypsa"


def read(path: Path = TINY, **options: Any) -> Result:
    return Result(PypsaLoader(), path, **options)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A copy of the fixture to spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def spoil(folder: Path, file: str, old: str, new: str) -> Result:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return read(folder)


def test_fixture() -> None:
    result = read()
    assert result.rejects == []
    check_against_schema(result)
    kinds = Counter(a.kind for a in result.assets.values())
    assert kinds == {
        "bus": 5,
        "power_line": 4,
        "transformer": 1,
        "generator": 2,
        "storage_unit": 2,
        "load": 3,
    }
    assert {p.name for p in result.inputs} == {p.name for p in TINY.iterdir()}


def test_ids_carry_their_component() -> None:
    assert {"bus/1", "line/1", "transformer/1", "load/1", "bus/1_220kV", "generator/1 Gas"} <= set(read().assets)


def test_parallel_lines_are_kept() -> None:
    result = read()
    for line in ("line/1", "line/2"):
        assert ("bus/1", "CONDUCTS", line) in result.links
        assert (line, "CONDUCTS", "bus/2") in result.links


def test_bus() -> None:
    bus = read().assets["bus/1"]
    assert (bus.name, bus.properties) == ("Südwerk", {"voltage_kv": 380.0, "operator": "TenneT;Avacon"})
    assert read().shape("bus/1").wkt == "POINT (9.5 52.3)"
    assert bus.origin == Origin("buses.csv", 2)
    assert read().shape("bus/unplaced") is None, "PyPSA writes 0, 0 where it knows no place"


def test_line() -> None:
    result = read()
    assert result.assets["line/1"].properties == {
        "length_km": 35.0,
        "capacity_mva": 1700.0,
        "circuits": 1.0,
        "voltage_kv": 380.0,
    }
    assert result.assets["line/2"].properties["circuits"] == 0.5
    assert result.assets["line/3"].properties["status"] == "out_of_service"
    assert "status" not in result.assets["line/1"].properties
    assert len(result.shape("line/1").coords) == 3, "EWKT"
    assert result.shape("line/2") is None
    assert read(straight_lines=True).shape("line/2").wkt == "LINESTRING (9.5 52.3, 9.1 52.5)"
    assert read(straight_lines=True).shape("line/3") is None, "one of its buses has no place"


def test_hvdc_link_is_a_power_line() -> None:
    result = read()
    link = result.assets["link/DolWin"]
    assert link.kind == "power_line"
    assert link.properties == {"length_km": 165.0, "capacity_mw": 900.0, "voltage_kv": 380.0}
    assert ("bus/sea", "CONDUCTS", "link/DolWin") in result.links
    assert ("link/DolWin", "CONDUCTS", "bus/2") in result.links


def test_transformer_generators_and_stores() -> None:
    result = read()
    assert result.assets["transformer/1"].properties == {
        "capacity_mva": 2000.0,
        "reactance_pu": 0.1,
        "voltage_kv": 380.0,
        "voltage_low_kv": 220.0,
    }
    assert result.assets["generator/1 Gas"].properties == {"capacity_mw": 121.0, "fuel": "Gas"}
    assert ("generator/1 Gas", "POWERS", "bus/1") in result.links
    assert result.shape("generator/1 Gas") == result.shape("bus/1")
    assert result.assets["storage_unit/1 Pumped Hydro"].properties["energy_mwh"] == 600.0
    assert result.assets["store/1 battery"].properties == {"energy_mwh": 50.0, "fuel": "Li ion"}
    assert read(generators="power_plant").assets["generator/1 Gas"].kind == "power_plant"


@pytest.mark.parametrize(
    ("take", "expected"), [("peak", (30.0, 40.0)), ("system_peak", (10.0, 40.0)), ("mean", (20.0, 25.0))]
)
def test_demand(take: str, expected: tuple[float, float]) -> None:
    assets = read(demand=take).assets
    assert (assets["load/1"].properties["demand_mw"], assets["load/2"].properties["demand_mw"]) == expected
    assert assets["load/flat"].properties["demand_mw"] == 7.5, "the static value, where there is no series"
    assert ("bus/2", "POWERS", "load/flat") in read().links


def test_load_without_any_demand(tiny: Path) -> None:
    assert spoil(tiny, "loads.csv", "7.5", "").assets["load/flat"].properties == {"demand_mw": 0.0}
    (tiny / "loads-p_set.csv").unlink()
    (tiny / "loads.csv").write_text("name,bus\n1,1\n")
    assert read(tiny).assets["load/1"].properties == {}, "not known at all"


def test_only_buses_are_needed(tiny: Path) -> None:
    for file in tiny.iterdir():
        if file.name != "buses.csv":
            file.unlink()
    result = read(tiny)
    assert len(result.assets) == 5
    assert result.rejects == []


def test_coordinates_of_another_system(tiny: Path) -> None:
    (tiny / "buses.csv").write_text("name,v_nom,x,y\n1,380,500000,5761510\n1_220kV,220,,\n2,,,\nsea,,,\nunplaced,,,\n")
    (tiny / "lines.csv").unlink()
    result = spoil(tiny, "network.csv", "4326", "25832")
    assert result.rejects == []
    assert result.shape("bus/1").x == pytest.approx(9.0, abs=1e-6)
    assert spoil(tiny, "network.csv", "25832", "1").places[0] == ("network.csv:2:srid", "wrong_crs")


def test_buses_that_are_not_electric(tiny: Path) -> None:
    with (tiny / "buses.csv").open("a") as file:
        file.write("pipe,,1,1,gas,,\n")
    with (tiny / "links.csv").open("a") as file:
        file.write("boiler,pipe,2,5,0,\n")
    result = read(tiny)
    assert result.places == [("buses.csv:7:carrier", "wrong_type")]
    skipped = read(tiny, skip_carriers=["gas"])
    assert skipped.rejects == []
    assert not {"bus/pipe", "link/boiler"} & set(skipped.assets)
    assert "bus/pipe" in read(tiny, electric_carriers=["AC", "DC", "gas"]).assets


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "code"),
    [
        ("buses.csv", "9.5,52.3,AC,Süd", "nan,52.3,AC,Süd", "buses.csv:2:x", "not_finite"),
        ("buses.csv", "9.5,52.3,AC,Süd", "9.5,,AC,Süd", "buses.csv:2:y", "missing_value"),
        ("buses.csv", "9.5,52.3,AC,Süd", "9.5,152.3,AC,Süd", "buses.csv:2:y", "out_of_range"),
        ("buses.csv", "1,380.0", "1,high", "buses.csv:2:v_nom", "wrong_type"),
        ("buses.csv", "\n1,", "\n,", "buses.csv:2:name", "missing_value"),
        ("lines.csv", "1,1,2,", "1,1,9,", "lines.csv:2:bus1", "missing_end"),
        ("lines.csv", "1,1,2,", "1,,2,", "lines.csv:2:bus0", "missing_value"),
        ("lines.csv", "SRID=4326", "SRID=3857", "lines.csv:2:wkt_srid_4326", "wrong_crs"),
        ("lines.csv", "LINESTRING", "LINE", "lines.csv:2:wkt_srid_4326", "bad_geometry"),
        ("lines.csv", "1700.0,35.0", "inf,35.0", "lines.csv:2:s_nom", "not_finite"),
        ("lines.csv", "1700.0,35.0", "-1,35.0", "lines.csv:2:s_nom", "out_of_range"),
        ("lines.csv", ",True\n2", "\n2", "lines.csv:2", "bad_row"),
        ("storage_units.csv", "6.0", "six", "storage_units.csv:2:max_hours", "wrong_type"),
        ("loads.csv", "7.5", "much", "loads.csv:4:p_set", "wrong_type"),
        ("loads-p_set.csv", "1,30.0", "1,nan", "loads-p_set.csv:3:1", "not_finite"),
        ("loads-p_set.csv", "1,30.0", "1,x", "loads-p_set.csv:3:1", "wrong_type"),
        ("loads-p_set.csv", ",1,2", ",1,22", "loads-p_set.csv:1:22", "missing_end"),
    ],
)
def test_bad_tables(tiny: Path, file: str, old: str, new: str, place: str, code: str) -> None:
    result = spoil(tiny, file, old, new)
    assert (place, code) in result.places
    assert all(r.fix for r in result.rejects)


def test_bus_with_a_bad_cell_does_not_reject_its_lines(tiny: Path) -> None:
    result = spoil(tiny, "buses.csv", "1,380.0", "1,high")
    assert result.places == [("buses.csv:2:v_nom", "wrong_type")]


def test_damaged_files(tiny: Path) -> None:
    (tiny / "lines.csv").write_bytes(b"")
    (tiny / "links.csv").write_bytes("name,bus0,bus1\nDölWin,sea,2\n".encode("cp1252"))
    result = read(tiny)
    assert result.places == [("lines.csv", "empty_file"), ("links.csv:2:name", "bad_encoding")]


def test_huge_cell(tiny: Path) -> None:
    result = spoil(tiny, "buses.csv", "TenneT", "x" * 10_000_000)
    assert result.places == [("buses.csv:2:operator", "value_too_long")]


def test_what_is_no_pypsa_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"no buses\.csv"):
        read(tmp_path)
    with pytest.raises(SourceUnreadable, match="not a folder"):
        read(tmp_path / "none")
    (tmp_path / "net.nc").write_bytes(b"CDF")
    with pytest.raises(SourceUnreadable) as caught:
        read(tmp_path / "net.nc")
    assert "export_to_csv_folder" in caught.value.fix
    (tmp_path / "buses.csv").write_text("v_nom,x,y\n380,1,1\n")
    with pytest.raises(SourceUnreadable, match="first column"):
        read(tmp_path)


@pytest.mark.parametrize("options", [{"demand": "max"}, {"generators": "genset"}, {"kind": "x"}])
def test_bad_options(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PypsaOptions.model_validate(options)


@pytest.mark.shared
def test_scigrid(shared: Path) -> None:
    result = read(shared / "data" / "scigrid-de")
    assert result.rejects == []
    check_against_schema(result)
    kinds = Counter(a.kind for a in result.assets.values())
    assert kinds == {
        "bus": 585,
        "power_line": 852,
        "transformer": 96,
        "generator": 1423,
        "storage_unit": 38,
        "load": 489,
    }
    assert Counter(kind for _, kind, _ in result.links) == {"CONDUCTS": 2 * (852 + 96), "POWERS": 1423 + 38 + 489}
    assert sum(a.properties.get("demand_mw", 0) for a in result.assets.values()) == pytest.approx(58425, abs=1)
    capacity = sum(a.properties["capacity_mw"] for a in result.assets.values() if a.kind == "generator")
    assert capacity == pytest.approx(172541, abs=1)
    without = [a for a in result.assets.values() if a.geometry is None]
    assert len(without) == 33
    assert {a.kind for a in without} == {"power_line"}
    assert min(a.properties["circuits"] for a in result.assets.values() if a.kind == "power_line") == 0.25
    assert result.assets["transformer/2"].properties["voltage_low_kv"] == 220.0
