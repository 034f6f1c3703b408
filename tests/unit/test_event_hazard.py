"""Hazard footprints: what they hit, by brute force; bad polygons, coordinate systems, buffers, files."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from pyproj import Geod, Transformer

from tests.unit.strategies import Tables
from twin import Snapshot
from twin.errors import InvalidParameter, LimitExceeded, SourceUnreadable
from twin.impact.events import globe
from twin.impact.events.event import Event
from twin.impact.events.hazard import Hazard
from twin.impact.events.hazard_file import Feature

GEOD = Geod(ellps="WGS84")
SQUARE = {"type": "Polygon", "coordinates": [[[9, 50], [10, 50], [10, 51], [9, 51], [9, 50]]]}
Build = Callable[..., Snapshot]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A snapshot of assets ``id -> WKT or None``, kinds by id, and links ``"a TYPE b"``."""
    numbers = itertools.count()

    def made(places: dict[str, str | None], links: tuple[str, ...] = (), **kinds: str) -> Snapshot:
        folder = tmp_path / f"system-{next(numbers)}"
        folder.mkdir()
        rows = [f'{name},{kinds.get(name, "bus")},"{wkt or ""}"' for name, wkt in places.items()]
        (folder / "assets.csv").write_text("\n".join(["id,kind,wkt", *rows, ""]), encoding="utf-8")
        lines = [",".join(link.split()) for link in links]
        (folder / "links.csv").write_text("\n".join(["from,type,to", *lines, ""]), encoding="utf-8")
        return Snapshot.from_tables(folder)

    return made


def hit(snapshot: Snapshot, hazard: Hazard) -> list[str]:
    return sorted(snapshot.catalogue.ids(hazard.hits(snapshot.places)))


# -- against brute force ----------------------------------------------------------------------------------


def random_shape(pick: random.Random, west: float, south: float) -> Any:
    x, y = west + pick.random() * 4, south + pick.random() * 4
    kind = pick.choice(("point", "point", "line", "line", "polygon", "multiline"))
    if kind == "point":
        return shapely.Point(x, y)
    steps = [(x + pick.uniform(-1, 1), y + pick.uniform(-1, 1)) for _ in range(pick.randint(2, 6))]
    if kind == "line":
        return shapely.LineString([(x, y), *steps])
    if kind == "multiline":
        return shapely.MultiLineString([[(x, y), steps[0]], [steps[0], steps[1]]])
    return shapely.Point(x, y).buffer(pick.uniform(0.05, 0.5), quad_segs=3)


def random_area(pick: random.Random, west: float, south: float) -> Any:
    x, y = west + pick.random() * 4, south + pick.random() * 4
    area = shapely.Point(x, y).buffer(pick.uniform(0.3, 1.5), quad_segs=pick.randint(1, 6))
    if pick.random() < 0.5:
        area = area.difference(shapely.Point(x, y).buffer(pick.uniform(0.1, 0.29), quad_segs=2))
    return area


def geodesic_m(line: Any) -> float:
    parts = [p for p in getattr(line, "geoms", [line]) if p.geom_type == "LineString"]
    return sum(GEOD.line_length(*zip(*part.coords, strict=True)) for part in parts)


@pytest.mark.parametrize("seed", range(12))
def test_hits_are_those_of_brute_force(build: Build, seed: int) -> None:
    pick = random.Random(seed)
    west, south = pick.uniform(-170, 160), pick.uniform(-60, 60)
    shapes = {f"x{i}": random_shape(pick, west, south) for i in range(150)}
    snapshot = build({name: shape.wkt for name, shape in shapes.items()})
    areas = [random_area(pick, west, south) for _ in range(pick.randint(1, 4))]
    expected = {name for name, shape in shapes.items() if any(shape.intersects(area) for area in areas)}
    features = [Feature(area) for area in areas]
    assert set(hit(snapshot, Hazard.of(features))) == expected
    least = pick.choice((1_000.0, 20_000.0, 60_000.0))
    whole = shapely.union_all(areas)
    short = {
        name
        for name in expected
        if shapes[name].geom_type in ("LineString", "MultiLineString")
        and not whole.covers(shapes[name])
        and geodesic_m(shapes[name].intersection(whole)) < least
    }
    assert set(hit(snapshot, Hazard.of(features, min_crossing_m=least))) == expected - short


