"""Loader ``cgmes``: assembled models, switches, borders, HVDC; checked against a second reading of the same files."""

from __future__ import annotations

import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from loaders.cgmes import CgmesLoader, CgmesOptions
from tests.unit.cim_tools import Plain, fed, parts_of, same_parts, snapshot_of
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema

TINY = FIXTURES / "cgmes"
SET = Path("data/cgmes-microgrid")
BRANCHES = {"ACLineSegment", "PowerTransformer", "SeriesCompensator", "DCLineSegment", "VsConverter"}
LOADS = {"ConformLoad", "NonConformLoad", "EnergyConsumer", "LinearShuntCompensator", "StaticVarCompensator"}
LOADS |= {"NonlinearShuntCompensator"}


def read(path: Path = TINY, **options: Any) -> Result:
    return Result(CgmesLoader(), path, **options)


@pytest.fixture(scope="module")
def tiny() -> Result:
    return read()


@pytest.fixture(scope="module")
def names() -> Plain:
    return Plain(TINY)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the fixture to spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def spoil(folder: Path, file: str, old: str, new: str, **options: Any) -> Result:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return read(folder, **options)


def test_fixture(tiny: Result) -> None:
    assert tiny.rejects == []
    check_against_schema(tiny)
    assert Counter(a.kind for a in tiny.assets.values()) == {
        "region": 2,
        "substation": 3,
        "voltage_level": 5,
        "bus": 7,  # 5 connectivity nodes with a busbar, 2 topological nodes (one of them with 2 busbar sections)
        "line_junction": 8,  # 3 inside bays, 3 at borders, 2 of direct current
        "power_line": 6,
        "transformer": 1,
        "switch": 6,  # 5 and a terminal that is not connected
        "generator": 2,
        "external_grid": 5,
        "load": 4,
        "shunt": 2,
        "hvdc_converter": 2,
        "hvdc_line": 1,
    }
    assert {p.name for p in tiny.inputs} == {p.name for p in TINY.iterdir()}


def test_switches(tiny: Result, names: Plain) -> None:
    def status(name: str) -> str | None:
        return tiny.assets[names.named(name)].properties.get("status")

    assert status("coupler") == "open", "SSH says open, EQ closed"
    assert status("disconnector 2") is None, "SSH says closed, EQ open"
    assert status("ground switch") == "open", "no SSH: by EQ"
    assert status("breaker G") is None
    assert tiny.assets[names.named("coupler")].properties["equipment_type"] == "Breaker"


def test_properties(tiny: Result, names: Plain) -> None:
    def of(name: str) -> dict[str, Any]:
        found = dict(tiny.assets[names.named(name)].properties)
        found.pop("operator", None)
        return found

    assert of("line 1") == {
        **{"voltage_kv": 380.0, "length_km": 40.0, "capacity_mva": pytest.approx(592.361, abs=1e-3)},
        "equipment_type": "ACLineSegment",
    }
    assert of("transformer") == {"windings": 3, "capacity_mva": 300.0, "voltage_kv": 380.0, "voltage_low_kv": 20.0}
    assert of("generator G") == {
        **{"capacity_mw": 400.0, "capacity_mva": 500.0, "voltage_kv": 380.0, "fuel": "gas"},
        "equipment_type": "SynchronousMachine",
    }
    assert of("wind park")["fuel"] == "wind"
    assert of("wind park")["capacity_mw"] == 55.0
    assert of("load A")["demand_mw"] == 100.5
    assert of("load A")["voltage_kv"] == 110.0
    assert of("b1")["sections"] == f"B1 ({names.named('B1')}); B2 ({names.named('B2')})"
    assert of("converter A")["voltage_kv"] == 320.0
    assert tiny.assets[names.named("condenser")].kind == "shunt"
    assert tiny.assets[names.named("line 1")].properties["operator"] == "urn:a"
    assert tiny.assets[names.named("tie 1")].properties["operator"] == "urn:b"
    assert "operator" not in tiny.assets[names.named("x1")].properties


