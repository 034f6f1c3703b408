"""Reading positions: lon, lat and WKT columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from twin.model import Origin
from twin.schema.values import ValueProblem, parse_number
from twin.snapshot.cells import Notes, parsed


def read_geometry(raw: pa.Table, notes: Notes) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Longitude, latitude (WGS 84, degrees) and WKB of every asset; bad cells become rejects in *notes*."""
    n = raw.num_rows
    lonlat: list[pa.Array] = []
    for name, limit in (("lon", 180.0), ("lat", 90.0)):

        def bad(row: int, problem: ValueProblem, name: str = name) -> None:
            notes.reject(Origin("assets.csv", row + 2, name), problem.code, str(problem), problem.fix)

        def parse(text: str, name: str = name, limit: float = limit) -> float:
            value = parse_number(name, text)
            if abs(value) > limit:
                raise ValueProblem(
                    "out_of_range",
                    f"{name} is {value:g}",
                    f"It must lie between -{limit:g} and {limit:g} degrees.",
                )
            return value

        lonlat.append(
            parsed(raw[name], parse, pa.float64(), bad) if name in raw.column_names else pa.nulls(n, pa.float64())
        )
    lon, lat = lonlat
    for row in np.flatnonzero(
        (pc.is_null(lon).to_numpy(zero_copy_only=False)) != (pc.is_null(lat).to_numpy(zero_copy_only=False))
    ):
        notes.reject(
            Origin("assets.csv", int(row) + 2, "lon"),
            "missing_value",
            "lon and lat come together",
            "Give both, or neither.",
        )
    if "wkt" not in raw.column_names or raw["wkt"].null_count == n:
        return lon, lat, pa.nulls(n, pa.binary())
    return _with_wkt(raw["wkt"].combine_chunks(), lon, lat, notes)


def _with_wkt(text: pa.Array, lon: pa.Array, lat: pa.Array, notes: Notes) -> tuple[pa.Array, pa.Array, pa.Array]:
    words = np.array(text.to_pylist(), dtype=object)
    shapes = shapely.from_wkt(words, on_invalid="ignore")
    given = np.array([word is not None for word in words], bool)
    bad = given & shapely.is_missing(shapes)
    for row in np.flatnonzero(bad):
        notes.reject(
            Origin("assets.csv", int(row) + 2, "wkt"),
            "bad_geometry",
            f"not a WKT geometry: {words[row][:60]!r}",
            "Write it like LINESTRING (9.1 52.3, 9.4 52.5).",
        )
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        outside = (np.abs(bounds[:, [0, 2]]).max(axis=1) > 180) | (np.abs(bounds[:, [1, 3]]).max(axis=1) > 90)
    for row in np.flatnonzero(outside & given):
        notes.reject(
            Origin("assets.csv", int(row) + 2, "wkt"),
            "out_of_range",
            "the geometry lies outside WGS 84",
            "Give longitude and latitude in degrees.",
        )
    middle = shapely.point_on_surface(shapes)
    fill = given & ~bad & pc.is_null(lon).to_numpy(zero_copy_only=False)
    x, y = lon.to_numpy(zero_copy_only=False).copy(), lat.to_numpy(zero_copy_only=False).copy()
    x[fill], y[fill] = shapely.get_x(middle[fill]), shapely.get_y(middle[fill])
    geometry = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    return pa.array(x, from_pandas=True), pa.array(y, from_pandas=True), geometry