def comb(teeth: int) -> shapely.Polygon:
    """A polygon with a rugged northern edge, two degrees deep."""
    return shapely.Polygon([(8 + i * 4 / teeth, 50 + i % 2 * 2) for i in range(teeth)] + [(12, 49), (8, 49), (8, 50)])


@pytest.mark.parametrize("seed", range(10))
def test_a_buffer_drawn_by_stretches_is_the_buffer(seed: int) -> None:
    pick = np.random.default_rng(seed)
    turns = np.sort(pick.random(80)) * 2 * np.pi
    ring = shapely.Polygon(np.column_stack([np.cos(turns), np.sin(turns)]) * (pick.random(80)[:, None] * 5e3 + 500))
    holed = shapely.make_valid(ring.difference(shapely.Point(400, 0).buffer(300)))
    for shape in (ring, holed, shapely.LineString(ring.exterior.coords), shapely.MultiPoint(ring.exterior.coords)):
        metres = float(pick.random() * 3_000 + 5)
        whole, pieces = shapely.buffer(shape, metres, quad_segs=globe.QUARTER), globe._wider(shape, metres)
        assert shapely.symmetric_difference(whole, pieces).area < 1e-4 * whole.area
        assert shapely.difference(shapely.buffer(shape, metres * 0.9995), pieces).area < 1e-9 * whole.area


def test_a_rugged_outline_with_a_wide_buffer(build: Build) -> None:
    """Drawn in one go this took minutes and gigabytes; what is too much says so."""
    snapshot = build({"in": "POINT (10 50.5)", "near": "POINT (12.9 51)", "far": "POINT (14 51)"})
    assert set(hit(snapshot, Hazard.of([Feature(comb(2_000))], buffer_m=100_000.0))) == {"in", "near"}
    with pytest.raises(LimitExceeded, match="vertices"):
        hit(snapshot, Hazard.of([Feature(comb(20_000))], buffer_m=100_000.0))


@pytest.mark.parametrize("seed", range(8))
def test_a_buffer_reaches_as_far_as_it_says(build: Build, seed: int) -> None:
    """Points whose geodesic distance to the outline (sampled densely) is known; 0.3 % of tolerance outwards only."""
    pick = random.Random(seed)
    west, south = pick.choice((-20.0, 8.0, 176.0)), pick.uniform(-55, 65)
    area = random_area(pick, west, south)
    metres = pick.choice((200.0, 3_000.0, 40_000.0))
    outline = shapely.get_coordinates(shapely.segmentize(area, 0.0004 if metres < 1000 else 0.004))
    places, distance = {}, {}
    for i in range(60):
        lon, lat = outline[pick.randrange(len(outline))]
        far_lon, far_lat, _ = GEOD.fwd(lon, lat, pick.uniform(0, 360), metres * pick.uniform(0.5, 1.5))
        inside = area.covers(shapely.Point(far_lon, far_lat))
        metres_off = GEOD.inv(np.full(len(outline), far_lon), np.full(len(outline), far_lat), *outline.T)[2].min()
        places[f"p{i}"], distance[f"p{i}"] = (
            f"POINT ({(far_lon + 180) % 360 - 180} {far_lat})",
            0 if inside else metres_off,
        )
    found = set(hit(build(places), Hazard.of([Feature(area)], buffer_m=metres)))
    slack = 45.0 if metres < 1000 else 450.0  # the outline is sampled
    assert {n for n, d in distance.items() if d <= metres - slack / 10} <= found
    assert not {n for n, d in distance.items() if d > metres * 1.003 + slack} & found


# -- shapes -----------------------------------------------------------------------------------------------