def test_places(tiny: Result, names: Plain) -> None:
    assert tiny.shape(names.named("SA")).wkt == "POINT (9.5 52.25)"
    assert tiny.shape(names.named("line 1")).wkt == "LINESTRING (9.5 52.25, 9.25 52, 9 52)", "by sequence number"
    assert len(tiny.shape(names.named("line 3")).coords) == 2, "the place of its Line"
    assert tiny.shape(names.named("generator G")).wkt == "POINT (9.5 52.25)", "in a bay of a level of the substation"
    assert tiny.shape(names.named("converter C")).wkt == "POINT (10.25 52.5)"
    assert tiny.shape(names.named("line 2")) is None
    assert tiny.shape(names.named("SB")) is None


def test_containment(tiny: Result, names: Plain) -> None:
    inside = {(start, end) for start, kind, end in tiny.links if kind == "CONTAINS"}
    for outer, inner in [
        ("SA", "SA 380"),
        ("SA 380", "A1"),
        ("SA 380", "ag"),
        ("SA", "transformer"),
        ("SA 20", "wind park"),
        ("SC", "converter C"),
    ]:
        assert (names.named(outer), names.named(inner)) in inside, (outer, inner)


def sources_of(plain: Plain) -> set[str]:
    """Machines that generate, and injections where no two lines meet."""
    graph = plain.graph()
    lines = {id for id, cls in plain.cls.items() if cls in BRANCHES}
    found = {id for id in plain.of("SynchronousMachine") if "enerator" in plain.props[id]["SynchronousMachine.type"]}
    for id in plain.of("EquivalentInjection"):
        at = [node for node in graph[id] for _ in range(len(set(graph[node]) & lines))]
        if len(at) < 2:
            found.add(id)
    return found


def check_losses(path: Path, folder: Path) -> tuple[Result, Plain]:
    """Every single loss of a branch, switch, busbar or source, against the plain reading."""
    result, plain = read(path), Plain(path)
    check_against_schema(result)
    graph, sources = plain.graph(), sources_of(plain)
    for busbar in plain.of("BusbarSection"):  # a node's asset has the id of its busbar where there is one
        (node,) = graph[busbar]
        if len([n for n in graph[node] if plain.cls[n] == "BusbarSection"]) == 1:
            graph = type(graph)((busbar if a == node else a, busbar if b == node else b) for a, b in graph.edges)
            graph.remove_edges_from([(busbar, busbar)])
    equipment = {id for id in result.assets if result.assets[id].kind not in ("substation", "voltage_level", "region")}
    among = equipment & set(graph)
    assert same_parts(parts_of(result), graph.subgraph(set(graph) - off(result)), among - off(result))
    snapshot = snapshot_of(result, folder)
    before = fed(graph, sources)
    assert snapshot.steady([]) & among == (before - off(result)) & among
    lost = [id for id in among if result.assets[id].kind != "load"]
    for id in lost:
        after = fed(graph, sources - {id}, [id])
        assert snapshot.steady([id]) & among == (after - off(result) - {id}) & among, result.assets[id]
    return result, plain


def off(result: Result) -> set[str]:
    return {id for id, asset in result.assets.items() if "status" in asset.properties}


def test_losses(tmp_path: Path) -> None:
    check_losses(TINY, tmp_path / "tables")


def test_stories(tiny: Result, names: Plain, tmp_path: Path) -> None:
    snapshot = snapshot_of(tiny, tmp_path / "tables")

    def down(*lost: str) -> set[str]:
        left = snapshot.steady([names.named(name) for name in lost])
        return {name for name in ("load A", "load B", "load C") if names.named(name) not in left}

    assert down("line 1") == {"load B"}, "the coupler is open: line 2 hangs on B only"
    assert down("tie 1") == {"load B"}, "the other half of the same line"
    assert down("line 2") == set()
    assert down("tie 2") == set()
    assert down("line B") == {"load B"}
    assert down("A1") == {"load A", "load B", "load C"}
    assert down("dc line") == {"load C"}
    assert down("converter A") == {"load C"}
    assert down("transformer") == {"load A"}
    assert down("breaker T") == {"load A"}, "the wind park follows: it does not feed an island"
    assert down("SA 110") == {"load A"}
    assert down("generator G") == set(), "the neighbour behind line 3 still feeds"
    assert down("generator G", "injection A3") == {"load A", "load B", "load C"}
    assert down("SC") == {"load C"}
    assert names.named("load off") in snapshot.baseline_down()


