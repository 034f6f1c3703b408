"""Coordinate reference systems: which are offered, with the axis order that their authority says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pyproj
import shapely

from twin.errors import InvalidParameter

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
Box = tuple[float, float, float, float]

#: Offered everywhere: WGS 84 (latitude first), Web Mercator.
ALWAYS = (4326, 3857)
#: Offered where the data lie in their area of use: ETRS89, Europe's equal-area grid, UTM zones.
SOMEWHERE = (4258, 3035, *range(25828, 25838), *range(32601, 32661), *range(32701, 32761))
#: Data wider than this get no UTM zones, degrees.
WIDE = 30.0
#: Corners that a straight edge of a box in another system is bent with.
BENDS = 32


def offered(extent: Box | None) -> tuple[str, ...]:
    """URIs of the systems in which features within *extent* (CRS84) can be had; the first is the default."""
    codes = [*ALWAYS]
    if extent is not None and extent[2] - extent[0] <= WIDE:
        codes += [code for code in SOMEWHERE if _used_in(code, extent)]
    return (CRS84, *(f"{EPSG}{code}" for code in codes))


@cache
def _area(code: int) -> Box | None:
    area = pyproj.CRS.from_epsg(code).area_of_use
    return None if area is None else (area.west, area.south, area.east, area.north)


def _used_in(code: int, extent: Box) -> bool:
    area = _area(code)
    west, south, east, north = extent
    return area is not None and area[0] < east and area[2] > west and area[1] < north and area[3] > south


def known(uri: str, among: Sequence[str], parameter: str) -> str:
    """*uri*, which must be offered.

    Raises:
        InvalidParameter: it is not.
    """
    if uri not in among:
        raise InvalidParameter(
            f"{parameter}: {uri[:100]!r} is not offered here", fix=f"Use one of: {', '.join(among)}."
        )
    return uri


@cache
def _transformer(uri: str, back: bool) -> Any:
    here, there = pyproj.CRS.from_user_input("OGC:CRS84"), pyproj.CRS.from_epsg(int(uri.removeprefix(EPSG)))
    first, second = (there, here) if back else (here, there)
    return pyproj.Transformer.from_crs(first, second, always_xy=False)


def from_crs84(shapes: Any, uri: str) -> Any:
    """Geometries (longitude, latitude) in another system, in the order of its axes.

    Raises:
        InvalidParameter: the system is not defined where some of them lie.
    """
    if uri == CRS84:
        return shapes
    return _moved(shapes, uri, False, "crs")


def to_crs84(shape: Any, uri: str, parameter: str) -> Any:
    """A geometry of another system as longitude and latitude; straight edges of a projected one become bent.

    Raises:
        InvalidParameter: it lies where the system is not defined.
    """
    if uri == CRS84:
        return shape
    if pyproj.CRS.from_epsg(int(uri.removeprefix(EPSG))).is_projected:
        bounds = shapely.bounds(shape)
        longest = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
        if longest > 0:
            shape = shapely.segmentize(shape, longest / BENDS)
    return _moved(shape, uri, True, parameter)


def _moved(shapes: Any, uri: str, back: bool, parameter: str) -> Any:
    transformer = _transformer(uri, back)

    def move(points: Any) -> Any:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    moved = shapely.transform(shapes, move)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise InvalidParameter(
            f"{parameter}: {uri} is not defined where some of this lies", fix=f"Use {CRS84} or {EPSG}4326."
        )
    return moved


def parse_box(text: str, uri: str) -> Any:
    """The area of a ``bbox`` in CRS84: four numbers in the order of the axes of *uri*; heights are left out.

    Features here have no height, so of six numbers the third and the sixth decide nothing. In CRS84 and EPSG:4326 the
    first longitude may be larger than the second: across the antimeridian.

    Raises:
        InvalidParameter: no box.
    """
    fix = "Give two corners, for example 12.9,52.3,13.8,52.7"
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise InvalidParameter(f"bbox {text[:100]!r} is not a list of numbers", fix=fix) from None
    if len(numbers) not in (4, 6) or not np.isfinite(numbers).all():
        raise InvalidParameter(f"bbox {text[:100]!r} is not four numbers (or six with heights)", fix=fix)
    a, b, c, d = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    if uri in (CRS84, f"{EPSG}4326", f"{EPSG}4258"):
        west, south, east, north = (a, b, c, d) if uri == CRS84 else (b, a, d, c)
        return _degrees(west, south, east, north, text, fix)
    if a > c or b > d:
        raise InvalidParameter(f"bbox {text[:100]!r}: the lower corner comes first", fix=fix)
    return to_crs84(shapely.box(a, b, c, d), uri, "bbox")


def _degrees(west: float, south: float, east: float, north: float, text: str, fix: str) -> Any:
    if south > north:
        raise InvalidParameter(f"bbox {text[:100]!r}: the lower latitude comes first", fix=fix)
    # A map that is zoomed out (QGIS) asks for more than the world: that is no mistake.
    if west > east:
        return shapely.MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])
    return shapely.box(west, south, east, north)
