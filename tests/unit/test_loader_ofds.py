"""Loader ``ofds``: packages, GeoJSON and CSV give the same network; shared routes; bad publications."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loaders.ofds import OfdsLoader, OfdsOptions
from loaders.ofds_shared import near_stretches, shared_stretches
from tests.unit.loader_snapshot import lost, snapshot_of
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import ODD, PLACES, QUICK, damage, read_damaged, spots
from twin.errors import LoaderOptionError, SourceUnreadable

TWO = FIXTURES / "ofds" / "two.json"
A, B = "11111111-aaaa-4aaa-8aaa-000000000001", "22222222-bbbb-4bbb-8bbb-000000000002"


def read(path: Path = TWO, **options: Any) -> Result:
    return Result(OfdsLoader(), path, **options)


def package() -> dict[str, Any]:
    return json.loads(TWO.read_text(encoding="utf-8"))


def write(tmp_path: Path, document: Any, name: str = "net.json") -> Path:
    (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    return tmp_path / name


def content(result: Result) -> Any:
    assets = {k: (v.kind, v.name, v.properties, v.geometry) for k, v in result.assets.items()}
    return assets, set(result.links)


def test_fixture() -> None:
    result = read()
    assert result.rejects == []
    check_against_schema(result)
    kinds = Counter(one.kind for one in result.assets.values())
    assert kinds == {
        "span": 6,
        "site": 3,
        "circuit": 2,
        "landing_station": 1,
        "data_centre": 1,
        "exchange": 1,
        "duct": 1,
    }
    assert Counter(kind for _, kind, _ in result.links) == {"TRANSPORTS": 12, "CARRIES": 2, "CONTAINS": 2}
    span = result.assets[f"{A}/span/s1"]
    assert span.name == "Nordhafen-Mitte"
    assert span.properties == {
        "length_km": 14.5,
        "capacity_gbps": 400.0,
        "fibre_count": 96,
        "technology": "dwdm",
        "deployment": "belowGround",
        "operator": "LightCo",
        "owner": "TrenchCo",
        "phase": "Backbone 2024",
    }
    assert str(span.origin) == "two.json/networks/1/spans:1"
    assert result.assets[f"{A}/span/s2"].properties["length_km"] == pytest.approx(12.93, abs=0.1)  # of its route
    assert "length_km" not in result.assets[f"{A}/span/s3"].properties
    assert result.shape(f"{A}/span/s3").wkt == "LINESTRING (10 54, 10.2 53.8)"
    assert read(straight_lines=False).shape(f"{A}/span/s3") is None
    assert result.assets[f"{A}/node/n4"].properties == {"status": "planned"}
    assert result.assets[f"{A}/span/s5"].properties == {"status": "out_of_service"}
    assert result.assets[f"{A}/international/n1/1"].name == "Nordhafen - Malmö, SE"
    assert (f"{A}/node/n1", "CARRIES", f"{A}/international/n1/2") in result.links


def test_a_trench_of_two_networks_is_a_shared_risk(tmp_path: Path) -> None:
    result = read()
    duct = next(one for one in result.assets.values() if one.kind == "duct")
    assert duct.name == "Shared by Nordhafen-Mitte, City ring"
    assert result.shape(duct.id).wkt == "LINESTRING (10.02 53.98, 10.06 53.94)"
    twin = snapshot_of(result, tmp_path / "tables")
    assert lost(twin, duct.id) == {f"{A}/span/s1", f"{B}/span/s1"}
    assert lost(twin, f"{A}/span/s1") == set()
    assert lost(twin, f"{A}/node/n1") == {f"{A}/international/n1/1", f"{A}/international/n1/2"}
    assert not [one for one in read(shared_routes=False).assets.values() if one.kind == "duct"]


def test_shared_stretches_against_the_definition() -> None:
    """Each pair of neighbouring vertices that two routes have lies in exactly the stretch of just those routes."""
    for seed in range(200):
        pick = random.Random(seed)
        grid = [(float(x), float(y)) for x in range(3) for y in range(3)]
        routes = {}
        for number in range(pick.randint(2, 4)):
            points = [pick.choice(grid)]
            for _ in range(pick.randint(1, 7)):
                points.append(pick.choice([p for p in grid if p != points[-1]]))
            routes[f"s{number}"] = shapely.LineString(points)
        wanted: dict[Any, set[str]] = {}
        for native, route in routes.items():
            for a, b in zip(route.coords, route.coords[1:], strict=False):
                wanted.setdefault(frozenset((a, b)), set()).add(native)
        found: Counter[Any] = Counter()
        for stretch in shared_stretches(routes):
            for a, b in zip(stretch.points, stretch.points[1:], strict=False):
                found[frozenset((a, b)), stretch.spans] += 1
        shared = {(pair, tuple(sorted(spans))): 1 for pair, spans in wanted.items() if len(spans) > 1}
        assert found == shared, f"seed {seed}"


def test_stretches_do_not_hang_on_direction_or_order() -> None:
    points = [(0.0, 0.0), (1.0, 0.0), (2.0, 1.0), (3.0, 1.0)]
    one = {"a": shapely.LineString(points), "b": shapely.LineString(points[::-1])}
    other = {"b": shapely.LineString(points), "a": shapely.LineString(points)}
    (first,), (second,) = shared_stretches(one), shared_stretches(other)
    assert first == second
    assert first.points == points


def test_routes_beside_each_other() -> None:
    """One kilometre along 52 degrees north, another route 8 m and one 300 m beside it, and one that only crosses."""
    per_m = 1 / 111_195
    along = 1000 * per_m / 0.6157  # cos 52 degrees
    base = shapely.LineString([(10.0, 52.0), (10.0 + along, 52.0)])
    beside = shapely.LineString([(10.0 + along * 1.5, 52 + 8 * per_m), (10.0 + along * 0.4, 52 + 8 * per_m)])
    far = shapely.LineString([(10.0, 52 + 300 * per_m), (10.0 + along, 52 + 300 * per_m)])
    across = shapely.LineString([(10.0 + along / 2, 51.99), (10.0 + along / 2, 52 + 250 * per_m)])
    routes = {"base": base, "beside": beside, "far": far, "across": across}
    (found,) = near_stretches(routes, 15.0, 100.0)
    assert found.spans == ("base", "beside")
    west, east = min(found.points)[0], max(found.points)[0]
    assert (east - west) / along == pytest.approx(0.6, abs=0.02)  # what both run along
    assert [one.spans for one in near_stretches(routes, 15.0, 700.0)] == []
    assert {one.spans for one in near_stretches(routes, 400.0, 100.0)} >= {("base", "far"), ("beside", "far")}
    assert list(near_stretches(routes, 5.0, 100.0)) == []
    moved = dict(routes, beside=shapely.LineString([(x, y + per_m) for x, y in beside.coords]))
    assert [one.key for one in near_stretches(moved, 15.0, 100.0)] == [found.key]
    assert list(near_stretches({}, 15.0, 100.0)) == []


def test_near_routes_share_a_duct(tmp_path: Path) -> None:
    document = package()
    for point in document["networks"][1]["spans"][0]["route"]["coordinates"]:
        point[1] += 0.00005  # 5.6 m north
    path = write(tmp_path, document)
    assert not [one for one in read(path).assets.values() if one.kind == "duct"]
    result = read(path, shared_within_m=20)
    check_against_schema(result)
    ducts = [one.id for one in result.assets.values() if one.kind == "duct"]
    twin = snapshot_of(result, tmp_path / "tables")
    assert lost(twin, ducts[0]) == {f"{A}/span/s1", f"{B}/span/s1"}


def geojson(document: dict[str, Any]) -> tuple[Any, Any]:
    """The package as the standard's own converter writes it: nodes and spans, ends as node objects."""
    nodes, spans = [], []
    for network in document["networks"]:
        about = {k: v for k, v in network.items() if k not in ("nodes", "spans")}
        by_id = {node["id"]: node for node in network["nodes"]}
        for node in network["nodes"]:
            members = {k: v for k, v in node.items() if k != "location"}
            nodes.append(
                {
                    "type": "Feature",
                    "geometry": node["location"],
                    "properties": members | {"network": about, "featureType": "node"},
                }
            )
        for span in network["spans"]:
            members = {k: v for k, v in span.items() if k != "route"}
            members |= {
                "start": by_id[span["start"]],
                "end": by_id[span["end"]],
                "network": about,
                "featureType": "span",
            }
            spans.append({"type": "Feature", "geometry": span.get("route"), "properties": members})
    return {"type": "FeatureCollection", "features": nodes}, {"type": "FeatureCollection", "features": spans}