def test_terminal_that_is_not_connected(tiny: Result, names: Plain, copy: Path, tmp_path: Path) -> None:
    terminal = names.named("load off")
    parted = [a for a in tiny.assets.values() if a.properties.get("equipment_type") == "Terminal"]
    assert [(a.kind, a.name, a.properties["status"]) for a in parted] == [("switch", "load off (disconnected)", "open")]
    assert (parted[0].id, "POWERS", terminal) in tiny.links
    ends = [
        t for t, props in names.props.items() if props.get("Terminal.ConductingEquipment") == names.named("breaker T")
    ]
    extra = f'<cim:Terminal rdf:about="#_{ends[0]}"><cim:ACDCTerminal.connected>false</cim:ACDCTerminal.connected>'
    result = spoil(copy, "A_SSH.xml", "</rdf:RDF>", f"{extra}</cim:Terminal></rdf:RDF>")
    assert result.assets[names.named("breaker T")].properties["status"] == "open", "closed, but not connected"
    assert len(result.assets) == len(tiny.assets)
    assert names.named("load A") in snapshot_of(result, tmp_path / "tables").baseline_down()
    line = next(
        t for t, props in names.props.items() if props.get("Terminal.ConductingEquipment") == names.named("tie 1")
    )
    extra = extra.replace(ends[0], line)
    cut = spoil(copy, "B_SSH.xml", "</rdf:RDF>", f"{extra}</cim:Terminal></rdf:RDF>")
    assert names.named("load B") in snapshot_of(cut, tmp_path / "cut").baseline_down()


def test_inverters_that_form_a_grid(names: Plain, tmp_path: Path) -> None:
    snapshot = snapshot_of(read(inverters="form"), tmp_path / "tables")
    left = snapshot.steady([names.named("breaker T")])
    assert names.named("load A") in left


def test_zips(tiny: Result, tmp_path: Path) -> None:
    for number, files in enumerate((("A_EQ.xml", "A_SSH.xml", "A_GL.xml"), ("B_EQ.xml", "B_TP.xml", "B_SSH.xml"))):
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(TINY / file, file)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in ("EQ_BD.xml", "TP_BD.xml"):
            archive.write(TINY / file, f"boundary/{file}")
        for number in (0, 1):
            archive.write(tmp_path / f"{number}.zip", f"{number}.zip")
    result = read(tmp_path / "all.zip")
    assert result.rejects == []
    assert {a.id: (a.kind, a.properties) for a in result.assets.values()} == {
        a.id: (a.kind, a.properties) for a in tiny.assets.values()
    }
    assert Counter(result.links) == Counter(tiny.links)
    assert str(result.assets[next(iter(result.assets))].origin).startswith("all.zip/")
    (tmp_path / "all.zip").rename(tmp_path / "all.xml.bin")
    assert len(read(tmp_path / "all.xml.bin").assets) == len(tiny.assets), "by its content, whatever its name"


def test_boundary_beside_it(tiny: Result, copy: Path) -> None:
    (copy / "boundary").mkdir()
    for file in ("EQ_BD.xml", "TP_BD.xml"):
        (copy / file).rename(copy / "boundary" / file)
    shutil.move(copy / "boundary", copy.parent / "boundary")
    result = read(copy, also=["boundary"])
    assert result.rejects == []
    assert Counter(result.links) == Counter(tiny.links)
    assert len(result.inputs) == len(tiny.inputs)
    assert "boundary/EQ_BD.xml" in {a.origin.file for a in result.assets.values()}


def test_files_twice_merge(tiny: Result, copy: Path) -> None:
    shutil.copytree(TINY, copy / "again")
    result = read(copy)
    assert result.rejects == []
    assert set(result.assets) == set(tiny.assets)
    assert Counter(result.links) == Counter(tiny.links)