def test_holes_and_several_features(build: Build) -> None:
    snapshot = build(
        {"in": "POINT (1 1)", "hole": "POINT (5 5)", "far": "POINT (40 5)", "none": None, "out": "POINT (20 1)"}
    )
    ring, hole = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]
    document = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"Name": "east"},
                "geometry": {"type": "Polygon", "coordinates": [ring, hole]},
            },
            {
                "type": "Feature",
                "id": 7,
                "properties": None,
                "geometry": shapely.geometry.mapping(shapely.box(39, 4, 41, 6)),
            },
            {"type": "Feature", "properties": {}, "geometry": None},
        ],
    }
    hazard = Hazard.from_geojson(document)
    assert hit(snapshot, hazard) == ["far", "in"]
    assert (hazard.about["features"], hazard.about["names"]) == (2, ["east", "7"])
    assert hit(snapshot, Hazard.from_geojson(json.dumps(document))) == ["far", "in"]


def test_the_edge_is_inside(build: Build) -> None:
    snapshot = build({"corner": "POINT (9 50)", "touch": "LINESTRING (8 50, 9 50.5)", "off": "POINT (8.999 50)"})
    assert hit(snapshot, Hazard.from_geojson(SQUARE)) == ["corner", "touch"]


def test_a_line_wholly_inside_is_hit_however_short(build: Build) -> None:
    snapshot = build(
        {
            "short": "LINESTRING (9.5 50.5, 9.5001 50.5)",
            "cut": "LINESTRING (8 50.5, 9.001 50.5)",
            "point": "POINT (9.5 50.5)",
        }
    )
    assert hit(snapshot, Hazard.from_geojson(SQUARE, min_crossing_m=1000)) == ["point", "short"]
    assert hit(snapshot, Hazard.from_geojson(SQUARE, min_crossing_m=50)) == ["cut", "point", "short"]


def test_two_features_share_the_minimum_crossing(build: Build) -> None:
    snapshot = build({"line": "LINESTRING (0 0, 10 0)"})
    boxes = [Feature(shapely.box(x, -1, x + 0.01, 1)) for x in (2, 4)]  # 1.1 km each
    assert hit(snapshot, Hazard.of(boxes, min_crossing_m=2000)) == ["line"]
    assert hit(snapshot, Hazard.of([*boxes[:1], *boxes[:1]], min_crossing_m=2000)) == []


@pytest.mark.parametrize(
    "ring",
    [
        [[170, 10], [-170, 10], [-170, 20], [170, 20], [170, 10]],
        [[170, 10], [190, 10], [190, 20], [170, 20], [170, 10]],
        [[-190, 10], [-170, 10], [-170, 20], [-190, 20], [-190, 10]],
    ],
)
def test_across_the_180th_meridian(build: Build, ring: Any) -> None:
    places = {
        "west": "POINT (175 15)", "east": "POINT (-175 15)", "berlin": "POINT (13 15)", "edge": "POINT (-169 15)",
        "cable": "LINESTRING (160 15, -160 15)", "other": "LINESTRING (100 15, 20 15)",
    }  # fmt: skip
    snapshot = build(places, cable="span", other="span")
    hazard = Hazard.from_geojson({"type": "Polygon", "coordinates": [ring]})
    assert hit(snapshot, hazard) == ["cable", "east", "west"]
    assert hit(snapshot, Hazard.from_geojson({"type": "Polygon", "coordinates": [ring]}, buffer_m=150_000)) == [
        "cable", "east", "edge", "west",
    ]  # fmt: skip


def test_a_buffer_crosses_the_180th_meridian(build: Build) -> None:
    snapshot = build({"near": "POINT (-179.99 0)", "far": "POINT (-179.9 0)"})
    hazard = Hazard.from_geojson({"type": "Point", "coordinates": [179.99, 0]}, buffer_m=3000)
    assert hit(snapshot, hazard) == ["near"]


def test_the_whole_world_is_not_taken_for_a_crossing(build: Build) -> None:
    snapshot = build({"a": "POINT (0 0)", "b": "POINT (-180 89)"})
    assert hit(snapshot, Hazard.of([Feature(shapely.box(-180, -90, 180, 90))])) == ["a", "b"]


def test_round_a_pole_is_refused() -> None:
    ring = [[-120, 80], [0, 80], [120, 80], [-120, 80]]
    with pytest.raises(InvalidParameter, match="round a pole"):
        Hazard.from_geojson({"type": "Polygon", "coordinates": [ring]})
    with pytest.raises(InvalidParameter, match="reach a pole"):
        Hazard.from_geojson({"type": "Point", "coordinates": [0, 89.5]}, buffer_m=100_000)


