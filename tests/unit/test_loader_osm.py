"""Loader ``osm``: a small valley, and the power grid of Nepal against a count of its own."""

from __future__ import annotations

import bz2
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import networkx
import pytest
import shapely
from hypothesis import given

from loaders.osm import OsmLoader
from loaders.osm_network import Network
from loaders.osm_read import read_extract
from loaders.osm_tags import circuits, meaning, voltages
from tests.unit.loader_snapshot import lost, snapshot_of
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import PLACES, QUICK, damage, read_damaged
from twin.errors import SourceUnreadable

VALLEY = FIXTURES / "osm" / "valley.osm"


def read(path: Path = VALLEY, **options: Any) -> Result:
    return Result(OsmLoader(), path, **options)


def counts(path: Path) -> tuple[Counter[str], int]:
    extract = read_extract(path, lambda tags: meaning(tags) is not None)
    network = Network(path.name, extract, 50.0, [])
    list(network.records())
    return network.counts, sum(meaning(e.tags) is not None for e in extract.elements.values())


def test_valley() -> None:
    result = read()
    check_against_schema(result)
    ends = defaultdict(set)
    for start, kind, end in result.links:
        if kind == "CONDUCTS":
            ends[start].add(end)
    assert ends["way/200/1"] == {"bus/way/100", "junction/6"}
    assert ends["way/200/2"] == {"junction/6", "bus/node/10"}
    assert ends["way/201"] == {"junction/6", "junction/8"}
    assert ends["way/202"] == {"junction/9", "junction/6/2"}  # 33 kV does not touch 132 kV
    assert ends["way/204"] == {"junction/8", "node/14"}
    assert result.assets["way/200/1"].properties["circuits"] == 2
    assert result.assets["way/206"].properties["status"] == "planned"
    assert result.assets["node/10"].name == "पूर्व (East)"
    assert result.assets["node/10"].properties["voltage_kv"] == 132.0
    assert result.assets["node/11"].properties == {"fuel": "hydro", "capacity_mw": 14.5}
    assert ("node/11", "POWERS", "junction/12") in result.links
    codes = sorted(r.code for r in result.rejects)
    assert codes == ["missing_reference", "unknown_kind", "unknown_unit", "wrong_type"]


def test_nothing_is_dropped() -> None:
    found, tagged = counts(VALLEY)
    assert found == {"taken": 11, "part": 2, "gone": 1, "inside": 1, "rejected": 2}
    assert found.total() == tagged


def test_what_falls(tmp_path: Path) -> None:
    snapshot = snapshot_of(read(), tmp_path / "t")
    assert {"bus/way/100", "bus/node/10", "way/205"} <= lost(snapshot, "node/11")
    assert "bus/node/10" in lost(snapshot, "way/200/2")
    assert "bus/way/100" not in lost(snapshot, "way/200/2")
    assert {"way/205", "junction/15"} <= lost(snapshot, "node/14")
    fed = snapshot_of(read(external=["node/10"]), tmp_path / "u")
    assert "bus/node/10" not in lost(fed, "node/11")


def node(number: int, lon: float, lat: float, **tags: str) -> dict[str, Any]:
    return {"type": "node", "id": number, "lon": lon, "lat": lat, "tags": tags}


def test_plants_and_telecom(tmp_path: Path) -> None:
    corners = [node(n, 10 + x, 50 + y) for n, x, y in ((1, 0, 0), (2, 0.01, 0), (3, 0.01, 0.01), (4, 0, 0.01))]
    ways = [
        {"type": "way", "id": 1, "nodes": [1, 2, 3]},
        {"type": "way", "id": 2, "nodes": [3, 4, 1]},
        {"type": "way", "id": 3, "nodes": [6, 7], "tags": {"power": "line", "communication": "line"}},
        {"type": "way", "id": 4, "nodes": [8, 7], "tags": {"communication": "line"}},
        {"type": "way", "id": 5, "nodes": [7, 9], "tags": {"telecom": "line"}},
    ]
    members = [{"type": "way", "ref": n, "role": "outer"} for n in (1, 2)]
    plant = {"type": "relation", "id": 1, "members": members, "tags": {"type": "multipolygon", "power": "plant"}}
    others = [
        node(5, 10.005, 50.004, power="generator"), node(6, 10.005, 50.005), node(7, 10.1, 50.1),
        node(8, 10.2, 50.2, telecom="exchange"), node(9, 10.3, 50.3, telecom="data_center"),
    ]  # fmt: skip
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"elements": [*corners, *others, *ways, plant]}))
    result = read(path)
    check_against_schema(result)
    assert result.shape("relation/1").geom_type == "Point"
    assert {("relation/1", "POWERS", "junction/6"), ("relation/1", "CONTAINS", "node/5")} <= set(result.links)
    assert ("node/5", "POWERS", "relation/1") in result.links
    assert {("way/4", "TRANSPORTS", "node/8"), ("way/4", "TRANSPORTS", "joint/7")} <= set(result.links)
    assert {("way/5", "TRANSPORTS", "joint/7"), ("way/5", "TRANSPORTS", "node/9")} <= set(result.links)
    assert [r.code for r in result.rejects] == ["conflicting_value"]
    snapshot = snapshot_of(result, tmp_path / "t")
    assert {"relation/1", "way/3", "junction/7"} <= lost(snapshot, "node/5")


