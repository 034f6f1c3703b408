"""Layers as GeoParquet 1.1, some rows at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from twin.export.layer import GEOMETRY, Layer, wkb_of

BOX = "bbox"
#: Names of geometries by their numbers in GEOS.
TYPES = ("Point", "LineString", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
         "GeometryCollection")  # fmt: skip
SIDES = ("xmin", "ymin", "xmax", "ymax")


def geoparquet(layer: Layer, path: Path) -> None:
    """GeoParquet 1.1: geometry as WKB (EPSG:4326, longitude first), with a bounding box per row to filter by."""
    import shapely

    meta: dict[str, str] = {"notes": json.dumps([layer.note])} if layer.note else {}
    box = _free(layer.table.column_names)
    fields = [
        *layer.table.schema,
        pa.field(GEOMETRY, pa.binary()),
        pa.field(box, pa.struct([pa.field(side, pa.float64()) for side in SIDES])),
    ]
    meta["geo"] = json.dumps(_geo(layer, box))
    schema = pa.schema(fields, metadata=meta)
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as out:
        for table, shapes in layer.batches():
            bounds = shapely.bounds(shapes)
            none = pa.array(np.isnan(bounds[:, 0]))
            sides = [pa.array(bounds[:, at], pa.float64()) for at in range(4)]
            boxes = pa.StructArray.from_arrays(sides, list(SIDES), mask=none)
            table = table.append_column(GEOMETRY, pa.chunked_array([wkb_of(shapes)]))
            table = table.append_column(box, pa.chunked_array([boxes]))
            out.write_table(table.cast(schema), row_group_size=len(table) or None)


def _geo(layer: Layer, box: str) -> dict[str, Any]:
    import shapely
    from pyproj import CRS

    there = layer.shapes[~shapely.is_missing(layer.shapes)]
    kind, high = shapely.get_type_id(there), shapely.has_z(there)
    types = {f"{TYPES[number]}{' Z' if z else ''}" for z in (False, True) for number in np.unique(kind[high == z])}
    column: dict[str, Any] = {
        "encoding": "WKB",
        "crs": CRS.from_epsg(4326).to_json_dict(),
        "geometry_types": sorted(types),
        "covering": {"bbox": {side: [box, side] for side in SIDES}},
    }
    if len(there):
        column["bbox"] = shapely.total_bounds(there).tolist()
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def _free(names: list[str]) -> str:
    return BOX if BOX not in names else f"{GEOMETRY}_{BOX}"