def test_geojson_is_the_same_network(tmp_path: Path) -> None:
    nodes, spans = geojson(package())
    write(tmp_path, nodes, "nodes.geojson")
    alone = write(tmp_path, spans, "spans.geojson")
    assert content(read(tmp_path)) == content(read())
    (tmp_path / "nodes.geojson").unlink()
    assert content(read(alone)) == content(read())  # the ends stand in the spans


def test_one_network_and_separate_files(tmp_path: Path) -> None:
    first = package()["networks"][0]
    whole = read(write(tmp_path, {"networks": [first]}, "one.json"))
    assert content(read(write(tmp_path, first, "bare.json"))) == content(whole)
    folder = tmp_path / "parts"
    folder.mkdir()
    for member in ("nodes", "spans"):
        text = "\n".join(json.dumps(one) for one in first.pop(member))
        (folder / f"{member}.jsonl").write_text(text + "\n")
        link = {"rel": f"tag:opentelecomdata.net,2022:{member}File", "href": f"https://x.example/{member}.jsonl"}
        first["links"].append(link)
    write(folder, {"networks": [first]})
    assert content(read(folder)) == content(whole)
    (folder / "spans.jsonl").unlink()
    assert [(r.code, "spans.jsonl" in r.message) for r in read(folder).rejects] == [("missing_end", True)]