def test_a_bow_tie_is_repaired_to_what_it_encloses(build: Build) -> None:
    snapshot = build(
        {"left": "POINT (0.2 1)", "right": "POINT (1.8 1)", "above": "POINT (1 1.8)", "twice": "POINT (2 1.5)"}
    )
    bow = Hazard.from_geojson({"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]})
    assert hit(snapshot, bow) == ["left", "right", "twice"]
    assert "cross themselves" in bow.notes[0]
    ring = [[0, 0], [4, 0], [4, 2], [1, 2], [1, 1], [3, 1], [3, 3], [0, 3], [0, 0]]  # overlaps itself: no hole
    assert "twice" in hit(snapshot, Hazard.from_geojson({"type": "Polygon", "coordinates": [ring]}))


def test_points_and_lines_need_a_buffer(build: Build) -> None:
    snapshot = build({"near": "POINT (9.01 50)", "far": "POINT (9.1 50)"})
    line = {"type": "LineString", "coordinates": [[9, 49], [9, 51]]}
    with pytest.raises(InvalidParameter, match="no area"):
        Hazard.from_geojson(line)
    assert hit(snapshot, Hazard.from_geojson(line, buffer_m=1000)) == ["near"]
    mixed = {"type": "GeometryCollection", "geometries": [line, SQUARE]}
    assert any("left out" in note for note in Hazard.from_geojson(mixed).notes)


def test_a_region_is_not_hit_by_a_touch(build: Build) -> None:
    region = "POLYGON ((0 0, 20 0, 20 60, 0 60, 0 0))"
    snapshot = build({"r": region, "b": "POINT (9.5 50.5)"}, ("r WITHIN b",), r="region")
    assert hit(snapshot, Hazard.from_geojson(SQUARE)) == ["b"]
    assert hit(snapshot, Hazard.of([Feature(shapely.box(-1, -1, 21, 61))])) == ["b", "r"]
    hall = build({"r": region, "b": "POINT (30 50.5)"}, ("r CONTAINS b",), r="building")
    assert hit(hall, Hazard.from_geojson(SQUARE)) == ["r"]


# -- coordinate systems -----------------------------------------------------------------------------------


def test_projected_shapes_are_carried_over_with_curved_edges(build: Build) -> None:
    """A long edge that is straight in UTM bends in degrees: by 5 km on this one."""
    utm = shapely.box(100_000, 5_500_000, 900_000, 5_600_000)
    back = Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)
    inside, outside = back.transform(500_000, 5_500_500), back.transform(500_000, 5_499_500)
    corners = shapely.Polygon([back.transform(x, y) for x, y in utm.exterior.coords])
    assert corners.covers(shapely.Point(outside)) or not corners.covers(shapely.Point(inside))  # corners are not enough
    snapshot = build({"in": f"POINT ({inside[0]} {inside[1]})", "out": f"POINT ({outside[0]} {outside[1]})"})
    assert hit(snapshot, Hazard.of([Feature(utm)], "EPSG:25832")) == ["in"]
    document = {
        **shapely.geometry.mapping(utm),
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}},
    }
    assert hit(snapshot, Hazard.from_geojson(document)) == ["in"]


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ((500_000, 5_500_000, 600_000, 5_600_000), "wrong CRS: x from 500,000 to 600,000"),
        ((50, 100, 51, 101), "exchanged"),
        ((9, 50, math.inf, 51), "wrong CRS"),
    ],
)
def test_the_wrong_crs_is_told(box: Any, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said) as caught:
        Hazard.of([Feature(shapely.box(*box))])
    assert "WGS 84" in caught.value.fix


def test_an_unknown_crs_is_told() -> None:
    with pytest.raises(InvalidParameter, match="not known"):
        Hazard.of([Feature(shapely.box(0, 0, 1, 1))], "EPSG:99999999")


