"""Shapes on the globe: the 180th meridian, buffers in metres, lengths along the ellipsoid.

Shapes are plane geometries in degrees (WGS 84, longitude first), edges straight in degrees as in RFC 7946.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from pyproj import Geod, Transformer

from twin.errors import InvalidParameter, LimitExceeded
from twin.snapshot.arrays import Floats

GEOD = Geod(ellps="WGS84")
RADIUS_M = 6_371_009.0
#: Buffers are drawn piece by piece: in a projection centred that near, distances are right within 0.1 %.
TILE = 5.0
QUARTER = 32
#: Vertices of an outline whose buffer is drawn in one go, and of all outlines of a shape.
STRETCH = 16
MAX_DRAWN = 100_000
WORLD = shapely.box(-180, -90, 180, 90)
AREAL = (3, 6)
LINEAL = (1, 2, 5)


def crosses(shape: Any) -> bool:
    """Whether an edge spans more than half the globe, which is how people write shapes across the 180th meridian."""
    return any(bool(_jumps(shapely.get_coordinates(ring)[:, 0]).any()) for ring in _rings(shape))


def _rings(shape: Any) -> list[Any]:
    parts = shapely.get_parts(shapely.get_parts(shape))
    found: list[Any] = []
    for part in parts:
        found += list(shapely.get_rings(part)) if shapely.get_type_id(part) in AREAL else [part]
    return found


def _jumps(lon: Floats) -> Floats:
    """Per edge -360, 0 or 360: what brings its end near its start. An edge along a whole parallel is left alone."""
    step = np.diff(lon)
    return np.where((np.abs(step) > 180) & (np.abs(step) < 360), -360.0 * np.sign(step), 0.0)


def unwrapped(shape: Any) -> Any:
    """*shape* with edges that jump over the 180th meridian carried on beyond it.

    Raises:
        InvalidParameter: a ring goes round a pole.
    """
    if not crosses(shape):
        return shape
    kind = shapely.get_type_id(shape)
    if kind > 3:
        return shapely.union_all([unwrapped(part) for part in shapely.get_parts(shape)])
    if kind != 3:
        return shapely.transform(shape, _carried)
    shell = _ring(shapely.get_exterior_ring(shape))
    west, _, east, _ = shapely.bounds(shell)
    holes = []
    for i in range(shapely.get_num_interior_rings(shape)):
        hole = _ring(shapely.get_interior_ring(shape, i))
        middle = shapely.bounds(hole)[[0, 2]].mean()
        turn = next((k for k in (0, 1, -1) if west <= middle + 360 * k <= east), 0)
        holes.append(_moved(hole, 360.0 * turn))
    return shapely.polygons(shell, holes=holes or None)


def _carried(xy: Floats) -> Floats:
    lon = xy[:, 0] + np.concatenate([[0.0], np.cumsum(_jumps(xy[:, 0]))])
    return np.column_stack([lon, xy[:, 1]])


def _ring(ring: Any) -> Any:
    xy = _carried(shapely.get_coordinates(ring))
    if abs(xy[0, 0] - xy[-1, 0]) > 180:
        raise InvalidParameter(
            "the polygon goes round a pole", fix="Cut it along a meridian, with vertices at the pole's latitude."
        )
    return shapely.linearrings(xy)


def _moved(shape: Any, degrees: float) -> Any:
    return shape if degrees == 0 else shapely.transform(shape, lambda xy: np.add(xy, (degrees, 0.0)))


def wrapped(shape: Any) -> Any:
    """*shape* with what lies beyond the 180th meridian brought back to the other side."""
    west, _, east, _ = shapely.bounds(shape)
    if not (west < -180 or east > 180):
        return shape
    turns = range(int(np.floor((west + 180) / 360)), int(np.ceil((east - 180) / 360)) + 1)
    pieces = [shapely.intersection(_moved(shape, -360.0 * turn), WORLD) for turn in turns]
    return shapely.union_all([piece for piece in pieces if not shapely.is_empty(piece)])


def buffered(shape: Any, metres: float) -> Any:
    """All places not farther than *metres* from *shape*; drawn at most 0.2 % too wide, never too narrow.

    Raises:
        InvalidParameter: it would reach a pole. LimitExceeded: its outline is too long and detailed to be drawn.
    """
    if metres <= 0:
        return shape
    _, south, _, north = shapely.bounds(shape)
    margin = np.degrees(metres / RADIUS_M)
    if south - margin < -89.9 or north + margin > 89.9:
        raise InvalidParameter(f"a buffer of {metres:g} m would reach a pole", fix="Give a smaller buffer.")
    edge = float(np.clip(np.degrees(np.sqrt(metres * RADIUS_M * 4e-3) / RADIUS_M), 0.002, 0.2))
    pieces = [shapely.segmentize(piece, edge) for piece in _pieces(shape)]
    vertices = sum(int(shapely.get_num_coordinates(piece)) for piece in pieces)
    if vertices > MAX_DRAWN:
        raise LimitExceeded(
            f"the outline has {vertices:,} vertices where its buffer is drawn; at most {MAX_DRAWN:,} are",
            fix="Simplify the outline: detail much smaller than the buffer changes nothing.",
        )
    return wrapped(shapely.union_all([_around(piece, metres) for piece in pieces]))


def _pieces(shape: Any) -> list[Any]:
    west, south, east, north = shapely.bounds(shape)
    if east - west <= TILE and north - south <= TILE:
        return [shape]
    if shapely.get_num_geometries(shape) > 1:
        return [piece for part in shapely.get_parts(shape) for piece in _pieces(part)]
    columns = np.append(np.arange(west, east, TILE), east)
    rows = np.append(np.arange(south, north, TILE), north)
    cells = [
        shapely.intersection(shape, shapely.box(a, c, b, d)) for a, b in pairwise(columns) for c, d in pairwise(rows)
    ] or [shape]
    return [cell for cell in cells if not shapely.is_empty(cell)]


def _around(shape: Any, metres: float) -> Any:
    """The buffer of a small shape, drawn in an azimuthal equidistant projection around its middle."""
    west, south, east, north = shapely.bounds(shape)
    lon, lat = (west + east) / 2, (south + north) / 2
    there = Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m", always_xy=True
    )
    plane = shapely.transform(shape, lambda xy: np.column_stack(there.transform(xy[:, 0], xy[:, 1])))
    far = np.abs(shapely.bounds(plane)).max() * np.sqrt(2) / RADIUS_M
    # an arc is drawn by chords and the projection stretches what lies across: both would make it too narrow
    enough = metres * (1 + far**2 / 6) / np.cos(np.pi / (4 * QUARTER)) * (1 + 5e-4)
    area = _wider(plane, enough)

    def back(xy: Floats) -> Floats:
        x, y = there.transform(xy[:, 0], xy[:, 1], direction="INVERSE")
        return np.column_stack([lon + (np.asarray(x) - lon + 180) % 360 - 180, y])

    return shapely.make_valid(shapely.transform(area, back), method="structure", keep_collapsed=False)


def _wider(plane: Any, metres: float) -> Any:
    """The buffer of a plane shape: of short stretches of its outline, joined with what it covers.

    Drawn in one go, the arcs of a rugged outline all cross each other: time grows with the square of their number.
    """
    if shapely.get_num_coordinates(plane) <= STRETCH:
        return shapely.buffer(plane, metres, quad_segs=QUARTER)
    stretches = []
    for ring in _rings(plane):
        xy = shapely.get_coordinates(ring)
        stretches += [xy[start : start + STRETCH + 1] for start in range(0, max(len(xy) - 1, 1), STRETCH)]
    lines = [shapely.linestrings(xy) if len(xy) > 1 else shapely.points(xy[0]) for xy in stretches]
    return shapely.union_all([plane, *shapely.buffer(lines, metres, quad_segs=QUARTER)])


def crossed_m(lines: Any, area: Any) -> Floats:
    """(k,) metres of each of k lines that lie in *area*, along the ellipsoid."""
    inside = shapely.intersection(lines, area)
    parts, of = shapely.get_parts(inside, return_index=True)
    parts, again = shapely.get_parts(parts, return_index=True)
    of = of[again]
    lineal = np.isin(shapely.get_type_id(parts), LINEAL)
    xy, part = shapely.get_coordinates(parts[lineal], return_index=True)
    total = np.zeros(len(lines))
    if len(xy) > 1:
        same = part[1:] == part[:-1]
        metres = GEOD.inv(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])[2]
        np.add.at(total, of[lineal][part[1:][same]], metres[same])
    return total
