"""Loader ``osm``: a small valley, and the power grid of Nepal against a count of its own."""

from __future__ import annotations

import bz2
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import networkx
import osmium
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.osm import OsmLoader, extract_of
from loaders.osm_network import Network, Rules
from loaders.osm_read import read_extract
from loaders.osm_tags import Circuits, Level, circuits, meaning, output_mw, voltages
from tests.unit.loader_snapshot import lost, snapshot_of
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import ODD, PLACES, QUICK, damage, read_damaged
from twin.errors import SourceUnreadable

WORDS = ["type", "id", "tags", "nodes", "members", "lat", "lon", "ref", "role", "geometry", "power", "voltage", "way"]
TWO = "circuits=two is not understood; taken without it"
VALLEY = FIXTURES / "osm" / "valley.osm"


def read(path: Path = VALLEY, **options: Any) -> Result:
    return Result(OsmLoader(), path, **options)


def counts(path: Path) -> tuple[Counter[str], int]:
    network = Network(extract_of(path), Rules())
    list(network.records())
    every = read_extract(path, lambda _: True).elements.values()
    return network.counts, sum(meaning(e.tags) is not None for e in every)


def ends(result: Result) -> dict[str, set[str]]:
    """What each line, transformer or switch conducts to."""
    found: dict[str, set[str]] = defaultdict(set)
    for start, kind, end in result.links:
        if kind == "CONDUCTS":
            found[start].add(end)
            found[end].add(start)
    return found


def test_valley() -> None:
    result = read()
    check_against_schema(result)
    met = ends(result)
    assert met["way/200/1"] == {"bus/way/100/132kv", "junction/6/132kv"}
    assert met["way/200/2"] == {"junction/6/132kv", "bus/node/10/132kv"}
    assert met["way/201"] == {"junction/6/132kv", "junction/8"}
    assert met["way/202"] == {"junction/9", "junction/6/33kv"}  # 33 kV does not touch 132 kV
    assert met["way/204"] == {"junction/8", "node/14"}
    assert met["transformer/way/100/132kv-33kv"] == {"bus/way/100/132kv", "bus/way/100/33kv"}
    assert result.assets["transformer/way/100/132kv-33kv"].properties["equipment_type"] == "assumed"
    assert met["way/207"] == {"bus/node/10/132kv", "junction/16"}
    assert result.assets["junction/16"].name == "cut by the edge of the extract"
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
    assert found == {"taken": 12, "part": 2, "gone": 1, "inside": 1, "rejected": 2}
    assert found.total() == tagged


def test_what_falls(tmp_path: Path) -> None:
    snapshot = snapshot_of(read(), tmp_path / "t")
    assert {"bus/way/100/132kv", "bus/node/10/132kv", "way/205"} <= lost(snapshot, "node/11")
    assert "bus/node/10/132kv" in lost(snapshot, "way/200/2")
    assert "bus/way/100/132kv" not in lost(snapshot, "way/200/2")
    assert {"way/205", "junction/15"} <= lost(snapshot, "node/14")
    fed = snapshot_of(read(external=["node/10"]), tmp_path / "u")
    assert "bus/node/10/132kv" not in lost(fed, "node/11")
    codes = {finding.code: finding for finding in snapshot.findings}
    assert {"junction/9", "junction/16"} <= set(codes["dangling_end"].assets)
    assert codes["assumed_equipment"].assets == ("transformer/way/100/132kv-33kv",)


