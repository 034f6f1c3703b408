"""Loader ``simbench``: a small folder of our own, damaged ones, and the complete data set where it is given."""

from __future__ import annotations

import csv
import math
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from loaders.simbench import SimbenchLoader, SimbenchOptions
from tests.unit.grid_files import folder
from tests.unit.loader_snapshot import lost, snapshot_of
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import PLACES, QUICK, damage, read_damaged
from twin.errors import SourceUnreadable
from twin.model import AssetRecord, LinkColumns, LinkRecord, Origin
from twin.schema import default_schema

GRID = FIXTURES / "simbench"


def read(path: Path = GRID, **options: Any) -> Result:
    return Result(SimbenchLoader(), path, **options)


def changed(tmp_path: Path, file: str, old: str, new: str) -> Path:
    shutil.copytree(GRID, tmp_path / "grid", dirs_exist_ok=True)
    text = (tmp_path / "grid" / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "grid" / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path / "grid"


def test_fixture() -> None:
    result = read()
    assert result.rejects == []
    check_against_schema(result)
    assert Counter(a.kind for a in result.assets.values()) == {
        "substation": 1, "bus": 6, "line_junction": 5, "power_line": 3, "hvdc_line": 1, "transformer": 3, "switch": 4,
        "generator": 3, "external_grid": 1, "storage_unit": 1, "load": 3, "shunt": 1,
    }  # fmt: skip
    assert Counter(kind for _, kind, _ in result.links) == {"CONTAINS": 5, "CONDUCTS": 23, "POWERS": 9}
    line = result.assets["line/HV1 Line 1"]
    assert line.properties["capacity_mva"] == pytest.approx(math.sqrt(3) * 110 * 0.68)
    assert line.properties["length_km"] == 22.5
    assert line.origin == Origin("Line.csv", 2)
    assert result.assets["transformer/HV1-MV1.101-Trafo 1"].properties == {
        "voltage_kv": 110, "voltage_low_kv": 20, "equipment_type": "25 MVA 110/20", "capacity_mva": 25,
        "subnet": "MV1.101",
    }  # fmt: skip
    assert result.assets["transformer3w/Trafo3W 1"].properties["windings"] == 3
    assert result.assets["line/dcline 1"].properties == {"length_km": 40, "capacity_mw": 90, "subnet": "HV1"}
    assert result.assets["switch/MV1.101 Switch 2"].properties["status"] == "open"
    assert "status" not in result.assets["switch/MV1.101 Switch 1"].properties
    assert result.assets["plant/HV1 Gen 2"].kind == "external_grid"
    assert result.assets["storage/LV1.101 Storage 1"].properties["capacity_mw"] == 0.004
    assert result.shape("node/HV1 Bus 1").wkt == "POINT (11.2 53.6)"
    assert result.shape("node/HV1 Bus 3") is None
    assert ("node/LV1.101 Bus 1", "POWERS", "res/LV1.101 SGen 1") in result.links
    assert ("plant/HV1 Gen 1", "POWERS", "node/HV1 Bus 2") in result.links
    assert len(result.inputs) == 17


def test_equivalents() -> None:
    kept = read(equivalents="keep")
    out = set(kept.assets) - set(read().assets)
    assert out == {
        "res/MV1.101 SGen 1", "external/HV1 grid at MV1.101", "external/MV1.101 grid at LV1.101",
        "load/HV1 Load 2", "load/MV1.101 Load 1",
    }  # fmt: skip
    dropped = read(equivalents="drop")
    assert set(read().assets) - set(dropped.assets) == {"res/MV1.101 SGen 2"}


def test_neighbour_that_is_not_there_feeds(tmp_path: Path) -> None:
    """Without the transformer from HV1 the medium voltage lives on the equivalent of HV1 only."""
    text = (GRID / "Switch.csv").read_text(encoding="utf-8")
    line = next(row for row in text.splitlines() if row.startswith("HV1 Switch 1"))
    path = changed(tmp_path, "Switch.csv", line + "\n", "")
    assert "external/HV1 grid at MV1.101" not in read(path).assets  # the three-winding transformer joins them
    (path / "Transformer3W.csv").unlink()
    result = read(path)
    assert "external/HV1 grid at MV1.101" in result.assets


def test_what_depends_on_what(tmp_path: Path) -> None:
    found = snapshot_of(read(), tmp_path / "tables")
    down = lost(found, "transformer/HV1-MV1.101-Trafo 1")
    # The open switch parts feeder 2 from feeder 1; the three-winding transformer and the HVDC line feed both ends.
    assert down == set()
    both = lost(found, "transformer/HV1-MV1.101-Trafo 1", "transformer3w/Trafo3W 1")
    assert {"load/LV1.101 Load 1", "load/MV1.101 Load 2", "node/MV1.101 Bus 1", "res/LV1.101 SGen 1"} <= both
    assert "load/HV1 Load 1" not in both
    feed = snapshot_of(read(static_generators="feed"), tmp_path / "feed")
    assert "load/LV1.101 Load 1" not in lost(feed, "transformer/HV1-MV1.101-Trafo 1", "transformer3w/Trafo3W 1")
    assert {"transformer/HV1-MV1.101-Trafo 1", "switch/HV1 Switch 1"} <= lost(
        found, "substation/HV1_MV1.101_Substation"
    )


def test_straight_lines() -> None:
    result = read(straight_lines=True)
    assert result.shape("line/HV1 Line 1").wkt == "LINESTRING (11.2 53.6, 11.5 53.7)"
    assert result.shape("line/dcline 1") is None
    assert read().shape("line/HV1 Line 1") is None


def test_blocks_are_the_records() -> None:
    loader, schema = SimbenchLoader(), default_schema()
    plain: list[Any] = []
    for item in loader.blocks(GRID, SimbenchOptions(), schema):
        plain += item.records() if isinstance(item, LinkColumns) else [item]
    assert plain == list(loader.records(GRID, SimbenchOptions(), schema))
    assert not any(isinstance(item, LinkRecord) for item in loader.blocks(GRID, SimbenchOptions(), schema))


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "code"),
    [
        ("Node.csv", "HV1 Bus 3;", ";", "Node.csv:4:id", "missing_value"),
        ("Node.csv", ";110;", ";high;", "Node.csv:2:vmR", "wrong_type"),
        ("Node.csv", "HV1_coord_1;", "nowhere;", "Node.csv:3:coordID", "missing_end"),
        ("Node.csv", ";HV1_MV1.101_Substation;", ";other;", "Node.csv:2:substation", "missing_end"),
        ("Coordinates.csv", "11.2;53.6", "11.2;153.6", "Coordinates.csv:2:y", "out_of_range"),
        ("Coordinates.csv", "11.2;53.6", "inf;53.6", "Coordinates.csv:2:x", "not_finite"),
        ("Line.csv", "HV1 Bus 1;", "HV1 Bus 99;", "Line.csv:2:nodeA", "missing_end"),
        ("Line.csv", "HV1 Bus 1;HV1 Bus 2", "HV1 Bus 2;HV1 Bus 2", "Line.csv:2:nodeB", "bad_row"),
        ("Line.csv", "Al 265", "Cu", "Line.csv:2:type", "missing_end"),
        ("Line.csv", ";22.5", ";-;22", "Line.csv:2", "bad_row"),
        ("Transformer.csv", "25 MVA 110/20", "no such", "Transformer.csv:2:type", "missing_end"),
        ("Switch.csv", "CB;1", "CB;2", "Switch.csv:2:cond", "wrong_type"),
        ("Switch.csv", "CB;1", "CB;NULL", "Switch.csv:2:cond", "wrong_type"),
        ("Load.csv", "12.5", "nan.5", "Load.csv:2:pLoad", "wrong_type"),
        ("Load.csv", "HV1 Bus 2", "", "Load.csv:2:node", "missing_value"),
    ],
)
def test_bad_rows(tmp_path: Path, file: str, old: str, new: str, place: str, code: str) -> None:
    assert (place, code) in read(changed(tmp_path, file, old, new)).places


