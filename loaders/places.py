"""Coordinates and geometries of exports as WKB in WGS 84, checked on the way."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely

WGS84 = "EPSG:4326"
SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
_POINT = struct.Struct("<BIdd")


class PlaceProblem(ValueError):
    """A coordinate or geometry that cannot be taken: ``code``, ``column``, message and fix."""

    def __init__(self, code: str, column: str | None, message: str, fix: str) -> None:
        super().__init__(message)
        self.code, self.column, self.fix = code, column, fix


class Taken(NamedTuple):
    """Geometries as WKB (None where there is none) and the problem of each that is bad."""

    wkb: list[bytes | None]
    problems: dict[int, PlaceProblem]


#: From an array of coordinate pairs to degrees of WGS 84.
Transform = Callable[[Any], Any]


def to_wgs84(crs: Any) -> Transform | None:
    """A function from coordinates in *crs* (whatever pyproj understands) to degrees; None when they are that already.

    Raises:
        PlaceProblem: ``wrong_crs``, the system is unknown or has no way to WGS 84.
    """
    import pyproj

    try:
        system = pyproj.CRS.from_user_input(crs)
        if system.equals(pyproj.CRS.from_user_input(WGS84), ignore_axis_order=True):
            return None
        change = pyproj.Transformer.from_crs(system, WGS84, always_xy=True)
    except pyproj.exceptions.ProjError as error:
        text = str(error).splitlines()[0][:160]
        message = f"the reference system cannot be used: {text}"
        raise PlaceProblem("wrong_crs", None, message, "Name a known system, for example EPSG:25832.") from error

    def transform(points: Any) -> Any:
        points = np.asarray(points, dtype=np.float64)
        return np.column_stack(change.transform(points[:, 0], points[:, 1]))

    return transform


def point_wkb(lon: float, lat: float) -> bytes:
    """A WGS 84 point (degrees) as WKB."""
    return _POINT.pack(1, 1, lon, lat)


def parse_point(lon: Any, lat: Any, columns: tuple[str, str] = ("lon", "lat")) -> bytes | None:
    """Longitude and latitude in degrees as WKB; None when both are empty.

    Raises:
        PlaceProblem: ``missing_value`` (one of two), ``wrong_type``, ``not_finite`` or ``out_of_range``.
    """
    x, y = _degrees(lon, columns[0], 180.0), _degrees(lat, columns[1], 90.0)
    if x is None and y is None:
        return None
    if x is None or y is None:
        missing, other = columns if x is None else columns[::-1]
        raise PlaceProblem("missing_value", missing, f"{other} is given without {missing}", "Give both, or neither.")
    return point_wkb(x, y)


def _degrees(raw: Any, column: str, limit: float) -> float | None:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    try:
        value = float(raw)
    except (TypeError, ValueError, OverflowError):
        raise PlaceProblem(
            "wrong_type", column, f"{column} is a number, not {str(raw)[:60]!r}", "Give degrees with a decimal point."
        ) from None
    if not math.isfinite(value):
        raise PlaceProblem(
            "not_finite", column, f"{column} is {value}", "Leave both coordinates empty if the place is unknown."
        )
    if not -limit <= value <= limit:
        raise PlaceProblem("out_of_range", column, f"{column} is {value:g}", _range_fix(value, column, limit))
    return value


def _range_fix(value: float, column: str, limit: float) -> str:
    if abs(value) > 360:
        return "The value looks like metres of a projected system: transform it to WGS 84 degrees."
    if limit == 90.0 and abs(value) <= 180:
        return "Are longitude and latitude swapped?"
    return f"{column} lies between {-limit:g} and {limit:g} degrees."


def parse_wkt(texts: Sequence[str | None]) -> Taken:
    """WKT or EWKT texts (WGS 84) as WKB, all at once.

    Empty texts give None. Heights are left out. Problems are ``bad_geometry``, ``wrong_crs``, ``not_finite``
    or ``out_of_range``.
    """
    problems: dict[int, PlaceProblem] = {}
    plain: list[str | None] = []
    for number, text in enumerate(texts):
        text = text.strip() if text else None
        if text and (match := SRID.match(text)):
            if match[1] != "4326":
                problems[number] = PlaceProblem(
                    "wrong_crs", None, f"the geometry is in SRID {match[1]}", "Transform it to WGS 84 (SRID 4326)."
                )
                text = None
            else:
                text = text[match.end() :]
        plain.append(text or None)
    with np.errstate(all="ignore"):
        shapes = shapely.from_wkt(plain, on_invalid="ignore")
    for index in np.flatnonzero(shapely.is_missing(shapes)):
        if plain[index] is not None:
            problems[int(index)] = _bad_wkt(str(plain[index]))
    wkb, more = check_shapes(shapes)
    return Taken(wkb, {**problems, **more})


def _bad_wkt(text: str) -> PlaceProblem:
    try:
        shapely.from_wkt(text)
        reason = "not readable"
    except shapely.errors.GEOSException as error:
        reason = str(error).removeprefix("ParseException: ").strip()
    return PlaceProblem(
        "bad_geometry",
        None,
        f"{text[:60]!r} is not a geometry in WKT: {reason[:120]}",
        "Write it like POINT (9.5 52.3) or LINESTRING (9.5 52.3, 9.1 52.5).",
    )


def check_shapes(shapes: Any, *, code: str = "out_of_range") -> Taken:
    """Shapely geometries in WGS 84 as two-dimensional WKB, each checked.

    Args:
        shapes: array of geometries or None.
        code: what coordinates outside the world are called.
    """
    with np.errstate(all="ignore"):
        return _check_shapes(shapely.force_2d(np.asarray(shapes, dtype=object)), code)


def _check_shapes(shapes: Any, code: str) -> Taken:
    problems: dict[int, PlaceProblem] = {}
    here = ~shapely.is_missing(shapes)
    empty = here & shapely.is_empty(shapes)
    for number in np.flatnonzero(empty):
        problems[int(number)] = PlaceProblem(
            "bad_geometry", None, "the geometry is empty", "Leave it out if the place is unknown."
        )
    bounds = shapely.bounds(shapes)
    whole = _finite(shapes)
    for number in np.flatnonzero(here & ~empty & ~whole):
        problems[int(number)] = PlaceProblem(
            "not_finite", None, "the geometry has a coordinate that is not a finite number", "Mend the geometry."
        )
    outside = (np.abs(bounds[:, (0, 2)]) > 180).any(axis=1) | (np.abs(bounds[:, (1, 3)]) > 90).any(axis=1)
    for number in np.flatnonzero(here & ~empty & whole & outside):
        problems[int(number)] = _outside(code, bounds[number])
    good = here & ~empty & whole & ~outside
    for number in np.flatnonzero(good & ~shapely.is_valid(shapes)):
        reason = shapely.is_valid_reason(shapes[number])
        problems[int(number)] = PlaceProblem(
            "bad_geometry", None, f"the geometry is not valid: {reason}", "Mend the geometry."
        )
    wkb = list(shapely.to_wkb(np.where(good, shapes, None)))
    return Taken([None if number in problems else one for number, one in enumerate(wkb)], problems)


def _finite(shapes: Any) -> Any:
    whole = np.ones(len(shapes), dtype=bool)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    whole[owner[~np.isfinite(points).all(axis=1)]] = False
    return whole


def _outside(code: str, bounds: Any) -> PlaceProblem:
    west, south, east, north = bounds
    return PlaceProblem(
        code,
        None,
        f"the geometry reaches from {west:.6g} {south:.6g} to {east:.6g} {north:.6g}, outside the world in degrees",
        _range_fix(float(max(abs(bounds))), "A longitude", 180.0),
    )
