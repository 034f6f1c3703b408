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
    """A column as what orjson writes fastest: text as JSON already, numbers as an array, else a list.

    Null stands for no value and for NaN.
    """
    kind = column.type
    if pa.types.is_floating(kind) or (pa.types.is_integer(kind) and not column.null_count):
        return np.ascontiguousarray(column.to_numpy(zero_copy_only=False))
    words = pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type)
    if (words or pa.types.is_string(kind)) and len(column):
        whole = column.combine_chunks()
        if not _escapes(whole.dictionary if words else whole):
            return orjson.Fragment(_texts(whole))
    return column.to_pylist()


def _escapes(column: pa.StringArray) -> bool:
    """Whether a text has a character that JSON writes in another way."""
    _, offsets, data = column.buffers()
    if data is None:
        return False
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    found = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    return bool(((found < ord(" ")) | (found == ord('"')) | (found == ord("\\"))).any())


def _texts(column: pa.Array) -> bytes:
    """A column of text, of which nothing needs an escape, as a JSON array; it is not empty."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    before, between, after = b'["', '","', b'"]'
    if column.null_count:
        column = pc.fill_null(pc.binary_join_element_wise('"', column, '"', ""), "null")
        before, between, after = b"[", ",", b"]"
    whole = pa.ListArray.from_arrays(pa.array([0, len(column)], pa.int32()), column)
    return b"".join((before, pc.binary_join(whole, between)[0].as_buffer(), after))


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


def arrow(table: pa.Table, beside: Mapping[str, Any]) -> memoryview:
    """An Arrow IPC stream."""
    table = told(table, beside)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return memoryview(sink.getvalue())


def parquet(table: pa.Table, beside: Mapping[str, Any]) -> memoryview:
    """A Parquet file."""
    import pyarrow.parquet

    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(told(table, beside), sink)
    return memoryview(sink.getvalue())


def told(table: pa.Table, beside: Mapping[str, Any]) -> pa.Table:
    """*table* with what the answer says beside it in its metadata, and its words as plain text."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, pc.cast(table[field.name], field.type.value_type))
    return table.replace_schema_metadata({BESIDE: orjson.dumps(dict(beside), option=OPTIONS)})


def document(body: Any) -> bytes:
    """Any plain data as JSON; numbers that JSON cannot say (NaN, infinity) become null."""
    return orjson.dumps(body, option=OPTIONS)