class Drawn:
    """An extract to draw by hand: places in units of some 111 m from 10 E on the equator."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.elements, self.number = folder, list[dict[str, Any]](), 1000
        self.at: dict[int, tuple[float, float]] = {}

    def node(self, x: float, y: float, number: int | None = None, **tags: str) -> int:
        """A node; its number."""
        self.number += 1
        chosen = number or self.number
        self.at[chosen] = x, y
        self.elements.append(node(chosen, 10 + x / 1000, y / 1000, **clean(tags)))
        return chosen

    def way(self, number: int, *nodes: int, **tags: str) -> None:
        """A way."""
        self.elements.append({"type": "way", "id": number, "nodes": list(nodes), "tags": clean(tags)})

    def line(self, number: int, *places: tuple[float, float], **tags: str) -> None:
        """A power line through places with nodes of its own."""
        self.way(number, *(self.node(x, y) for x, y in places), **{"power": "line", **tags})

    def square(self, number: int, x: float, y: float, **tags: str) -> None:
        """An area of two by two around a place."""
        corners = [self.node(x + dx, y + dy) for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        self.way(number, *corners, corners[0], **{"power": "substation", **tags})

    def read(self, **options: Any) -> Result:
        """The extract through the loader, checked against the schema."""
        path = self.folder / "drawn.json"
        path.write_text(json.dumps({"elements": self.elements}))
        result = read(path, **options)
        check_against_schema(result)
        found, tagged = counts(path)
        assert found.total() == tagged
        return result


def clean(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace("__", ":"): value for key, value in tags.items()}


@pytest.fixture
def drawn(tmp_path: Path) -> Drawn:
    return Drawn(tmp_path)


def hydro(drawn: Drawn, x: float, y: float, number: int = 900) -> None:
    drawn.node(x, y, number, power="plant", plant__source="hydro")


def test_voltages_meet_only_through_a_transformer(drawn: Drawn, tmp_path: Path) -> None:
    drawn.square(1, 0, 0, voltage="380000")
    drawn.line(10, (0.1, 0), (50, 0), voltage="380000")
    drawn.line(11, (1.3, 0), (1.3, 40), voltage="20000")  # ends some 33 m outside of the fence
    drawn.line(12, (0, -40), (0, 0.9), (0, 40), voltage="20000")  # passes over it
    drawn.line(13, (-0.5, 0), (-40, 0), voltage="110000")  # ends inside: the station has that too
    result = drawn.read()
    met = ends(result)
    assert result.assets.keys() >= {"bus/way/1/380kv", "bus/way/1/110kv", "transformer/way/1/380kv-110kv"}
    assert met["way/10"] >= {"bus/way/1/380kv"}
    assert met["way/13"] >= {"bus/way/1/110kv"}
    assert all(end.startswith("junction/") for way in ("way/11", "way/12") for end in met[way])
    snapshot = snapshot_of(result, tmp_path / "t")
    assert {f.code for f in snapshot.findings} >= {"dangling_end", "assumed_equipment", "assumed_supplied"}
    assert not any(f.code == "voltage_mismatch" for f in snapshot.findings)
    assert "way/13" in lost(snapshot, "feed/way/1/380kv")


def test_a_line_of_unknown_voltage_is_no_wire_between_two(drawn: Drawn) -> None:
    a, b, c, d = (drawn.node(x, 0) for x in (0, 10, 20, 30))
    drawn.way(1, a, b, power="line", voltage="132000")
    drawn.way(2, b, c, power="line")
    drawn.way(3, c, d, power="line", voltage="11000")
    met = ends(drawn.read())
    assert f"junction/{b}" in met["way/1"] & met["way/2"]
    assert not met["way/2"] & met["way/3"]


def test_two_voltages_on_one_line_are_two_assets(drawn: Drawn, tmp_path: Path) -> None:
    hydro(drawn, 0, 0)
    a, b, c = (drawn.node(x, 0) for x in (0, 40, 80))
    drawn.way(1, a, b, power="line", voltage="132000;33000", circuits="2;1", cables="9")
    drawn.way(2, b, c, power="line", voltage="33 kV")
    result = drawn.read()
    assert result.assets["way/1/132kv"].properties["circuits"] == 2
    assert result.assets["way/1/33kv"].properties["circuits"] == 1
    assert ends(result)["way/2"] & ends(result)["way/1/33kv"] == {f"junction/{b}/33kv"}
    assert not ends(result)["way/2"] & ends(result)["way/1/132kv"]
    assert "way/2" in lost(snapshot_of(result, tmp_path / "t"), "way/1/33kv")


@pytest.mark.parametrize(
    ("tags", "joined"),
    [
        ({}, {"132kv", "33kv"}),
        ({"voltage__primary": "132000", "voltage__secondary": "33000"}, {"132kv", "33kv"}),
        ({"voltage": "132000/33000"}, {"132kv", "33kv"}),
    ],
)
def test_mapped_transformers_take_the_place_of_an_assumed_one(
    drawn: Drawn, tags: dict[str, str], joined: set[str]
) -> None:
    drawn.square(1, 0, 0, voltage="132000;33000")
    drawn.node(0.2, 0.2, 70, power="transformer", **tags)
    drawn.node(0.3, 0.2, 71, power="transformer", **tags)
    drawn.node(0.4, 0.2, 72, power="switch")
    result = drawn.read()
    assert ends(result)["node/70"] == ends(result)["node/71"] == {f"bus/way/1/{level}" for level in joined}
    assert not any(a.properties.get("equipment_type") == "assumed" for a in result.assets.values())
    assert "node/72" not in result.assets  # a part of the station


def test_a_transformer_that_may_be_any_of_three_is_none(drawn: Drawn, tmp_path: Path) -> None:
    drawn.square(1, 0, 0, voltage="220000;132000;33000")
    drawn.node(0.2, 0.2, 70, power="transformer")
    drawn.node(0.2, 0.3, 71, power="transformer", voltage__primary="220000", voltage__secondary="132000")
    result = drawn.read()
    assert [r.code for r in result.rejects] == ["ambiguous_node"]
    assert "node/70" not in result.assets
    assert "transformer/way/1/132kv-33kv" in result.assets
    snapshot = snapshot_of(result, tmp_path / "t")
    assert "bus/way/1/33kv" in lost(snapshot, "node/71")


def test_on_a_pole(drawn: Drawn, tmp_path: Path) -> None:
    hydro(drawn, 0, 0)
    a, b, c, d = (
        drawn.node(0, 0), drawn.node(10, 0, 50, power="pole", transformer="distribution"),
        drawn.node(20, 0, 51, power="pole", switch="disconnector"), drawn.node(30, 0),
    )  # fmt: skip
    e = drawn.node(10, 9)
    drawn.way(1, a, b, c, d, power="minor_line", voltage="11000")
    drawn.way(2, b, e, power="minor_line", voltage="400")
    result = drawn.read()
    assert ends(result)["node/50"] == {"junction/50/11kv", "junction/50/0.4kv"}
    assert ends(result)["node/51"] == {"way/1/2", "way/1/3"}
    snapshot = snapshot_of(result, tmp_path / "t")
    assert lost(snapshot, "node/50") >= {"way/2"}
    assert not lost(snapshot, "node/50") & {"way/1/2", "way/1/3"}  # the line goes on past the transformer
    assert "way/1/3" in lost(snapshot, "node/51")


def test_direct_current_and_railways(drawn: Drawn, tmp_path: Path) -> None:
    drawn.square(1, 0, 0, voltage="380000")
    drawn.square(2, 90, 0, voltage="380000")
    drawn.line(10, (0, 0), (90, 0), voltage="500000", frequency="0", circuits="2")
    drawn.line(11, (0, 0.2), (0, 60), voltage="110000;110000", frequency="16.7")
    drawn.line(12, (0.2, 0), (60, 60), voltage="110000", frequency="50")
    result = drawn.read(external=["way/1"])
    assert result.assets["way/10"].kind == "hvdc_line"
    assert ends(result)["converter/way/2/500kv-dc"] == {"bus/way/2/380kv", "bus/way/2/500kv-dc"}
    assert ends(result)["bus/way/1/110kv-16.7hz"] == {"way/11"}  # 50 Hz does not reach it
    snapshot = snapshot_of(result, tmp_path / "t")
    assert {"bus/way/2/380kv", "way/10", "way/12"} <= lost(snapshot, "bus/way/1/380kv")


def test_one_station_mapped_twice_is_one(drawn: Drawn) -> None:
    drawn.square(1, 0, 0, name="Yard")
    drawn.node(0.1, 0.1, 60, power="substation", voltage="66000")
    drawn.line(10, (0.2, 0.2), (30, 0), voltage="66000")
    result = drawn.read()
    assert "node/60" not in result.assets
    assert result.assets["way/1"].properties == {"voltage_kv": 66.0}
    assert "bus/way/1/66kv" in ends(result)["way/10"]


def test_what_follows_the_grid_does_not_hold_it(drawn: Drawn, tmp_path: Path) -> None:
    drawn.square(1, 0, 0, voltage="110000")
    drawn.square(2, 60, 0, voltage="110000")
    drawn.node(60, 0, 80, power="generator", generator__source="wind", generator__output__electricity="3 MW")
    drawn.node(0, 0, 81, power="generator", generator__source="gas")
    drawn.line(10, (0.1, 0), (60.1, 0), voltage="110000")
    assert {"bus/way/2/110kv", "node/80"} <= lost(snapshot_of(drawn.read(), tmp_path / "t"), "way/10")
    fed = drawn.read(static_generators="feed")
    assert "bus/way/2/110kv" not in lost(snapshot_of(fed, tmp_path / "u"), "way/10")


def test_feeds_are_assumed_where_nothing_feeds(drawn: Drawn, tmp_path: Path) -> None:
    for number, x, more in ((1, 0, {}), (2, 30, {"substation": "generation"}), (3, 60, {})):
        drawn.square(number, x, 0, voltage="66000", **more)
    drawn.line(10, (0, 0), (30, 0), voltage="66000")
    drawn.line(11, (30, 0.1), (60, 0), voltage="66000")
    result = drawn.read()
    assert [a.id for a in result.assets.values() if a.kind == "feeder"] == ["feed/way/2/66kv"]
    snapshot = snapshot_of(result, tmp_path / "t")
    assert lost(snapshot, "way/11") == {"bus/way/3/66kv"}
    assert "feed/way/2/66kv" in next(f for f in snapshot.findings if f.code == "assumed_supplied").assets
    assert not any(a.kind == "feeder" for a in drawn.read(feeds="none").assets.values())
    assert not any(a.kind == "feeder" for a in drawn.read(external=["way/3"]).assets.values())


def test_a_plant_is_its_generators(drawn: Drawn, tmp_path: Path) -> None:
    drawn.square(1, 0, 0, power="plant", plant__source="gas")
    drawn.node(0.2, 0.2, 80, power="generator", generator__source="gas")
    drawn.square(2, 0, 5, voltage="110000")
    drawn.line(10, (0, 0.5), (0, 5), voltage="110000")
    snapshot = snapshot_of(drawn.read(), tmp_path / "t")
    assert "bus/way/2/110kv" in lost(snapshot, "node/80")
    assert {"node/80", "bus/way/2/110kv"} <= lost(snapshot, "way/1")
    assert not snapshot.deadlocks()


def test_a_gap_is_bridged_and_a_cut_end_stays(drawn: Drawn) -> None:
    a, b = drawn.node(0, 0), drawn.node(20, 0)
    drawn.way(1, 5, a, 6, b, power="line", voltage="110000")
    result = drawn.read()
    assert ends(result)["way/1"] == {f"junction/{a}", f"junction/{b}"}
    assert result.assets[f"junction/{a}"].name == "cut by the edge of the extract"
    assert result.assets[f"junction/{b}"].name is None


def test_tags_in_a_mess(drawn: Drawn) -> None:
    for number, tags in enumerate(
        [
            {"voltage": "110 kV", "cables": "3+1"}, {"voltage": "110000;?"}, {"voltage": "medium"},
            {"voltage": "0,4 kV"}, {"voltage": "66000,11000"}, {"circuits": "x"}, {"frequency": "AC"},
        ]
    ):  # fmt: skip
        drawn.line(number + 1, (0, number * 9), (9, number * 9), **tags)
    result = drawn.read()
    assert result.assets["way/1"].properties | {"length_km": 1} == {
        "voltage_kv": 110.0, "circuits": 1, "length_km": 1, "equipment_type": "line",
    }  # fmt: skip
    assert result.assets["way/2"].properties["voltage_kv"] == 110.0
    assert "voltage_kv" not in result.assets["way/3"].properties
    assert result.assets["way/4"].properties["voltage_kv"] == 0.4
    assert result.assets.keys() >= {"way/5/66kv", "way/5/11kv"}
    told = sorted(r.message.split(" is not")[0] for r in result.rejects)
    assert told == ["circuits=x", "frequency=AC", "voltage=?", "voltage=medium"]


def same(result: Result) -> Any:
    """Everything but where it was read."""
    assets = {key: (a.kind, a.name, a.properties, a.geometry) for key, a in result.assets.items()}
    return assets, sorted(result.links), sorted((r.code, r.message) for r in result.rejects)


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
    assert ("relation/1", "CONTAINS", "node/5") in result.links
    assert ("relation/1", "POWERS", "junction/6") not in result.links  # its generator does
    assert ("node/5", "POWERS", "junction/6") in result.links
    assert {("way/4", "TRANSPORTS", "node/8"), ("way/4", "TRANSPORTS", "joint/7")} <= set(result.links)
    assert {("way/5", "TRANSPORTS", "joint/7"), ("way/5", "TRANSPORTS", "node/9")} <= set(result.links)
    assert [r.code for r in result.rejects] == ["conflicting_value"]
    snapshot = snapshot_of(result, tmp_path / "t")
    assert {"way/3", "junction/7"} <= lost(snapshot, "node/5")


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
        b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x7f",
        b'<!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><osm><node id="1" lat="&b;"/></osm>',
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
    assert circuits({"cables": "6"}) == ([Circuits(Level(), 2)], [])
    assert circuits({"circuits": "two"}) == ([Circuits(Level(), None)], [("wrong_type", TWO)])
    assert circuits({"voltage": "110000;110000", "circuits": "2"}) == ([Circuits(Level(110.0), 2)], [])
    assert circuits({"voltage": "380000;110000", "frequency": "50;16.67", "cables": "6;2"})[0] == [
        Circuits(Level(380.0), 2), Circuits(Level(110.0, "16.7hz"), None),
    ]  # fmt: skip
    assert Level(110.0).fits(Level(115.0))
    assert not Level(110.0).fits(Level(110.0, "16.7hz"))
    assert output_mw({"plant:output:electricity": "1,5 GW"}) == (1500.0, [])
    assert output_mw({"generator:output:electricity": "5 kWp"}) == (0.005, [])
    assert output_mw({"generator:output:electricity": "lots"})[0] is None


@QUICK
@given(places=PLACES)
def test_damaged(tmp_path_factory: pytest.TempPathFactory, places: list[tuple[float, int, bytes]]) -> None:
    path = tmp_path_factory.mktemp("osm") / "v.osm"
    path.write_bytes(damage(VALLEY.read_bytes(), places))
    read_damaged(OsmLoader(), path)


def as_pbf(xml: Path, path: Path, pack: str = "zlib") -> Path:
    """A file of the same objects as .osm.pbf; with *pack* none, bytes of the objects can be damaged one by one."""
    writer = osmium.SimpleWriter(osmium.io.File(str(path), f"pbf,pbf_compression={pack}"), overwrite=True)
    for one in osmium.FileProcessor(str(xml)):
        writer.add(one)
    writer.close()
    return path


def test_pbf_is_the_same(tmp_path: Path) -> None:
    assert same(read(as_pbf(VALLEY, tmp_path / "v.osm.pbf"))) == same(read())
    network = Network(extract_of(tmp_path / "v.osm.pbf"), Rules())
    list(network.records())
    assert network.counts == counts(VALLEY)[0]


def test_what_ends_the_reader_is_told(tmp_path: Path) -> None:
    """A zero byte in a text: libosmium reads beyond its buffer, and may crash."""
    path = as_pbf(VALLEY, tmp_path / "v.osm.pbf", "none")
    path.write_bytes(path.read_bytes().replace(b"substation", b"sub\0\0\0tion").replace(b"minor_line", b"\0" * 10))
    read_damaged(OsmLoader(), path)


def test_ids_that_are_none(tmp_path: Path) -> None:
    writer = osmium.SimpleWriter(str(tmp_path / "v.osm.pbf"))
    for number in (-5, 1, 2):
        writer.add_node(osmium.osm.mutable.Node(id=number, location=(10 + number / 10, 50)))
    writer.add_way(osmium.osm.mutable.Way(id=1, nodes=[1, 2, -5, 1 << 53], tags={"power": "line"}))
    writer.close()
    result = read(tmp_path / "v.osm.pbf")
    assert [r.code for r in result.rejects] == ["bad_row"]
    assert ends(result)["way/1"] == {"junction/1", "junction/2"}


@settings(QUICK, max_examples=40)
@given(places=PLACES, pack=st.sampled_from(["zlib", "none"]))
def test_damaged_pbf(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[float, int, bytes]], pack: str
) -> None:
    path = as_pbf(VALLEY, tmp_path_factory.mktemp("osm") / "v.osm.pbf", pack)
    path.write_bytes(damage(path.read_bytes(), places))
    read_damaged(OsmLoader(), path)


@QUICK
@given(objects=st.recursive(ODD, lambda x: st.lists(x) | st.dictionaries(st.sampled_from(WORDS), x)))
def test_overpass_of_anything(tmp_path_factory: pytest.TempPathFactory, objects: Any) -> None:
    path = tmp_path_factory.mktemp("osm") / "v.json"
    for document in ({"elements": objects}, {"elements": [objects]}, objects):
        path.write_text(json.dumps(document))
        read_damaged(OsmLoader(), path)


def test_a_folder_of_extracts(tmp_path: Path) -> None:
    text = VALLEY.read_text()
    (tmp_path / "a.osm").write_text(text)
    (tmp_path / "b.osm").write_text(text.replace('id="201"', 'id="221"').replace("14.5 MW", "15 MW"))
    result = read(tmp_path)
    assert {"way/201", "way/221"} <= result.assets.keys()
    assert [r.message for r in result.rejects if r.code == "conflicting_value"] == [
        "node/11 is not the same in a.osm and in b.osm; the former is taken"
    ]
    assert [p.name for p in result.inputs] == ["a.osm", "b.osm"]


def test_an_object_that_is_there_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "v.osm"
    path.write_text(VALLEY.read_text().replace('id="201"', 'id="200"'))
    assert "bad_row" in {r.code for r in read(path).rejects}


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
    found, tagged = counts(nepal)
    assert found.total() == tagged == 642
    assert found == {"taken": 455, "inside": 186, "same": 1, "part": 0}
    usual = Counter(a.kind for a in read(nepal).assets.values())  # docs/loaders/osm.md
    assert usual == {
        "substation": 170, "bus": 197, "transformer": 27, "power_line": 307, "line_junction": 240, "feeder": 23,
    }  # fmt: skip
    assert set(part_of(result)) == {frozenset(p) for p in expected(json.loads(nepal.read_text())["elements"], result)}


@pytest.mark.shared
def test_nepal_is_the_same_in_every_format(nepal: Path, tmp_path: Path) -> None:
    elements = json.loads(nepal.read_text())["elements"]
    places = {e["id"]: (e["lon"], e["lat"]) for e in elements if e["type"] == "node"}
    tags = {e["id"]: e["tags"] for e in elements if e["type"] == "node"}
    for one in elements:
        places |= {
            n: (at["lon"], at["lat"]) for n, at in zip(one.get("nodes", ()), one.get("geometry", ()), strict=True)
        }
    for name in ("nepal.osm", "nepal.osm.pbf"):
        writer = osmium.SimpleWriter(str(tmp_path / name))
        for number in sorted(places):
            writer.add_node(osmium.osm.mutable.Node(id=number, location=places[number], tags=tags.get(number, {})))
        for one in sorted((e for e in elements if e["type"] == "way"), key=lambda e: int(e["id"])):
            writer.add_way(osmium.osm.mutable.Way(id=one["id"], nodes=one["nodes"], tags=one["tags"]))
        writer.close()
    first = same(read(nepal))
    assert first == same(read(tmp_path / "nepal.osm")) == same(read(tmp_path / "nepal.osm.pbf"))


def part_of(result: Result) -> list[frozenset[str]]:
    """Lines that hang together in the twin, by way."""
    graph = networkx.Graph([(a, b) for a, kind, b in result.links if kind == "CONDUCTS"])
    parts = networkx.connected_components(graph)
    ways = (frozenset("/".join(x.split("/")[:2]) for x in part if x.startswith("way/")) for part in parts)
    return [part for part in ways if part]


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
