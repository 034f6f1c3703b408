"""Checking geometries of asset records in blocks, and their representative points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely

POINT_SIZE = 21
POINT_HEAD = b"\x01\x01\x00\x00\x00"


class Place(NamedTuple):
    """Where an asset is: its representative point, and WKB where it is more than that point."""

    lon: float
    lat: float
    wkb: bytes | None


class PlaceProblem(NamedTuple):
    """Why a geometry cannot be taken."""

    code: str
    message: str
    fix: str


NOT_WKB = PlaceProblem("bad_geometry", "the geometry is no WKB geometry, or is empty", "Export the geometry again.")
NOT_FINITE = PlaceProblem(
    "not_finite", "the geometry has a coordinate that is not a finite number", "Mend the geometry."
)
INVALID = PlaceProblem("bad_geometry", "the geometry crosses itself or is not closed", "Mend the geometry.")


def places(geometries: Sequence[bytes | None]) -> list[Place | PlaceProblem | None]:
    """The place, or the problem, of each WKB geometry in WGS 84 (None where there is none)."""
    result: list[Place | PlaceProblem | None] = [None] * len(geometries)
    points: list[int] = []
    others: list[int] = []
    for number, wkb in enumerate(geometries):
        if wkb is None:
            continue
        simple = len(wkb) == POINT_SIZE and wkb.startswith(POINT_HEAD)
        (points if simple else others).append(number)
    if points:
        raw = b"".join(geometries[n][5:] for n in points)  # type: ignore[index]
        xy = np.frombuffer(raw, "<f8").reshape(-1, 2) + 0.0  # no -0.0: the store keeps none in a point
        good = np.isfinite(xy).all(axis=1) & (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90)
        for number, (x, y), fine in zip(points, xy.tolist(), good.tolist(), strict=True):
            result[number] = Place(x, y, None) if fine else _outside(x, y)
    if others:
        _shapes(geometries, others, result)
    return result


def _shapes(geometries: Sequence[bytes | None], numbers: list[int], result: list[Place | PlaceProblem | None]) -> None:
    with np.errstate(invalid="ignore"):
        shapes = shapely.force_2d(shapely.from_wkb([geometries[n] for n in numbers], on_invalid="ignore"))
        bounds = shapely.bounds(shapes)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    finite = np.ones(len(shapes), bool)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    finite[owner[~np.isfinite(xy).all(axis=1)]] = False
    usable = ~empty & finite
    valid = np.zeros(len(shapes), bool)
    valid[usable] = shapely.is_valid(shapes[usable])
    middle = shapely.point_on_surface(np.where(usable & valid, shapes, None))
    x, y = shapely.get_x(middle).tolist(), shapely.get_y(middle).tolist()
    plain = shapely.get_type_id(shapes) == 0
    wkb = shapely.to_wkb(shapes, byte_order=1)
    for i, number in enumerate(numbers):
        if empty[i]:
            result[number] = NOT_WKB
        elif not finite[i]:
            result[number] = NOT_FINITE
        elif np.abs(bounds[i, [0, 2]]).max() > 180 or np.abs(bounds[i, [1, 3]]).max() > 90:
            result[number] = _outside(*max(((bounds[i, 0], bounds[i, 1]), (bounds[i, 2], bounds[i, 3])), key=_reach))
        elif not valid[i]:
            result[number] = INVALID
        else:
            result[number] = Place(x[i], y[i], None if plain[i] else wkb[i])


def _reach(point: tuple[float, float]) -> float:
    return max(abs(point[0]), abs(point[1]))


def _outside(x: float, y: float) -> PlaceProblem:
    if not (np.isfinite(x) and np.isfinite(y)):
        return NOT_FINITE
    fix = "Give longitude and latitude in degrees (WGS 84); these look like metres of a projected CRS."
    if _reach((x, y)) <= 360:
        fix = "Give longitude (-180 to 180) and latitude (-90 to 90) in degrees; are they swapped?"
    return PlaceProblem("out_of_range", f"the geometry reaches {x:.6g} {y:.6g}, outside the world in degrees", fix)
