"""The table of an answer as a layer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import geopandas

    from twin.display.where import Where

CRS = "EPSG:4326"


def layer_of(question: str, table: pa.Table, where: Where) -> geopandas.GeoDataFrame:
    """*table*, the main one of an answer to *question*, as a layer; lists and objects become JSON text."""
    import geopandas

    data = {name: [_cell(value) for value in table[name].to_pylist()] for name in table.column_names}
    return geopandas.GeoDataFrame(data, geometry=shapes_of(question, table, where), crs=CRS)


def shapes_of(question: str, table: pa.Table, where: Where) -> Any:
    """(n,) the shape of each row: of its asset, or of all its assets together."""
    from twin.export.answers import MAIN

    at = MAIN[question].at
    if at is None or at not in table.column_names:
        return np.full(table.num_rows, None, object)
    column = table[at]
    if not pa.types.is_list(column.type):
        return where.shapes(column.to_pylist())
    return _together(column.to_pylist(), where)


def _together(lists: list[list[str] | None], where: Where) -> Any:
    import shapely

    flat = [name for names in lists for name in names or ()]
    shapes = where.shapes(flat)
    points = shapely.point_on_surface(shapes)
    found, start = np.full(len(lists), None, object), 0
    for place, names in enumerate(lists):
        part = points[start : start + len(names or ())]
        start += len(part)
        there = part[~shapely.is_missing(part)]
        if len(there):
            found[place] = shapely.multipoints(there)
    return found


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list | tuple) else value