# -- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        "{", "[]", "3", {}, {"type": "Polygon"}, {"type": "Polygon", "coordinates": [1]}, {"type": "Nothing"},
        {"type": "Polygon", "coordinates": [[["a", 1], [2, 3], [4, 5], ["a", 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1]]]},
        {"type": "FeatureCollection"}, {"type": "FeatureCollection", "features": [3]},
        {"type": "FeatureCollection", "features": []}, {"type": "Feature", "geometry": []},
        {"type": "Feature", "geometry": None}, {"type": "Polygon", "coordinates": []},
        {**SQUARE, "crs": 3}, {**SQUARE, "crs": {"properties": {"name": "EPSG:0"}}},
        {"type": "GeometryCollection", "geometries": []},
    ],
    ids=lambda d: json.dumps(d)[:50],
)  # fmt: skip
def test_what_is_no_footprint_is_told(document: Any) -> None:
    with pytest.raises(InvalidParameter):
        Hazard.from_geojson(document)


@pytest.mark.parametrize("bad", [{"buffer_m": -1}, {"buffer_m": math.nan}, {"min_crossing_m": -1}, {"buffer_m": 1e7}])
def test_bad_distances_are_told(bad: dict[str, float]) -> None:
    with pytest.raises(InvalidParameter, match="m"):
        Hazard.from_geojson(SQUARE, **bad)  # type: ignore[arg-type]


def test_too_many_vertices_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="5 vertices; at most 4"):
        Hazard.from_geojson(SQUARE, max_vertices=4)


# -- files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb"])
def test_files_that_gdal_reads(build: Build, tmp_path: Path, suffix: str) -> None:
    snapshot = build({"in": "POINT (9.5 50.5)", "out": "POINT (8 50.5)"})
    frame = geopandas.GeoDataFrame({"name": ["Flood"]}, geometry=[shapely.box(9, 50, 10, 51)], crs=4326)
    if suffix != ".geojson":
        frame = frame.to_crs(25832)
    frame.to_file(tmp_path / f"flood{suffix}")
    hazard = Hazard.read(tmp_path / f"flood{suffix}")
    assert hit(snapshot, hazard) == ["in"]
    assert (hazard.about["source"], hazard.about["names"]) == (f"flood{suffix}", ["Flood"])
    assert Hazard.read(tmp_path / f"flood{suffix}", buffer_m=10).about["digest"] == hazard.about["digest"]


