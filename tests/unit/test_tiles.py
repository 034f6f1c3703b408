"""Vector tiles against what an independent decoder reads and what shapely cuts."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.reference import mercator
from twin import Snapshot
from twin.export.tiles import Shelf, Tiles, exists, zipped
from twin.export.tiles import tiles as made_by
from twin.export.tiles.index_kernels import packed, quadkeys, touching, weights

#: A step of rounding and a step of simplification, in units of a tile.
NEAR = 1.5


def snapshot(rows: list[dict[str, Any]], links: Sequence[tuple[int, str, int]] = ()) -> Snapshot:
    """Assets with ``kind``, ``shape`` (degrees) and further properties, named ``a0, a1 ...``."""
    shapes = [row.pop("shape", None) for row in rows]
    columns = {name: [row.get(name) for row in rows] for row in rows for name in row}
    assets = {
        "id": [f"a{i}" for i in range(len(rows))],
        "name": [None] * len(rows),
        **columns,
        "lon": pa.array([None if s is None else shapely.point_on_surface(s).x for s in shapes], pa.float64()),
        "lat": pa.array([None if s is None else shapely.point_on_surface(s).y for s in shapes], pa.float64()),
        "geometry": pa.array([None if s is None or s.geom_type == "Point" else s.wkb for s in shapes], pa.binary()),
    }
    start, types, end = zip(*links, strict=True) if links else ((), (), ())
    table = {
        "from": pa.array(start, pa.int32()),
        "to": pa.array(end, pa.int32()),
        "type": pa.array(types, pa.string()),
        "group": pa.nulls(len(start), pa.string()),
        "need": pa.nulls(len(start), pa.string()),
    }
    return Snapshot.from_arrow(pa.table(assets), pa.table(table))


def all_tiles(z: int, places: list[tuple[float, float]]) -> set[tuple[int, int, int]]:
    return {(z, *mercator.tile_of(*place, z)) for place in places}


PLACE = st.tuples(
    st.floats(-180, 180) | st.sampled_from([-180.0, 180.0, 0.0]), st.floats(-90, 90) | st.sampled_from([-90.0, 90.0])
)
NEARBY = st.tuples(st.floats(8.0, 9.0), st.floats(50.0, 50.6))


@settings(max_examples=40, deadline=None)
@given(st.lists(PLACE | NEARBY, min_size=1, max_size=60), st.integers(0, 14))
@example([(180.0, 90.0), (-180.0, -90.0), (180.0, 0.0), (0.0, 0.0)], 8)
def test_every_point_is_in_one_tile_or_counted_in_one(places: list[tuple[float, float]], z: int) -> None:
    kinds = ["bus", "router", "rack", "building"]
    found = snapshot([{"kind": kinds[i % 4], "shape": shapely.Point(p)} for i, p in enumerate(places)])
    tiles = Tiles(found)
    seen: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for where in all_tiles(z, places):
        tile = tiles.tile(*where)
        mercator.strictly(tile)
        layers = mercator.decoded(tile)
        assert set(layers) == ({"points"} if z >= 8 else {"sites"})
        for name, (shape, properties) in layers.get("points", {}).items():
            place = places[int(name[1:])]
            exact = mercator.in_tile(shapely.Point(place), *where)
            assert max(abs(shape.x + 0.5 - exact.x), abs(shape.y + 0.5 - exact.y)) <= 0.51 + (exact.x >= 4096)
            assert properties["state"] in ("operating", "down")
            seen[properties["domain"]] += 1
        for _, properties in layers.get("sites", {}).values():
            domains = {d: properties[d] for d in ("energy", "connectivity", "compute", "place") if d in properties}
            assert sum(domains.values()) == properties["count"]
            counted.update(domains)
    told = Counter(found.arrays.assets["domain"].to_pylist())
    assert +(seen + counted) == told


def test_sites_know_what_they_are() -> None:
    here, there = shapely.Point(8.5, 50.0), shapely.Point(30.0, 10.0)
    rows: list[dict[str, Any]] = [
        {"kind": "data_centre", "shape": here, "name": "Campus"},
        {"kind": "hall", "shape": here},
        {"kind": "rack", "shape": here},
        {"kind": "bus", "shape": there, "name": "Lone", "status": "out_of_service"},
        {"kind": "vm"},
    ]
    tiles = Tiles(snapshot(rows, [(0, "CONTAINS", 1), (1, "CONTAINS", 2)]))
    both = mercator.decoded(tiles.tile(0, 0, 0))["sites"]
    assert {name: row["count"] for name, (_, row) in both.items()} == {"a0": 3, "a3": 1}
    assert both["a0"][1] == {
        "id": "a0", "kind": "data_centre", "domain": "compute", "name": "Campus", "count": 3, "down": 0,
        "energy": 0, "connectivity": 0, "compute": 3,
    }  # fmt: skip
    assert both["a3"][1]["down"] == 1, "what is out of service does not operate"
    z, x, y = 12, *mercator.tile_of(8.5, 50.0, 12)
    near = mercator.decoded(tiles.tile(z, x, y))["points"]
    assert {name: row.get("site") for name, (_, row) in near.items()} == {"a0": None, "a1": "a0", "a2": "a0"}
    alone = mercator.decoded(tiles.tile(12, *mercator.tile_of(30.0, 10.0, 12)))["points"]
    assert alone["a3"][1] == {
        "id": "a3", "kind": "bus", "domain": "energy", "name": "Lone", "state": "down", "status": "out_of_service"
    }  # fmt: skip
    assert (tiles.sheet.placed, tiles.sheet.unplaced) == (4, 1)


def test_containers_in_a_ring_are_their_own_sites() -> None:
    here = shapely.Point(8.5, 50.0)
    rows: list[dict[str, Any]] = [{"kind": "hall", "shape": here} for _ in range(4)]
    tiles = Tiles(snapshot(rows, [(0, "CONTAINS", 1), (1, "CONTAINS", 0), (1, "CONTAINS", 2), (3, "CONTAINS", 3)]))
    assert mercator.decoded(tiles.tile(0, 0, 0))["sites"]["0"][1]["count"] == 4


LINE = st.lists(NEARBY | PLACE.filter(lambda p: abs(p[1]) < 85), min_size=2, max_size=30)
SMOOTH = st.builds(
    lambda n, bend: [(8.0 + i / n, 50.3 + 0.2 * np.sin(i * bend / n)) for i in range(n + 1)],
    st.integers(2, 400),
    st.floats(0, 30),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINE | SMOOTH, min_size=1, max_size=6), st.integers(0, 14), NEARBY)
@example([[(8.5, 50.0), (8.5, 50.0)], [(8.0, 50.0), (9.0, 50.0), (8.0, 50.0)]], 9, (8.5, 50.0))
def test_lines_are_where_shapely_cuts_them(lines: list[Any], z: int, place: tuple[float, float]) -> None:
    shapes = [shapely.LineString(line) for line in lines]
    found = snapshot([{"kind": "power_line", "shape": shape, "voltage_kv": 110.0} for shape in shapes])
    tiles = Tiles(found)
    for where in {(z, *mercator.tile_of(*place, z)), (z, *mercator.tile_of(*lines[0][0], z))}:
        tile = tiles.tile(*where)
        mercator.strictly(tile)
        drawn = mercator.decoded(tile).get("lines", {})
        for i, shape in enumerate(found.places.shapes):  # those over the 180th meridian come in two
            name = found.catalogue.ids([i])[0]
            wanted = mercator.cut(shape, *where)
            sure = mercator.cut(shape, *where, margin=mercator.MARGIN - 2 * NEAR)
            if name not in drawn:
                assert all(part.length < 4 * NEAR for part in shapely.get_parts(sure)) or sure.length < 4 * NEAR
                continue
            has, properties = drawn[name]
            assert properties["voltage_kv"] == 110.0
            assert wanted.distance(has) <= NEAR
            assert has.difference(mercator.in_tile(shape, *where).buffer(NEAR)).length < 1e-6
            low, _, high, _ = has.bounds
            assert low >= -mercator.MARGIN
            assert high <= mercator.EXTENT + mercator.MARGIN
            for part in shapely.get_parts(sure):
                if part.length > 8 * NEAR:
                    assert part.difference(has.buffer(2 * NEAR)).length < 1e-6


STAR = st.builds(
    lambda x, y, r, n, dent, seed: _star(x, y, r, n, dent, seed),
    st.floats(8.0, 9.0),
    st.floats(50.0, 50.6),
    st.floats(-4, 1.3).map(lambda e: 10**e),
    st.integers(3, 120),
    st.floats(0, 0.9),
    st.integers(0, 1000),
)


def _star(x: float, y: float, r: float, n: int, dent: float, seed: int) -> shapely.Polygon:
    """A polygon without self-crossings, with a hole of half its size."""
    far = r * (1 - dent * np.random.default_rng(seed).random(n))
    angle = 2 * np.pi * np.arange(n) / n
    outer = np.stack([x + far * np.cos(angle), y + far * np.sin(angle)], axis=1)
    inner = np.array([x, y]) + (outer - [x, y]) / 2
    return shapely.Polygon(outer, [inner] if seed % 2 else [])


@settings(max_examples=80, deadline=None)
@given(st.lists(STAR, min_size=1, max_size=5), st.integers(0, 14), NEARBY)
@example([shapely.box(-180, -90, 180, 90)], 3, (8.5, 50.0))
@example([shapely.box(-180, -90, 180, 90, ccw=False)], 0, (8.5, 50.0))
def test_areas_are_where_shapely_cuts_them(shapes: list[Any], z: int, place: tuple[float, float]) -> None:
    tiles = Tiles(snapshot([{"kind": "region", "shape": shape} for shape in shapes]))
    middle = shapely.get_coordinates(shapes[0])[0].tolist()
    for where in {(z, *mercator.tile_of(*place, z)), (z, *mercator.tile_of(*middle, z))}:
        tile = tiles.tile(*where)
        mercator.strictly(tile)
        layers = mercator.decoded(tile)
        assert set(layers) <= {"areas"}, "a planning region is never a point"
        drawn = layers.get("areas", {})
        for i, shape in enumerate(shapes):
            whole = mercator.in_tile(shape, *where)
            wanted = whole.intersection(shapely.box(0, 0, 4096, 4096))
            if f"a{i}" not in drawn:
                assert wanted.area <= wanted.length * NEAR + 4
                continue
            clear = shapely.distance(shapely.boundary(whole), GRID) > 2 * NEAR
            inside = mercator.inside(drawn[f"a{i}"][0], GRID)
            assert (inside == shapely.contains(whole, GRID))[clear].all()


#: Places inside a tile, in its units: what a cut leaves along the tile's edge is not among them.
GRID = shapely.points(np.random.default_rng(0).uniform(0.1, 4095.9, (300, 2)))


def test_small_areas_are_points_and_large_ones_areas() -> None:
    yard = shapely.box(8.5, 50.0, 8.51, 50.01)
    tiles = Tiles(snapshot([{"kind": "substation", "shape": yard}]))
    for z in range(15):
        layers = mercator.decoded(tiles.tile(z, *mercator.tile_of(8.505, 50.005, z)))
        units = 0.01 / 360 * 2**z * 4096 / np.cos(np.radians(50))
        assert set(layers) == {"areas" if units >= 64 else "points" if z >= 8 else "sites"}, z


def test_collections_are_drawn_by_their_largest_parts() -> None:
    shape = shapely.GeometryCollection([shapely.Point(8, 50), shapely.LineString([(8, 50), (9, 51)])])
    spread = shapely.MultiPoint([(8, 50), (8.1, 50.1)])
    layers = mercator.decoded(Tiles(snapshot([{"kind": "site", "shape": shape}, {"kind": "site", "shape": spread}]))
                              .tile(6, *mercator.tile_of(8.2, 50.2, 6)))  # fmt: skip
    assert set(layers["lines"]) == {"a0"}
    assert layers["sites"]["a1"][1]["count"] == 1


def test_a_line_over_the_180th_meridian_is_on_both_sides_and_not_between() -> None:
    tiles = Tiles(snapshot([{"kind": "cable", "shape": shapely.LineString([(170, 10), (-170, 12)])}]))
    assert set(mercator.decoded(tiles.tile(3, 7, 3))["lines"]) == {"a0"}
    assert set(mercator.decoded(tiles.tile(3, 0, 3))["lines"]) == {"a0"}
    assert tiles.tile(3, 3, 3) == b""


def test_high_voltage_comes_first_where_lines_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.export.tiles.sheet.LINES", 15)
    rng = np.random.default_rng(5)
    rows: list[dict[str, Any]] = []
    for kv, many in ((380.0, 6), (110.0, 20), (20.0, 60), (None, 30)):
        for _ in range(many):
            x, y = rng.uniform(6, 14), rng.uniform(48, 54)
            shape = shapely.LineString([(x, y), (x + 0.5, y + 0.3)])
            rows.append({"kind": "power_line" if kv else "span", "shape": shape, "voltage_kv": kv})
    tiles = Tiles(snapshot(rows))
    seen = [Counter(p.get("voltage_kv") for _, p in _all(tiles, z, "lines")) for z in range(10)]
    assert set(seen[0]) == {380.0}
    assert seen[0][380.0] == 6
    assert all(set(low) <= set(high) for low, high in pairwise(seen))
    first = {kv: min(z for z in range(10) if kv in seen[z]) for kv in (380.0, 110.0, 20.0)}
    assert list(first.values()) == [e["zoom"] for e in tiles.sheet.appear if "voltage_kv" in e]
    assert first[380.0] < first[110.0] < first[20.0]
    assert seen[9].keys() == {380.0, 110.0, 20.0, None}


def _all(tiles: Tiles, z: int, layer: str) -> list[tuple[Any, dict[str, Any]]]:
    """Features of all tiles of a zoom that are over the middle of Europe, each asset once."""
    found: dict[str, tuple[Any, dict[str, Any]]] = {}
    (west, north), (east, south) = mercator.tile_of(5, 56, z), mercator.tile_of(15.5, 47, z)
    for x in range(west, east + 1):
        for y in range(north, south + 1):
            found.update(mercator.decoded(tiles.tile(z, x, y)).get(layer, {}))
    return list(found.values())


def test_a_crowd_is_counted_in_small_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_by, "POINTS", 100)
    rng = np.random.default_rng(1)
    places = [(8.5 + 0.001 * a, 50.0 + 0.001 * b) for a, b in rng.random((300, 2))]
    tiles = Tiles(snapshot([{"kind": "rack", "shape": shapely.Point(p)} for p in places]))
    layers = mercator.decoded(tiles.tile(12, *mercator.tile_of(8.5005, 50.0005, 12)))
    assert set(layers) == {"sites"}
    assert sum(row["count"] for _, row in layers["sites"].values()) == 300
    spread = [mercator.decoded(tiles.tile(*where)) for where in all_tiles(14, places)]
    total = sum(len(t.get("points", {})) + sum(r["count"] for _, r in t.get("sites", {}).values()) for t in spread)
    assert total == 300


def test_only_some_assets_in_a_layer_of_their_own() -> None:
    rows: list[dict[str, Any]] = [
        {"kind": "bus", "shape": shapely.Point(8.5, 50.0)},
        {"kind": "router", "shape": shapely.Point(8.5, 50.0)},
        {"kind": "power_line", "shape": shapely.LineString([(8.4, 50), (8.6, 50)])},
        {"kind": "span", "shape": shapely.LineString([(8.4, 50), (8.6, 50)])},
        {"kind": "region", "shape": shapely.box(8, 49, 9, 51)},
    ]
    found = snapshot(rows)
    ids = found.catalogue.ids(np.arange(found.arrays.n))
    tiles, where = Tiles(found), (9, *mercator.tile_of(8.5, 50.0, 9))
    for number in range(5):
        only = np.array([name == f"a{number}" for name in ids])
        layers = mercator.decoded(tiles.tile(*where, only=only, name="mine"))
        assert {name: set(layer) for name, layer in layers.items()} == {"mine": {f"a{number}"}}
    assert tiles.tile(*where, only=np.zeros(5, bool)) == b""


def test_nothing_is_an_empty_tile() -> None:
    tiles = Tiles(snapshot([{"kind": "vm"}]))
    assert tiles.tile(0, 0, 0) == tiles.zipped(0, 0, 0) == b""
    assert tiles.sheet.bounds is None


def test_which_tiles_exist() -> None:
    assert exists(0, 0, 0)
    assert exists(14, 16383, 16383)
    assert not any(exists(*where) for where in ((0, 1, 0), (0, 0, 1), (15, 0, 0), (-1, 0, 0), (2, -1, 0)))


def test_many_threads_get_the_same_tiles_and_room_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    rows: list[dict[str, Any]] = [
        {"kind": "bus", "shape": shapely.Point(p), "name": f"Bus {p}"}
        for p in rng.uniform([6, 47], [15, 55], (2000, 2))
    ]
    found = snapshot(rows)
    tiles = Tiles(found)
    asked = [(z, *mercator.tile_of(*rng.uniform([6, 47], [15, 55]), z)) for z in (4, 7, 8, 9) for _ in range(40)]
    alone = [zipped(tiles.tile(*where)) for where in asked]
    monkeypatch.setattr(made_by, "KEPT", 40_000)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda where: tiles.zipped(*where), asked * 3))
    assert together == alone * 3
    assert sum(map(len, tiles._made.values())) == tiles._kept <= 40_000
    assert gzip.decompress(alone[0]) == tiles.tile(*asked[0])


def test_tiles_go_with_their_snapshot() -> None:
    import gc

    shelf = Shelf()
    found = snapshot([{"kind": "bus", "shape": shapely.Point(8, 50)}])
    shelf.warm(found)
    assert shelf.of(found) is shelf.of(found)
    assert len(shelf._tiles) == 1
    del found
    gc.collect()
    assert len(shelf._tiles) == 0


# The kernels by themselves.


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 1000)] * 4), max_size=300), st.tuples(*[st.integers(-50, 1050)] * 4))
def test_the_tree_finds_what_a_look_at_each_box_finds(boxes: list[Any], asked: Any) -> None:
    box = np.array([(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in boxes], np.int32).reshape(-1, 4)
    west, east = sorted(asked[:2])
    north, south = sorted(asked[2:])
    node, level = packed(box)
    wanted = [i for i, (a, b, c, d) in enumerate(box.tolist()) if a <= east and c >= west and b <= south and d >= north]
    assert sorted(touching(node, level, west, north, east, south).tolist()) == wanted


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)), min_size=1, max_size=20))
def test_quadkeys_interleave_bits(places: list[tuple[int, int]]) -> None:
    x, y = (np.array(column, np.int32) for column in zip(*places, strict=True))
    pairs = [zip(f"{u:031b}", f"{v:031b}", strict=True) for u, v in places]
    slow = [int("".join(below + right for right, below in bits), 2) for bits in pairs]
    assert quadkeys(x, y).tolist() == slow


def _peucker(points: list[tuple[int, int]], tolerance: float) -> list[int]:
    """Which vertices Douglas and Peucker keep, as they wrote it."""
    far, at = -1.0, 0
    for i in range(1, len(points) - 1):
        ends = shapely.LineString([points[0], points[-1]]) if points[0] != points[-1] else shapely.Point(points[0])
        apart = ends.distance(shapely.Point(points[i]))
        if apart > far + 1e-9:
            far, at = apart, i
    if far <= tolerance:
        return [0, len(points) - 1]
    left, right = _peucker(points[: at + 1], tolerance), _peucker(points[at:], tolerance)
    return left[:-1] + [at + i for i in right]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=2, max_size=25), min_size=1, max_size=4
    ),
    st.floats(0.013, 60),
)
def test_weights_keep_what_a_simplification_keeps(lines: list[list[tuple[int, int]]], tolerance: float) -> None:
    ptr = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    x, y = (np.array(column, np.int32) for column in zip(*[p for line in lines for p in line], strict=True))
    weight = weights(ptr, x, y)
    for i, line in enumerate(lines):
        kept = np.flatnonzero(weight[ptr[i] : ptr[i + 1]] > tolerance).tolist()
        assert kept == sorted(set(_peucker(line, tolerance)))
