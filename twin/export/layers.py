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
    import pyarrow as pa

    from twin.export.places import row_numbers, shapes_of

    columns = list(dict.fromkeys(name for row in rows for name in row if name != "geometry"))
    data = {name: [_cell(row.get(name)) for row in rows] for name in columns}
    places = row_numbers(assets, pa.array([row["id"] for row in rows], pa.string()))
    shapes = shapes_of(assets, places)
    return geopandas.GeoDataFrame(data, geometry=shapes, crs=CRS)


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
