"""One revision of the twin as a map sheet: projected, in the order of map tiles, with an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from twin.export.tiles.values import Values, values_of
from twin.impact.events.globe import AREAL, LINEAL
from twin.impact.snapshot import Snapshot
from twin.snapshot.arrays import Bools, Bytes, Floats, Ints, Longs

#: Bits of a world coordinate: 2 ** 31 units are once around the equator.
WORLD_BITS = 31
WORLD = 1 << WORLD_BITS
#: Latitude at which Web Mercator ends; what lies beyond is drawn on the edge.
END = 85.0511287798066
MAX_ZOOM = 14
#: Lines of a tile until which also the next class of them is drawn.
LINES = 3_000
#: Lower ends of the classes of lines: by voltage, kV, and for all others by length, km.
VOLTAGES = (300.0, 200.0, 100.0, 45.0, 10.0, 0.0)
LENGTHS = (100.0, 30.0, 10.0, 3.0, 1.0, 0.0)
EQUATOR_KM = 40_075.016686


@dataclass(frozen=True, eq=False)
class Spots:
    """Assets with one place, sorted by quadkey.

    Attributes:
        row: (p,) the asset. x, y: world units from the north-west corner. key: quadkey of both.
        size: world units of the longer side of its shape; 0 for a point. root: the outermost that houses it.
    """

    row: Longs
    x: Ints
    y: Ints
    key: Longs
    size: Longs
    root: Longs


@dataclass(frozen=True, eq=False)
class Shapes:
    """Lines or areas: f features of parts (lines, rings) of vertices, in drawing order; and an R-tree over them.

    Attributes:
        row: (f,) the asset. part_ptr: (f + 1,) its parts. ptr: (p + 1,) vertices of a part. hole: (p,) inner ring.
        x, y: (v,) world units. weight: (v,) up to which tolerance a vertex stays.
        size: (f,) world units of the longer side; whole world for what is drawn at any size.
        zoom: (f,) from which zoom it is drawn.
        leaf: (f,) feature at each leaf of the tree. node, level: the tree.
    """

    row: Longs
    part_ptr: Longs
    ptr: Longs
    hole: Bools
    x: Ints
    y: Ints
    weight: npt.NDArray[np.float32]
    size: Longs
    zoom: Bytes
    leaf: Longs
    node: Ints
    level: Longs


@dataclass(frozen=True, eq=False)
class Sheet:
    """All that tiles of one revision are made from.

    Attributes:
        bounds: west, south, east, north of all that is placed, degrees; None where nothing is.
        appear: classes of lines with the zoom from which they are drawn: ``{"voltage_kv" or "length_km", "zoom"}``.
        placed, unplaced: how many assets are drawn, and how many have no place of their own.
    """

    values: Values
    spots: Spots
    lines: Shapes
    areas: Shapes
    bounds: tuple[float, float, float, float] | None
    appear: list[dict[str, Any]]
    placed: int
    unplaced: int


def sheet_of(snapshot: Snapshot) -> Sheet:
    """The sheet of a snapshot; a second or two for a million assets."""
    places = snapshot.places
    values = values_of(snapshot, ("energy", "connectivity", "compute"))
    there = places.placed & ~snapshot.arrays.removed & np.isfinite(shapely.bounds(places.shapes)).all(axis=1)
    shapes = _plain(places.shapes, there)
    kind = shapely.get_type_id(shapes)
    line, area = np.isin(kind, LINEAL) & there, np.isin(kind, AREAL) & there
    line_rows, area_rows = np.flatnonzero(line), np.flatnonzero(area)
    kv = values_column(snapshot, "voltage_kv")
    classes, appear = _classes(shapes[line_rows], kv[line_rows])
    draw = np.argsort(-classes, kind="stable")
    lines = _shapes(shapes[line_rows[draw]], line_rows[draw])
    zoom = _zooms(lines, classes[draw], appear)
    areas = _shapes(shapes[area_rows], area_rows)
    sizes = np.zeros(len(shapes), np.int64)
    sizes[areas.row] = areas.size
    always = places.regions[area_rows]
    spot_rows = np.flatnonzero(there & ~line & ~(area & places.regions))
    box = shapely.total_bounds(shapes[there]) if there.any() else None
    return Sheet(
        values,
        _spots(snapshot, shapes, spot_rows, sizes, values.root),
        _indexed(lines, lines.size, zoom),
        _indexed(areas, np.where(always, WORLD, areas.size), np.zeros(len(area_rows), np.uint8)),
        None if box is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        appear,
        int(there.sum()),
        int((~there & ~snapshot.arrays.removed).sum()),
    )


def values_column(snapshot: Snapshot, name: str) -> Floats:
    """(n,) a number of each asset; NaN for none."""
    table = snapshot.arrays.assets
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    found: Floats = table[name].to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def projected(lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    """Web Mercator (EPSG:3857) as whole world units from the north-west corner; y downward, as tiles count."""
    sin = np.sin(np.radians(np.clip(lat, -END, END)))
    x = (np.clip(lon, -180.0, 180.0) / 360.0 + 0.5) * WORLD
    y = (0.5 - np.log((1 + sin) / (1 - sin)) / (4 * np.pi)) * WORLD
    return tuple(np.clip(np.floor(v), 0, WORLD - 1).astype(np.int32) for v in (x, y))  # type: ignore[return-value]


def _plain(shapes: Any, there: Bools) -> Any:
    """Shapes of which collections are reduced to their parts of the highest dimension."""
    mixed = np.flatnonzero(there & (shapely.get_type_id(shapes) == 7))
    if not len(mixed):
        return shapes
    shapes = shapes.copy()
    for row in mixed:
        parts = [piece for part in shapely.get_parts(shapes[row]) for piece in shapely.get_parts(part)]
        most = max(shapely.get_dimensions(part) for part in parts)
        makers = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)
        shapes[row] = makers[most]([part for part in parts if shapely.get_dimensions(part) == most])
    return shapes


def _spots(snapshot: Snapshot, shapes: Any, rows: Longs, sizes: Longs, root: Longs) -> Spots:
    from twin.export.tiles.index_kernels import quadkeys

    lon, lat = values_column(snapshot, "lon")[rows], values_column(snapshot, "lat")[rows]
    point = shapely.get_type_id(shapes[rows]) == 0
    lon[point], lat[point] = shapely.get_x(shapes[rows[point]]), shapely.get_y(shapes[rows[point]])
    bare = ~np.isfinite(lon + lat)
    inner = shapely.point_on_surface(shapes[rows[bare]])
    lon[bare], lat[bare] = shapely.get_x(inner), shapely.get_y(inner)
    x, y = projected(lon, lat)
    key = quadkeys(x, y)
    order = np.argsort(key, kind="stable")
    rows = rows[order]
    return Spots(rows, x[order], y[order], key[order], sizes[rows], root[rows])


def _shapes(shapes: Any, rows: Longs) -> Shapes:
    """Features without an index yet."""
    from twin.export.tiles.index_kernels import weights

    parts, of = shapely.get_parts(shapes, return_index=True)
    areal = np.isin(shapely.get_type_id(parts), AREAL)
    if areal.all():
        parts, polygon = shapely.get_rings(parts, return_index=True)
        hole = np.r_[False, polygon[1:] == polygon[:-1]][: len(polygon)]
        of = of[polygon]
    else:
        hole = np.zeros(len(parts), bool)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    x, y = projected(xy[:, 0], xy[:, 1])
    ptr = np.concatenate([[0], np.cumsum(np.bincount(part, minlength=len(parts)))]).astype(np.int64)
    part_ptr = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=len(rows)))]).astype(np.int64)
    low = ptr[part_ptr[:-1]] if len(rows) else np.zeros(0, np.int64)
    box = np.zeros((len(rows), 4), np.int32)
    if len(rows):
        for at, (values, least) in enumerate(((x, True), (y, True), (x, False), (y, False))):
            box[:, at] = (np.minimum if least else np.maximum).reduceat(values, low)
    size = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]).astype(np.int64)
    none = np.zeros(0, np.int64)
    return Shapes(
        rows, part_ptr, ptr, hole, x, y, weights(ptr, x, y), size, np.zeros(len(rows), np.uint8), none, box, none
    )


def _indexed(made: Shapes, size: Longs, zoom: Bytes) -> Shapes:
    from twin.export.tiles.index_kernels import packed, quadkeys

    box = made.node
    middle = box[:, :2] + (box[:, 2:] - box[:, :2]) // 2
    leaf = np.argsort(quadkeys(np.ascontiguousarray(middle[:, 0]), np.ascontiguousarray(middle[:, 1])), kind="stable")
    node, level = packed(np.ascontiguousarray(box[leaf]))
    return Shapes(
        made.row, made.part_ptr, made.ptr, made.hole, made.x, made.y, made.weight, size, zoom, leaf, node, level
    )


def _classes(shapes: Any, kv: Floats) -> tuple[Longs, list[dict[str, Any]]]:
    """(f,) class of each line, the most important 0; and the classes, the voltages before the lengths."""
    named = [{"voltage_kv": v} for v in VOLTAGES] + [{"length_km": v} for v in LENGTHS]
    # degrees are good enough to tell long from short
    km = shapely.length(shapes) * EQUATOR_KM / 360.0
    by_voltage = np.searchsorted(-np.array(VOLTAGES), -kv, "left")
    by_length = np.searchsorted(-np.array(LENGTHS), -km, "left")
    known = np.isfinite(kv) & (kv >= 0)
    return np.where(known, by_voltage, len(VOLTAGES) + by_length).astype(np.int64), named


def _zooms(lines: Shapes, classes: Longs, appear: list[dict[str, Any]]) -> Bytes:
    """(f,) zoom from which each line is drawn: that at which no tile has too many of its and all better classes."""
    from twin.export.tiles.index_kernels import fullest, quadkeys

    box = lines.node
    middle = box[:, :2] + (box[:, 2:] - box[:, :2]) // 2
    key = quadkeys(np.ascontiguousarray(middle[:, 0]), np.ascontiguousarray(middle[:, 1]))
    zoom = np.zeros(len(classes), np.uint8)
    for low, high in ((0, len(VOLTAGES)), (len(VOLTAGES), len(appear))):
        z = 0
        for number in range(low, high):
            among = np.sort(key[(classes >= low) & (classes <= number)])
            while z < MAX_ZOOM and fullest(among, WORLD_BITS - z) > LINES:
                z += 1
            zoom[classes == number] = z
            appear[number]["zoom"] = z
    appear[:] = [entry for number, entry in enumerate(appear) if (classes == number).any()]
    return zoom