def test_forms(tmp_path: Path) -> None:
    packed = tmp_path / "valley.osm"
    packed.write_bytes(bz2.compress(VALLEY.read_bytes()))
    assert read(packed).assets.keys() == read().assets.keys()
    assert "missing_end" in {r.code for r in read(external=["way/9"]).rejects}


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE osm [<!ENTITY a "b">]><osm/>',
        b"<osm><node",
        b'{"elements": 3}',
        b"\x00\x00\x00\x0dOSMHeader",
        b"\x1f\x8bx",
    ],
)
def test_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.osm"
    path.write_bytes(content)
    with pytest.raises(SourceUnreadable):
        read(path)


def test_tags() -> None:
    assert voltages("220000;110000") == ([220.0, 110.0], [], False)
    assert voltages("66000,11000") == ([66.0, 11.0], [], False)
    assert voltages("132kV; x") == ([132.0], ["x"], False)
    assert voltages("132") == ([132.0], [], True)
    assert voltages("400") == ([0.4], [], False)
    assert circuits({"cables": "6"}) == (2, None)
    assert circuits({"circuits": "two"}) == (None, "circuits=two")


@QUICK
@given(places=PLACES)
def test_damaged(tmp_path_factory: pytest.TempPathFactory, places: list[tuple[float, int, bytes]]) -> None:
    path = tmp_path_factory.mktemp("osm") / "v.osm"
    path.write_bytes(damage(VALLEY.read_bytes(), places))
    read_damaged(OsmLoader(), path)


@pytest.fixture(scope="module")
def nepal(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extract in the shape in which Overpass would have answered."""
    elements = []
    for part in ("line", "substation"):
        file = shared / "data" / "osm-power-nepal" / f"osm_power_{part}_NP.geojson"
        for feature in json.loads(file.read_text())["features"]:
            props, place = feature["properties"], feature["geometry"]["coordinates"]
            one = {"type": props["type"], "id": props["id"], "tags": props["tags"]}
            if props["type"] == "node":
                one |= {"lon": place[0], "lat": place[1]}
            else:
                ring = place[0] if feature["geometry"]["type"] == "Polygon" else place
                one |= {"nodes": props["nodes"], "geometry": [{"lon": x, "lat": y} for x, y in ring]}
            elements.append(one)
    path = tmp_path_factory.mktemp("nepal") / "nepal.json"
    path.write_text(json.dumps({"elements": elements}))
    return path


@pytest.mark.shared
def test_nepal(nepal: Path) -> None:
    result = read(nepal, tolerance_m=0)
    check_against_schema(result)
    kinds = Counter(a.kind for a in result.assets.values())
    assert kinds["substation"] == kinds["bus"] == 171
    found, tagged = counts(nepal)
    assert found.total() == tagged == 642
    assert found == {"taken": 454, "inside": 188}
    usual = Counter(a.kind for a in read(nepal).assets.values())  # docs/loaders/osm.md
    assert usual == {"substation": 171, "bus": 171, "power_line": 305, "line_junction": 235}
    assert set(part_of(result)) == {frozenset(p) for p in expected(json.loads(nepal.read_text())["elements"], result)}


def part_of(result: Result) -> list[frozenset[str]]:
    """Lines that hang together in the twin, by way."""
    graph = networkx.Graph([(a, b) for a, kind, b in result.links if kind == "CONDUCTS"])
    parts = networkx.connected_components(graph)
    return [frozenset("/".join(x.split("/")[:2]) for x in part if x.startswith("way/")) for part in parts]


def expected(elements: list[dict[str, Any]], result: Result) -> list[set[str]]:
    """The same from the elements alone: pairs of lines, tried one by one."""
    lines = [e for e in elements if e["tags"]["power"] in ("line", "cable")]
    stations = [e for e in elements if e["tags"]["power"] == "substation" and e["type"] == "way"]
    shapes = {s["id"]: shapely.Polygon([(p["lon"], p["lat"]) for p in s["geometry"]]) for s in stations}
    graph, inside = networkx.Graph(), defaultdict(set)
    for line in lines:
        for node, at in zip(line["nodes"], line["geometry"], strict=True):
            for number, shape in shapes.items():
                if shape.intersects(shapely.Point(at["lon"], at["lat"])):
                    inside[node].add(number)
    for line in lines:
        graph.add_node(line["id"])
        for node in line["nodes"]:
            graph.add_edges_from((line["id"], ("station", s)) for s in inside[node])
    for a in lines:
        for b in lines:
            ends = {a["nodes"][0], a["nodes"][-1]} & set(b["nodes"])
            if a is not b and any(not inside[n] for n in ends):
                one, other = (set(voltages(x["tags"].get("voltage"))[0]) for x in (a, b))
                if not one or not other or one & other:
                    graph.add_edge(a["id"], b["id"])
    known = {"/".join(i.split("/")[:2]) for i, a in result.assets.items() if a.kind == "power_line"}
    parts = [{f"way/{x}" for x in p if isinstance(x, int)} & known for p in networkx.connected_components(graph)]
    return [p for p in parts if p]