def test_another_version_conflicts(copy: Path) -> None:
    shutil.copy(TINY / "A_SSH.xml", copy / "A_SSH_old.xml")
    result = spoil(copy, "A_SSH_old.xml", "<cim:Switch.open>true", "<cim:Switch.open>false")
    assert [r.code for r in result.rejects] == ["conflicting_value"]
    assert str(result.rejects[0].origin).startswith("A_SSH_old.xml:")


def test_without_boundary(names: Plain, copy: Path) -> None:
    for file in ("EQ_BD.xml", "TP_BD.xml"):
        (copy / file).unlink()
    result = read(copy)
    codes = Counter(r.code for r in result.rejects)
    assert codes == {"missing_reference": 8, "missing_end": 10}, "3 voltages, 3 nodes, 2 of TP; 5 lines, 5 injections"
    assert all(r.fix for r in result.rejects)
    links = [r.link for r in result.rejects if r.link]
    assert ("CONDUCTS", names.named("x1"), names.named("line 1")) in links


def test_without_topology(copy: Path) -> None:
    (copy / "B_TP.xml").unlink()
    result = read(copy)
    assert {r.code for r in result.rejects} == {"missing_end", "missing_value"}
    assert not [a for a in result.assets.values() if a.kind == "bus" and a.properties.get("operator") == "urn:b"]


def test_without_state(copy: Path) -> None:
    (copy / "A_SSH.xml").unlink()
    assert read(copy).rejects == []
    result = spoil(copy, "A_EQ.xml", "<cim:Switch.normalOpen>false</cim:Switch.normalOpen>", "")
    assert [r.code for r in result.rejects] == ["missing_value"]
    closed, opened = (read(copy, unknown_switches=how) for how in ("closed", "open"))
    assert closed.rejects == opened.rejects == []
    assert Counter(a.properties.get("status") for a in opened.assets.values())["open"] == 1 + len(
        [a for a in closed.assets.values() if a.properties.get("status") == "open"]
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("A_EQ.xml", "<cim:Conductor.length>40<", "<cim:Conductor.length>far<", "wrong_type"),
        ("A_EQ.xml", "<cim:Conductor.length>40<", "<cim:Conductor.length>-4<", "out_of_range"),
        ("A_EQ.xml", "<cim:Conductor.length>40<", "<cim:Conductor.length>nan<", "not_finite"),
        ("A_SSH.xml", "<cim:Switch.open>true", "<cim:Switch.open>maybe", "wrong_type"),
        ("A_SSH.xml", "<cim:EnergyConsumer.p>100.5", "<cim:EnergyConsumer.p>much", "wrong_type"),
        ("EQ_BD.xml", "nominalVoltage>380", "nominalVoltage>high", "wrong_type"),
        ("A_GL.xml", "xPosition>9.5", "xPosition>950", "out_of_range"),
        ("A_GL.xml", "xPosition>9.5", "xPosition>", "missing_value"),
        ("A_GL.xml", "EPSG::4326", "EPSG::1", "wrong_crs"),
        ("A_GL.xml", "urn:ogc:def:crs:EPSG::4326", "somewhere", "wrong_crs"),
        ("A_EQ.xml", "cim:StaticVarCompensator ", "cim:Frobnicator ", "unknown_kind"),
        ("A_EQ.xml", "</cim:Substation>", "</cim:Substation><cim:Substation/>", "missing_value"),
    ],
)
def test_bad_values(copy: Path, file: str, old: str, new: str, code: str) -> None:
    text = (copy / file).read_text(encoding="utf-8")
    if "Frobnicator" in new:
        text = text.replace("</cim:StaticVarCompensator>", "</cim:Frobnicator>")
        (copy / file).write_text(text, encoding="utf-8")
    result = spoil(copy, file, old, new)
    assert code in {r.code for r in result.rejects}
    assert all(r.fix and r.message for r in result.rejects)
    check_against_schema(result)