def test_a_file_of_several_layers_needs_a_name(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "all.gpkg"
    for name, west in (("flood", 9), ("storm", 20)):
        frame = geopandas.GeoDataFrame(geometry=[shapely.box(west, 50, west + 1, 51)], crs=4326)
        frame.to_file(path, layer=name, driver="GPKG")
    snapshot = build({"a": "POINT (9.5 50.5)", "b": "POINT (20.5 50.5)"})
    with pytest.raises(SourceUnreadable, match="flood, storm") as caught:
        Hazard.read(path)
    assert "--hazard-layer" in caught.value.fix
    assert hit(snapshot, Hazard.read(path, "storm")) == ["b"]
    with pytest.raises(SourceUnreadable, match="Did you mean storm"):
        Hazard.read(path, "strom")


@pytest.mark.parametrize("content", [None, b"", b"not a layer", b'{"type": "FeatureCollection"'])
def test_unreadable_files_are_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.geojson"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceUnreadable, match=r"bad\.geojson"):
        Hazard.read(path)


def test_a_geojson_file_in_metres_is_told(tmp_path: Path) -> None:
    path = tmp_path / "metres.geojson"
    path.write_text(json.dumps(shapely.geometry.mapping(shapely.box(5e5, 5.5e6, 6e5, 5.6e6))))
    with pytest.raises(InvalidParameter, match="wrong CRS"):
        Hazard.read(path)


# -- events -----------------------------------------------------------------------------------------------


@pytest.fixture
def town(build: Build) -> Snapshot:
    """A site with a rack and a server without places, a feeder line, a bus away from it, a workload anywhere."""
    return build(
        {"site": "POINT (9.5 50.5)", "rack": None, "server": None, "vm": None, "job": None,
         "line": "LINESTRING (8 50.5, 9.2 50.5)", "bus": "POINT (8 50.5)", "load": "POINT (7 50.5)", "lone": None},
        ("bus CONDUCTS line", "line POWERS server", "line POWERS load", "site CONTAINS rack", "rack CONTAINS server",
         "server HOSTS vm", "vm HOSTS job", "plant POWERS bus"),
        site="data_centre", rack="rack", server="server", vm="vm", job="workload", line="power_line", load="load",
        lone="circuit",
    )  # fmt: skip


def test_inside_and_outside_are_told_apart(town: Snapshot) -> None:
    answer = town.impact(Event(hazard=Hazard.from_geojson(SQUARE))).to_dict()
    assert answer["event"]["failed"] == ["line", "site"]
    assert answer["event"]["chosen"]["hazard"]["hits"] == 2
    by = answer["stake"]["by_domain"]
    assert by["compute"]["lost_inside"]["assets"] == 5  # what has no place stands where its container stands
    assert by["energy"]["lost_inside"]["assets"] == 1
    assert by["energy"]["lost_outside"]["assets"] == 1  # the load behind the line
    assert any("2 assets have no known place" in note for note in answer["notes"])  # lone, and plant of no row


def test_where_says_which_of_the_hit_fail(town: Snapshot) -> None:
    hazard = Hazard.from_geojson(SQUARE)
    answer = town.impact(Event(where="kind=power_line", hazard=hazard)).to_dict()
    assert answer["event"]["failed"] == ["line"]
    assert answer["event"]["chosen"]["where"] == "kind=power_line"
    assert town.impact(Event(["load"], "kind=power_line", hazard)).event["failed"] == ["line", "load"]
    none = town.impact(Event(where="kind=bus", hazard=hazard))
    assert none.event["failed"] == []
    assert any("none that matches" in note for note in none.notes)


def test_a_hazard_that_hits_nothing_is_an_answer(town: Snapshot) -> None:
    nowhere = Hazard.of([Feature(shapely.box(0, 0, 1, 1))])
    answer = town.impact(Event(hazard=nowhere))
    assert (answer.event["failed"], answer.affected) == ([], [])
    assert any("hits no asset" in note for note in answer.notes)
    swapped = town.impact(Event(hazard=Hazard.of([Feature(shapely.box(50, 9, 51, 10))])))
    assert any("exchanged" in note for note in swapped.notes)
    grazed = town.impact(Event(hazard=Hazard.of([Feature(shapely.box(8.5, 50.4, 8.501, 50.6))], min_crossing_m=1e4)))
    assert any("crossed by less than" in note for note in grazed.notes)


def test_a_selection_of_nothing_is_an_error(town: Snapshot) -> None:
    with pytest.raises(InvalidParameter, match="the event is empty"):
        town.impact(Event(where="name~nothing"))


def test_survives_and_lost_add_up(town: Snapshot) -> None:
    for event in (["line"], Event(hazard=Hazard.from_geojson(SQUARE))):
        result = town.impact(event)
        running = int(town.system.baseline.sum())
        parts = result.stake["by_domain"].values()
        assert sum(p[part]["assets"] for p in parts for part in ("lost", "survives") if part in p) == running
        if isinstance(event, Event):
            shares = ("lost_inside", "lost_outside", "lost_unplaced")
            for p in parts:
                assert sum(p.get(share, {}).get("assets", 0) for share in shares) == p.get("lost", {}).get("assets", 0)


def test_crossed_lengths_are_geodesic() -> None:
    line = shapely.LineString([(10, 50), (11, 50)])
    found = globe.crossed_m(np.array([line, line.reverse(), shapely.Point(10.3, 50)]), shapely.box(10.2, 49, 10.4, 51))
    assert found == pytest.approx([GEOD.line_length([10.2, 10.4], [50, 50])] * 2 + [0])


def test_tables_without_places_at_all(tmp_path: Path) -> None:
    tables = Tables(assets=[{"id": "a", "kind": "bus"}])
    snapshot = Snapshot.from_tables(tables.write(tmp_path / "x"))
    answer = snapshot.impact(Event(hazard=Hazard.from_geojson(SQUARE)))
    assert any("1 asset has no known place" in note for note in answer.notes)
