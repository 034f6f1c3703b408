"""Loader ``pandapower``: a network of our own, bad ones, and those that the package ships where they are given."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loaders.pandapower import PandapowerLoader
from loaders.pandapower_options import PandapowerOptions
from tests.unit.grid_files import folder
from tests.unit.loader_snapshot import lost, snapshot_of, verdict
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import PLACES, QUICK, damage, read_damaged
from twin.errors import SourceUnreadable
from twin.impact.meshes import cuts
from twin.model import Origin

NET = FIXTURES / "pandapower" / "net.json"
Table = dict[str, Any]


def read(path: Path = NET, **options: Any) -> Result:
    return Result(PandapowerLoader(), path, **options)


def table(document: Table, name: str) -> Table:
    content: Table = json.loads(document["_object"][name]["_object"])
    return content


def changed(tmp_path: Path, **cells: Any) -> Path:
    """The fixture with some cells changed: ``line__0__from_bus=99`` (the row by position)."""
    document = json.loads(NET.read_text(encoding="utf-8"))
    for key, value in cells.items():
        name, row, column = key.split("__")
        content = table(document, name)
        content["data"][int(row)][content["columns"].index(column)] = value
        document["_object"][name]["_object"] = json.dumps(content)
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_fixture() -> None:
    result = read()
    assert result.rejects == []
    check_against_schema(result)
    assert Counter(a.kind for a in result.assets.values()) == {
        "bus": 7, "line_junction": 1, "power_line": 5, "transformer": 2, "switch": 6, "external_grid": 1,
        "generator": 2, "storage_unit": 1, "load": 4, "shunt": 1, "hvdc_line": 1, "series_compensator": 1,
    }  # fmt: skip
    assert result.assets["bus/0"].properties == {"voltage_kv": 110.0, "subnet": "A"}
    assert result.assets["bus/10"].name == "Süd 110"
    assert result.assets["bus/6"].properties["status"] == "out_of_service"
    line = result.assets["line/1"]
    assert line.properties["capacity_mva"] == pytest.approx(math.sqrt(3) * 20 * 0.3 * 2 * 0.9)
    assert (line.properties["circuits"], line.origin) == (2, Origin("net.json/line", 2))
    assert result.assets["trafo3w/0"].properties["windings"] == 3
    assert result.assets["load/0"].properties["demand_mw"] == 0.6
    assert result.assets["ward/0"].properties["demand_mw"] == 2.5
    assert result.assets["gen/0"].properties == {
        "capacity_mw": 45.0,
        "capacity_mva": 50.0,
        "fuel": "gas",
        "voltage_kv": 110.0,
    }
    assert result.shape("bus/3").wkt == "POINT (8.05 48.02)"
    assert result.shape("line/0").geom_type == "LineString"
    assert result.shape("line/1") is None
    assert ("gen/0", "POWERS", "bus/10") in result.links
    assert ("bus/3", "POWERS", "sgen/0") in result.links
    assert ("bus/5", "POWERS", "storage/0") in result.links


def test_switches_stand_between_bus_and_element() -> None:
    links = {frozenset((a, b)) for a, kind, b in read().links if kind == "CONDUCTS"}
    # Two switches in series at the end of line 0, one (open) at the end of line 3: no way past them.
    assert {frozenset(p) for p in (("bus/1", "switch/1"), ("switch/1", "switch/2"), ("switch/2", "line/0"))} <= links
    assert frozenset(("bus/1", "line/0")) not in links
    assert frozenset(("bus/2", "line/3")) not in links
    assert frozenset(("bus/1", "trafo/0")) not in links
    assert {frozenset(p) for p in (("bus/1", "switch/4"), ("switch/4", "trafo/0"), ("bus/0", "trafo/0"))} <= links
    assert {frozenset(p) for p in (("bus/5", "switch/5"), ("switch/5", "trafo3w/0"))} <= links
    assert read().assets["switch/3"].properties["status"] == "open"


def test_what_depends_on_what(tmp_path: Path) -> None:
    found = snapshot_of(read(), tmp_path / "tables")
    down = lost(found, "trafo/0")
    assert {"bus/1", "bus/3", "bus/5", "load/0", "load/1", "sgen/0", "storage/0", "line/3", "switch/1"} <= down
    assert "load/2" not in down  # the generator's own bus
    assert lost(found, "gen/0") == {"bus/10", "load/2", "ward/0", "shunt/0", "trafo3w/0"}
    assert verdict(found, "bus/2", "trafo/0") == "unaffected"  # behind an open switch: down before, no impact
    assert lost(found, "switch/2") >= {"line/0", "bus/3", "load/0"}
    fed = snapshot_of(read(static_generators="feed"), tmp_path / "feed")
    assert "load/0" not in lost(fed, "trafo/0")


def test_options(tmp_path: Path) -> None:
    assert all(a.geometry is None for a in read(positions="none").assets.values())
    straight = read(straight_lines=True)
    assert straight.shape("line/3").wkt == "LINESTRING (8.1 48, 8.001 48.001)"
    assert straight.shape("line/1") is None  # the joint has no place
    assert read(columns={"operator": "betreiber"}).assets["bus/0"].properties["operator"] == "Netz AG"
    assert not any(name.startswith("ward/") for name in read(skip=["ward"]).assets)
    moved = read(changed(tmp_path, bus__0__geo='{"coordinates": [500000.0, 5300000.0], "type": "Point"}'))
    assert ("net.json/bus:1:geo", "out_of_range") in moved.places
    with pytest.raises(ValidationError, match="reference system"):
        PandapowerOptions(crs="EPSG:nothing")


def test_geodata_of_version_two(tmp_path: Path) -> None:
    document = json.loads(NET.read_text(encoding="utf-8"))
    for name in ("bus", "line"):
        content = table(document, name)
        for row in content["data"]:
            row[content["columns"].index("geo")] = None
        document["_object"][name]["_object"] = json.dumps(content)
    frame = {"_module": "pandas.core.frame", "_class": "DataFrame", "orient": "columns"}
    places = {"x": {"0": 500_000.0, "3": "left"}, "y": {"0": 5_316_000.0, "3": 1.0}}
    ways = {"coords": {"0": [[500_000.0, 5_316_000.0], [501_000.0, 5_316_000.0]]}}
    document["_object"]["bus_geodata"] = {**frame, "_object": json.dumps(places)}
    document["_object"]["line_geodata"] = {**frame, "_object": json.dumps(ways)}
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    result = read(path, crs="EPSG:32632")
    assert [code for _, code in result.places][:1] == ["wrong_type"]
    point = result.shape("bus/0")
    assert (point.x, point.y) == (pytest.approx(9.0), pytest.approx(47.9973, abs=0.001))
    assert len(result.shape("line/0").coords) == 2


@pytest.mark.parametrize(
    ("cells", "place", "code"),
    [
        ({"line__0__from_bus": 99}, "line:1:from_bus", "missing_end"),
        ({"line__0__from_bus": None}, "line:1:from_bus", "missing_value"),
        ({"line__0__from_bus": 3}, "line:1:to_bus", "bad_row"),
        ({"line__0__length_km": -1}, "line:1:length_km", "out_of_range"),
        ({"line__0__max_i_ka": "much"}, "line:1:max_i_ka", "wrong_type"),
        ({"line__0__geo": "{"}, "line:1:geo", "bad_geometry"),
        ({"bus__0__vn_kv": "high"}, "bus:1:vn_kv", "wrong_type"),
        ({"bus__0__geo": '{"type": "Polygon", "coordinates": [1, 2]}'}, "bus:1:geo", "bad_geometry"),
        ({"switch__1__et": "x"}, "switch:2:et", "wrong_type"),
        ({"switch__1__closed": "maybe"}, "switch:2:closed", "wrong_type"),
        ({"switch__1__closed": None}, "switch:2:closed", "missing_value"),
        ({"switch__1__element": 2}, "switch:2:element", "missing_end"),
        ({"switch__0__element": 1}, "switch:1:element", "bad_row"),
        ({"load__0__p_mw": [1]}, "load:1:p_mw", "wrong_type"),
        ({"load__0__in_service": "perhaps"}, "load:1:in_service", "wrong_type"),
        ({"gen__0__max_p_mw": 1e400}, "gen:1:max_p_mw", "not_finite"),
    ],
)
def test_bad_rows(tmp_path: Path, cells: Table, place: str, code: str) -> None:
    assert (f"net.json/{place}", code) in read(changed(tmp_path, **cells)).places


def test_bad_tables(tmp_path: Path) -> None:
    document = json.loads(NET.read_text(encoding="utf-8"))
    inside = document["_object"]
    inside["load"]["_object"] = (
        '{"columns": ["bus"], "index": [0, 0, 1, null, "\\ud800"], "data": [[3], [3], [3, 4], [5], [5]]}'
    )
    inside["ward"]["_object"] = "[" * 100_000
    inside["shunt"]["orient"] = "values"
    inside["gen"]["is_multiindex"] = True
    inside["heat_pump"] = dict(inside["sgen"])
    inside["dcline"]["_object"] = "[" + "9" * 5000 + "]"
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    found = read(path).places
    assert ("net.json/load:2:index", "duplicate_id") in found
    assert ("net.json/load:3", "bad_row") in found
    assert ("net.json/heat_pump", "unknown_kind") in found
    assert [place for place, code in found if code == "bad_row"] == [
        "net.json/gen", "net.json/load:3", "net.json/ward", "net.json/shunt", "net.json/dcline",
    ]  # fmt: skip
    assert "net.json/heat_pump" not in dict(read(path, skip=["heat_pump"]).places)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (NET.read_bytes()[:300], "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1]", "no pandapower network"),
        (b'{"_class": "pandapowerNet", "_object": [1]}', "no pandapower network"),
        (b"gAAAAABk", "encrypted"),
    ],
)
def test_no_network(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=message):
        read(tmp_path / "x.json")


def test_empty_and_missing(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b" ")
    assert read(tmp_path / "x.json").places == [("x.json", "empty_file")]
    (tmp_path / "x.json").write_bytes(b'{"_class": "pandapowerNet", "_object": {}}')
    assert read(tmp_path / "x.json").places == [("x.json", "empty_file")]
    (tmp_path / "x.json").write_bytes(b'{"_class": "\xff"}')
    assert read(tmp_path / "x.json").places == [("x.json:1", "bad_encoding")]
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read(tmp_path / "y.json")
    with pytest.raises(SourceUnreadable, match="cannot be opened"):
        read(tmp_path)


def test_nothing_is_dropped(tmp_path: Path) -> None:
    path = changed(tmp_path, line__0__from_bus=99, load__1__p_mw="x", switch__3__et="z")
    result = read(path)
    document = json.loads(path.read_text(encoding="utf-8"))
    rows = sum(len(table(document, n)["index"]) for n in document["_object"] if isinstance(document["_object"][n], dict)
               and n not in ("poly_cost", "res_bus"))  # fmt: skip
    assert len(result.assets) + len({r.origin[:2] for r in result.rejects}) == rows


@QUICK
@given(places=PLACES)
def test_damaged(tmp_path_factory: pytest.TempPathFactory, places: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_bytes(damage(NET.read_bytes(), places))
    read_damaged(PandapowerLoader(), path, straight_lines=True)


@QUICK
@given(
    content=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(0, 12),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["columns", "index", "data", "bus", "geo"]), x),
    ),
    name=st.sampled_from(["bus", "line", "switch", "load", "trafo"]),
)
def test_of_anything(tmp_path_factory: pytest.TempPathFactory, content: Any, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    document = json.loads(NET.read_text(encoding="utf-8"))
    for part in (content, {"columns": ["bus", "element", "et", "geo"], "index": [content], "data": [[content] * 4]}):
        for orient in ("split", "columns"):
            document["_object"][name] |= {"_object": part, "orient": orient}
            path.write_text(json.dumps(document))
            read_damaged(PandapowerLoader(), path, straight_lines=True)


# -- the networks that pandapower ships ----------------------------------------------------------------------


@pytest.mark.parametrize(("case", "bridges", "points"), [("case118", 9, 9), ("case300", 89, 68)])
def test_known_bridges(case: str, bridges: int, points: int) -> None:
    """Bridges and articulation points of the branch mesh, as in test_known_networks."""
    result = read(folder("TWIN_PANDAPOWER", "power_system_test_case_jsons", f"{case}.json"))
    assert result.rejects == []
    check_against_schema(result)
    buses = {name: i for i, name in enumerate(n for n in result.assets if n.startswith("bus/"))}
    ends: dict[str, list[int]] = {}
    for a, kind, b in result.links:
        if kind == "CONDUCTS":
            ends.setdefault(a, []).append(buses[b])
    a, b = np.array(list(ends.values())).T
    found = cuts(len(buses), a, b)
    assert (found.bridges.sum(), found.articulation.sum()) == (bridges, points)


def test_counts_of_the_largest() -> None:
    result = read(folder("TWIN_PANDAPOWER", "power_system_test_case_jsons", "case9241pegase.json"), positions="none")
    assert result.rejects == []
    assert Counter(name.split("/")[0] for name in result.assets) == {
        "bus": 9241, "line": 13797, "trafo": 2252, "gen": 1444, "ext_grid": 1, "sgen": 434, "load": 4461, "shunt": 7327,
    }  # fmt: skip


def test_medium_voltage_network(tmp_path: Path) -> None:
    """mv_oberrhein is run radially: every line switch is taken, and what is lost with a transformer is its half."""
    result = read(folder("TWIN_PANDAPOWER", "mv_oberrhein.json"))
    assert result.rejects == []
    check_against_schema(result)
    found = snapshot_of(result, tmp_path / "tables")
    halves = [lost(found, f"trafo/{index}") for index in (114, 142)]
    loads = [sum(name.startswith("load/") for name in half) for half in halves]
    assert sum(loads) == 147
    assert min(loads) > 0
    assert not halves[0] & halves[1]
