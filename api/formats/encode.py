"""Tables as bytes, one function a format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from twin.export.places import Shapes

OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
#: Key of the schema's metadata with what an answer says beside its table.
BESIDE = b"twin"


def columns(table: pa.Table, beside: Mapping[str, Any]) -> bytes:
    """Columnar JSON: ``{"columns": {name: [...]}, "rows": n, ...}``."""
    made = {name: values(table[name]) for name in table.column_names}
    return orjson.dumps({"columns": made, "rows": table.num_rows, **beside}, option=OPTIONS)


def values(column: pa.ChunkedArray) -> Any:
    """A column as what orjson writes fastest: numbers as an array, else a list; null for no value and for NaN."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type) or (pa.types.is_integer(column.type) and not column.null_count):
        return np.ascontiguousarray(column.to_numpy(zero_copy_only=False))
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column.to_numpy(zero_copy_only=False).tolist()
    return column.to_pylist()


def geojson(table: pa.Table, beside: Mapping[str, Any], shapes: Shapes) -> bytes:
    """A FeatureCollection; *shapes*: a shapely geometry or None per row. A row's ``id`` is that of its feature too."""
    import shapely

    drawn = shapely.to_geojson(shapes).tolist()
    named = "id" in table.column_names
    features = []
    for row, shape in zip(table.to_pylist(), drawn, strict=True):
        feature: dict[str, Any] = {"type": "Feature"}
        if named:
            feature["id"] = row["id"]
        feature["geometry"] = None if shape is None else orjson.Fragment(shape)
        feature["properties"] = row
        features.append(feature)
    return orjson.dumps({"type": "FeatureCollection", "features": features, **beside}, option=OPTIONS)


def arrow(table: pa.Table, beside: Mapping[str, Any]) -> bytes:
    """An Arrow IPC stream."""
    table = told(table, beside)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def parquet(table: pa.Table, beside: Mapping[str, Any]) -> bytes:
    """A Parquet file."""
    import pyarrow.parquet

    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(told(table, beside), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def told(table: pa.Table, beside: Mapping[str, Any]) -> pa.Table:
    """*table* with what the answer says beside it in its metadata, and its words as plain text."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, pc.cast(table[field.name], field.type.value_type))
    return table.replace_schema_metadata({BESIDE: orjson.dumps(dict(beside), option=OPTIONS)})


def document(body: Any) -> bytes:
    """Any plain data as JSON; numbers that JSON cannot say (NaN, infinity) become null."""
    return orjson.dumps(body, option=OPTIONS)