def test_csv_is_the_same_network(tmp_path: Path) -> None:
    for name, text in {
        "networks.csv": "id,name,crs/name\nN,Net,urn:ogc:def:crs:OGC::CRS84\n",
        "nodes.csv": "id,nodes/0/id,nodes/0/name,nodes/0/location,nodes/0/type,nodes/0/phase/id,nodes/0/phase/name\n"
        "N,1,Accra,POINT (-0.174 5.625),pop;ixp,1,P1\nN,2,Kumasi,POINT (-1.628 6.711),,,\n",
        "nodes_internationalConnections.csv": "id,nodes/0/id,nodes/0/internationalConnections/0/region,"
        "nodes/0/internationalConnections/0/country\nN,1,Lomé,TG\nN,9,,BF\n",
        "nodes_networkProviders.csv": "id,nodes/0/id,nodes/0/networkProviders/0/id,nodes/0/networkProviders/0/name\n"
        "N,1,a,Fast\nN,1,b,Web\n",
        "spans.csv": "id,spans/0/id,spans/0/start,spans/0/end,spans/0/route,spans/0/fibreCount,spans/0/technologies\n"
        'N,1,1,2,"LINESTRING (-0.174 5.625, -1.628 6.711)",24,sdh;dwdm\n',
        "phases.csv": "id,phases/0/id,phases/0/name\nN,1,P1\n",
        "contracts.csv": "id,contracts/0/id\nN,1\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = read(tmp_path)
    assert result.places == [("nodes_internationalConnections.csv:3", "missing_end")]
    check_against_schema(result)
    assert result.assets["N/node/1"].kind == "exchange"
    assert result.assets["N/node/1"].properties == {"operator": "Fast; Web", "phase": "P1"}
    assert result.assets["N/international/1/1"].name == "Accra - Lomé, TG"
    assert result.assets["N/span/1"].properties["technology"] == "sdh; dwdm"
    assert result.assets["N/span/1"].properties["fibre_count"] == 24
    assert result.shape("N/span/1").wkt == "LINESTRING (-0.174 5.625, -1.628 6.711)"
    assert {path.name for path in result.inputs} == {path.name for path in tmp_path.iterdir()}


def test_kinds_are_an_option() -> None:
    assert read(kinds={"pop": "router"}).assets[f"{A}/node/n2"].kind == "router"
    with pytest.raises(LoaderOptionError, match="no kind that spans can end at"):
        read(kinds={"pop": "duct"})


def test_metres_for_kilometres(tmp_path: Path) -> None:
    document = package()
    document["networks"][0]["spans"][0]["fibreLength"] = 14500
    path = write(tmp_path, document)
    assert read(path).places == [("net.json/networks/1/spans:1:fibreLength", "out_of_range")]
    document["networks"][0]["spans"][0]["fibreLength"] = 14500
    assert read(path, fibre_length="m").assets[f"{A}/span/s1"].properties["length_km"] == 14.5


def test_reference_systems(tmp_path: Path) -> None:
    document = package()
    network = document["networks"].pop()
    document["networks"] = [network]
    network["crs"] = {"name": "EPSG:25832", "uri": "http://www.opengis.net/def/crs/EPSG/0/25832"}
    network["nodes"][0]["location"]["coordinates"] = [565000, 5985000]
    network["nodes"][1]["location"]["coordinates"] = [566000, 5986000]
    network["spans"][0]["route"]["coordinates"] = [[566000, 5986000], [565000, 5985000]]
    result = read(write(tmp_path, document))
    assert result.rejects == []
    assert result.shape(f"{B}/node/n1").x == pytest.approx(9.997, abs=0.01)
    network["crs"] = {"name": "somewhere"}
    assert read(write(tmp_path, document)).places == [("net.json/networks:1:crs", "wrong_crs")]
    network["crs"] = {"name": "WGS84"}
    assert {r.code for r in read(write(tmp_path, document)).rejects} == {"out_of_range", "missing_end"}


def test_all_errors_at_once(tmp_path: Path) -> None:
    document = package()
    nodes, spans = document["networks"][0]["nodes"], document["networks"][0]["spans"]
    nodes += [
        {"name": "no id"},
        "text",
        {"id": "n1"},
        {"id": "x1", "location": {"type": "Point", "coordinates": [10, 95]}},
        {"id": "x2", "location": {"type": "LineString", "coordinates": [[1, 1], [2, 2]]}},
        {"id": "x3", "type": ["spaceport"]},
        {"id": "x4", "status": "open"},
        {"id": "x5", "internationalConnections": [{"region": "Togo"}]},
        {"id": "x6", "phase": {"id": "p9"}, "networkProviders": [{"id": "o9"}]},
    ]
    spans += [
        {"id": "s1", "start": "n1", "end": "n2"},
        {"id": "y1", "start": "Mitte", "end": "n3"},
        {"id": "y2", "start": "n1", "end": "n1"},
        {"id": "y3", "start": "n1"},
        {
            "id": "y4",
            "start": "n1",
            "end": "n2",
            "fibreCount": "many",
            "route": {"type": "LineString", "coordinates": "x"},
        },
        {"id": "y5", "start": "n1", "end": "x1"},
    ]
    document["networks"].append({"name": "no id", "nodes": []})
    result = read(write(tmp_path, document))
    where = "net.json/networks/1/"
    assert sorted(result.places) == sorted(
        [
            (f"{where}nodes:5:id", "missing_value"),
            (f"{where}nodes:6", "bad_row"),
            (f"{where}nodes:7:id", "duplicate_id"),
            (f"{where}nodes:8:location", "out_of_range"),
            (f"{where}nodes:9:location", "bad_geometry"),
            (f"{where}nodes:10:type", "unknown_kind"),
            (f"{where}nodes:11:status", "wrong_type"),
            (f"{where}nodes:12:internationalConnections/0", "missing_value"),
            (f"{where}nodes:13:phase/id", "missing_end"),
            (f"{where}nodes:13:networkProviders/0/id", "missing_end"),
            (f"{where}spans:6:id", "duplicate_id"),
            (f"{where}spans:7:start", "missing_end"),
            (f"{where}spans:8:end", "bad_row"),
            (f"{where}spans:9:end", "missing_value"),
            (f"{where}spans:10:route", "bad_geometry"),
            (f"{where}spans:10:fibreCount", "wrong_type"),
            (f"{where}spans:11:end", "missing_end"),
            ("net.json/networks:3", "missing_value"),
        ]
    )
    by_name = next(r for r in result.rejects if str(r.origin) == f"{where}spans:7:start")
    assert "its id is 'n2'" in by_name.fix
    assert by_name.link == ("TRANSPORTS", f"{A}/node/Mitte", f"{A}/span/y1")
    assert f"{A}/node/x5" in result.assets  # its connection is rejected, not the node
    assert f"{A}/node/x6" in result.assets


def test_pages_and_parts_are_told(tmp_path: Path) -> None:
    paged = package() | {"links": {"next": "http://x.example/networks?cursor=2"}}
    assert read(write(tmp_path, paged)).places == [("net.json:links", "missing_end")]
    assert read(write(tmp_path, {"nodes": [{}]})).places == [("net.json:nodes", "missing_value")]
    assert read(write(tmp_path, {"networks": [{"id": "x"}]})).places == [("net.json", "empty_file")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "not valid JSON"),
        (TWO.read_bytes()[:500], "not valid JSON"),
        (b'{"a": 1}', "no network of OFDS"),
        (b"3", "no network of OFDS"),
    ],
)
def test_no_publication(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=message):
        read(tmp_path / "x.json")


