"""Results as layers: GeoDataFrames, and files that GIS programs open."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas
    import pyarrow as pa

CRS = "EPSG:4326"


def frame_of(assets: pa.Table, rows: Sequence[Mapping[str, Any]]) -> geopandas.GeoDataFrame:
    """Rows that have an ``id`` as a GeoDataFrame in WGS 84, joined with the geometry of the asset.

    Args:
        assets: asset table of a snapshot: ``id, lon, lat, geometry`` (WKB).
        rows: plain rows; lists and objects become JSON text.

    Returns:
        One feature per row, in order; ``geometry`` is None where the asset has no place.
    """
    import geopandas

    columns = list(dict.fromkeys(name for row in rows for name in row if name != "geometry"))
    data = {name: [_cell(row.get(name)) for row in rows] for name in columns}
    shapes = _shapes(assets, [row["id"] for row in rows])
    return geopandas.GeoDataFrame(data, geometry=shapes, crs=CRS)


def rows_of(assets: pa.Table, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The assets with these ids as plain rows, in order: base columns and the properties that any of them has."""
    import pyarrow as pa
    import pyarrow.compute as pc

    place = pc.index_in(pa.array(ids, pa.string()), value_set=assets["id"].combine_chunks())
    found = assets.drop_columns(["geometry"]).take(place)
    used = [name for name in found.column_names if name == "id" or found[name].null_count < len(found)]
    rows: list[dict[str, Any]] = found.select(used).to_pylist()
    return rows


def _shapes(assets: pa.Table, ids: list[str]) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import shapely

    place = pc.index_in(pa.array(ids, pa.string()), value_set=assets["id"].combine_chunks())
    found = assets.select(["lon", "lat", "geometry"]).take(place)
    shapes = shapely.from_wkb(np.array(found["geometry"].to_pylist(), dtype=object))
    lon, lat = (pc.cast(found[name], pa.float64()).to_numpy(zero_copy_only=False) for name in ("lon", "lat"))
    points = shapely.is_missing(shapes) & ~np.isnan(lon) & ~np.isnan(lat)
    shapes[points] = shapely.points(lon[points], lat[points])
    return shapes


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list | tuple) else value


def placeless_note(frame: geopandas.GeoDataFrame) -> str | None:
    """How many rows of a layer have no geometry, in a sentence; None where all have."""
    from twin.export.layer import frame_layer

    return frame_layer(frame, "").note


def write_layer(frame: geopandas.GeoDataFrame, path: Path) -> None:
    """Write a layer in the format of the suffix, see :mod:`twin.export.files`.

    Where rows have no place a note says so: in GeoJSON the member ``notes``, else the metadata of the layer.

    Raises:
        InvalidParameter: no such format, or GDAL refuses the file.
    """
    from twin.export.files import write
    from twin.export.layer import frame_layer

    write(frame_layer(frame, path.name.split(".")[0]), path)