def test_nothing_is_dropped(tmp_path: Path) -> None:
    """Every row of every table is an asset or a reject (equivalents kept)."""
    path = changed(tmp_path, "Node.csv", "HV1 Bus 3;", "HV1 Bus 33;")
    result = read(path, equivalents="keep")
    rows = sum(len(f.read_text(encoding="utf-8").splitlines()) - 1 for f in path.iterdir() if "Type" not in f.name)
    rows -= len((path / "Coordinates.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert len(result.assets) + len({r.origin[:2] for r in result.rejects}) == rows
    assert [p for p, _ in result.places] == ["Line.csv:3:nodeB", "Transformer3W.csv:2:nodeHV"]


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="is not a folder"):
        read(GRID / "Node.csv")
    with pytest.raises(SourceUnreadable, match=r"no Node\.csv"):
        read(tmp_path)
    with pytest.raises(SourceUnreadable, match="nodeA"):
        read(changed(tmp_path, "Line.csv", "nodeA", "from"))
    with pytest.raises(ValidationError):
        SimbenchOptions.model_validate({"equivalents": "some"})
    (tmp_path / "grid" / "Node.csv").write_text("id;type;vmR\n")
    assert read(tmp_path / "grid").places == [("Node.csv", "empty_file")]


@QUICK
@given(places=PLACES, file=st.sampled_from(sorted(p.name for p in GRID.iterdir())))
def test_damaged(tmp_path_factory: pytest.TempPathFactory, places: Any, file: str) -> None:
    work = tmp_path_factory.getbasetemp() / "simbench"
    shutil.copytree(GRID, work, dirs_exist_ok=True)
    (work / file).write_bytes(damage((GRID / file).read_bytes(), places))
    read_damaged(SimbenchLoader(), work, straight_lines=True)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def parts(edges: list[tuple[str, str]], names: list[str]) -> frozenset[frozenset[str]]:
    row = {name: i for i, name in enumerate(names)}
    a, b = (np.array([row[edge[k]] for edge in edges]) for k in (0, 1))
    _, label = connected_components(
        coo_array((np.ones(len(a)), (a, b)), shape=(len(names), len(names))), directed=False
    )
    groups: dict[int, list[str]] = {}
    for name, one in zip(names, label.tolist(), strict=True):
        groups.setdefault(one, []).append(name)
    return frozenset(map(frozenset, groups.values()))


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = folder("TWIN_SIMBENCH")
    return path, snapshot_of(read(path), tmp_path_factory.mktemp("complete") / "tables")


def test_complete_data() -> None:
    """The whole data set: nothing rejected, and its parts are those of the tables themselves."""
    path = folder("TWIN_SIMBENCH")
    result = read(path)
    assert result.rejects == []
    names = [row["id"] for row in rows_of(path / "Node.csv")]
    assert len(names) == 105_762
    kinds = Counter(a.kind for a in result.assets.values())
    assert kinds["bus"] + kinds["line_junction"] == len(names)
    assert kinds["switch"] == 73_573
    raw = [(r["nodeA"], r["nodeB"]) for r in rows_of(path / "Line.csv")]
    raw += [(r["nodeA"], r["nodeB"]) for r in rows_of(path / "Switch.csv") if r["cond"] == "1"]
    raw += [(r["nodeHV"], r["nodeLV"]) for r in rows_of(path / "Transformer.csv")]
    alive = {a.id for a in result.assets.values() if "status" not in a.properties}
    mesh = [(a, b) for a, kind, b in result.links if kind == "CONDUCTS" and a in alive and b in alive]
    found = parts(mesh, sorted({end for edge in mesh for end in edge} | {f"node/{name}" for name in names}))
    nodes = frozenset(frozenset(n[5:] for n in part if n.startswith("node/")) for part in found)
    assert nodes == parts(raw, names)


@pytest.mark.parametrize(
    ("event", "nodes"),
    [("transformer/MV4.101-LV6.418-Trafo 1", 173), ("substation/HV1_MV1.101_Substation", 16_447)],
)
def test_what_is_lost_in_the_complete_data(complete: Any, event: str, nodes: int) -> None:
    """The nodes that no power plant reaches any more, by the components of the raw tables."""
    path, found = complete
    station, name = event.partition("/")[0] == "substation", event.partition("/")[2]
    gone = {r["id"] for r in rows_of(path / "Node.csv") if station and r["substation"] == name}
    edges = []
    for file, a, b in (("Line", "nodeA", "nodeB"), ("Switch", "nodeA", "nodeB"), ("Transformer", "nodeHV", "nodeLV")):
        for row in rows_of(path / f"{file}.csv"):
            out = row["id"] == name or (station and row.get("substation") == name) or row.get("cond") == "0"
            if not out and row[a] not in gone and row[b] not in gone:
                edges.append((row[a], row[b]))
    names = [row["id"] for row in rows_of(path / "Node.csv")]
    plants = {row["node"] for row in rows_of(path / "PowerPlant.csv")} - gone
    expected = {one for part in parts(edges, names) if not part & plants for one in part}
    assert len(expected) == nodes
    down = {one.removeprefix("node/") for one in lost(found, event) if one.startswith("node/")}
    assert down == expected


def test_assets_have_one_origin_each() -> None:
    origins = [a.origin for a in read(equivalents="keep").assets.values() if isinstance(a, AssetRecord)]
    assert len(set(origins)) == len(origins)