def test_empty_and_missing(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"")
    assert read(tmp_path / "x.json").places == [("x.json", "empty_file")]
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read(tmp_path / "y.json")
    with pytest.raises(ValidationError):
        OfdsOptions.model_validate({"fibre_length": "mile"})


@QUICK
@given(places=PLACES)
def test_damaged(tmp_path: Path, places: list[tuple[float, int, bytes]]) -> None:
    (tmp_path / "x.json").write_bytes(damage(TWO.read_bytes(), places))
    read_damaged(OfdsLoader(), tmp_path / "x.json")


@QUICK
@given(
    where=st.integers(0, 10_000), value=st.one_of(ODD, st.dictionaries(st.sampled_from(["id", "type", "name"]), ODD))
)
def test_anything_anywhere(tmp_path: Path, where: int, value: Any) -> None:
    document = copy.deepcopy(package())
    for form in (document, *geojson(document)):
        places = spots(form)
        holder, key = places[where % len(places)]
        old, holder[key] = holder[key], value
        read_damaged(OfdsLoader(), write(tmp_path, form))
        holder[key] = old


@pytest.mark.shared
@pytest.mark.parametrize("form", ["json/network-package.json", "geojson/spans.geojson", "csv"])
def test_example_of_the_standard(shared: Path, form: str) -> None:
    path = shared / "data" / "ofds" / "examples" / form
    assert [r.code for r in read(path).rejects] == ["out_of_range"]  # 276000 km
    result = read(path, fibre_length="m")
    assert result.rejects == []
    check_against_schema(result)
    assert Counter(one.kind for one in result.assets.values()) == {"site": 2, "circuit": 1, "span": 1}
    native = "a096d627-72e1-4f9b-b129-951b1737bff4"
    span = result.assets[f"{native}/span/1"]
    assert span.properties == {
        "length_km": 276.0,
        "capacity_gbps": 4.976,
        "fibre_count": 24,
        "technology": "sdh",
        "deployment": "belowGround",
        "operator": "FastWeb",
        "owner": "FibreCo",
        "phase": "NextGen Phase 1",
    }
    assert result.shape(span.id).geom_type == "LineString"
    assert result.assets[f"{native}/international/1/1"].name == "Accra - Lomé, TG"


@pytest.mark.shared
def test_bad_examples_of_the_standard(shared: Path) -> None:
    folder = shared / "data" / "ofds" / "examples" / "json"
    checks = read(folder / "network-package-additional-checks.json")
    assert Counter(r.code for r in checks.rejects) == {
        "bad_geometry": 2,
        "missing_end": 2,
        "missing_value": 2,
        "duplicate_id": 2,
    }
    assert checks.assets == {}
    assert read(folder / "network-package-invalid.json").assets == {}
    for name in ("network-separate-files", "network-separate-endpoints", "api-response", "nodes-endpoint"):
        assert read(folder / f"{name}.json").rejects, name