def test_out_of_service(copy: Path, names: Plain) -> None:
    def status(name: str, extra: str) -> str | None:
        text = f'<cim:Equipment rdf:about="#_{names.named(name)}">{extra}</cim:Equipment></rdf:RDF>'
        shutil.copy(TINY / "A_SSH.xml", copy / "A_SSH.xml")
        result = spoil(copy, "A_SSH.xml", "</rdf:RDF>", text)
        assert result.rejects == []
        shown = names.named("generator G" if name == "unit G" else name)
        return result.assets[shown].properties.get("status")

    off = "<cim:Equipment.inService>false</cim:Equipment.inService>"
    normally = "<cim:Equipment.normallyInService>false</cim:Equipment.normallyInService>"
    assert status("line 1", off) == "out_of_service"
    assert status("line 1", off.replace("false", "true") + normally) is None, "the state before the normal one"
    assert status("line 1", normally) == "out_of_service"
    assert status("unit G", off) == "out_of_service", "the machine without its unit"
    assert status("A1", off) == "out_of_service"
    assert status("coupler", off) == "open"


def test_bad_voltage_is_said_once(copy: Path) -> None:
    result = spoil(copy, "EQ_BD.xml", "nominalVoltage>380", "nominalVoltage>high")
    assert len(result.rejects) == 1
    assert len(result.assets) == len(read().assets)


def test_node_that_two_models_split_differently(copy: Path) -> None:
    extra = '<cim:ConnectivityNode rdf:about="#{a2}"><cim:ConnectivityNode.TopologicalNode rdf:resource="#{tn}"/>'
    names = Plain(TINY)
    text = extra.format(a2="_" + names.named("a2"), tn="_" + names.named("tn x1")) + "</cim:ConnectivityNode>"
    result = spoil(copy, "TP_BD.xml", "</rdf:RDF>", text + "</rdf:RDF>")
    assert [r.code for r in result.rejects] == ["ambiguous_node"]


def test_bad_options() -> None:
    for options in ({"inverters": "yes"}, {"unknown_switches": "shut"}, {"kind": "x"}):
        with pytest.raises(ValueError, match="validation error"):
            CgmesOptions.model_validate(options)


# -- the real files ------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_microgrid_2(shared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for part in ("BC_Assembled_v2", "BD_v2"):
        shutil.copytree(shared / SET / "cgmes2.4.15" / part, folder / part)
    beside = read(shared / SET / "cgmes2.4.15" / "BC_Assembled_v2", also=["../cgmes2.4.15/BD_v2"])
    assert beside.rejects == []
    result, plain = check_losses(folder, tmp_path / "tables")
    assert result.rejects == []
    assert Counter(a.kind for a in result.assets.values()) == {
        **{"region": 7, "substation": 3, "voltage_level": 10, "bus": 11, "line_junction": 5, "power_line": 12},
        **{"transformer": 7, "switch": 1, "generator": 5, "external_grid": 10, "load": 6, "shunt": 3},
    }
    assert len(plain.of("BusbarSection")) == 13
    assert read(shared / SET / "cgmes2.4.15").rejects == [], "with BC_BE beside it, which has the same ids"
    assert len(read(shared / SET / "cgmes2.4.15").assets) == len(result.assets)


@pytest.mark.shared
def test_microgrid_2_without_boundary(shared: Path) -> None:
    result = read(shared / SET / "cgmes2.4.15" / "BC_BE_v2")
    assert Counter(r.code for r in result.rejects) == {"missing_reference": 9, "missing_end": 10}


@pytest.mark.shared
def test_microgrid_3(shared: Path, tmp_path: Path) -> None:
    result, plain = check_losses(shared / SET / "cgmes3", tmp_path / "tables")
    assert result.rejects == []
    assert Counter(a.kind for a in result.assets.values()) == {
        **{"region": 7, "substation": 3, "voltage_level": 9, "bus": 13, "line_junction": 28, "power_line": 12},
        **{"transformer": 7, "switch": 26, "series_compensator": 1, "generator": 5, "external_grid": 10},
        **{"load": 6, "shunt": 4},
    }
    lines = set(plain.of("ACLineSegment", "PowerTransformer", "SynchronousMachine", "ConformLoad"))
    assert same_parts(parts_of(result), plain.graph(topology=True), lines), "as the topology processor of the export"
