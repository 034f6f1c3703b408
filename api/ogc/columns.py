"""Properties of features: what they are, and their values as JSON text, a column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from api.ogc.cql import values
from twin.schema import Property

#: Our types -> kind of value in filters.
KINDS = {
    "string": values.TEXT,
    "enum": values.TEXT,
    "number": values.NUMBER,
    "integer": values.NUMBER,
    "boolean": values.TRUTH,
    "date-time": values.INSTANT,
}
ARROW = {
    "string": pa.string(),
    "enum": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date-time": values.UTC_US,
}
NULL = pa.scalar("null", pa.string())


@dataclass(frozen=True, slots=True)
class Column:
    """A property of a collection: ``type`` as in the schema of the twin, or ``date-time``."""

    name: str
    type: str
    description: str
    unit: str | None = None
    values: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What filters take it for."""
        return KINDS[self.type]

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema. It may always be null; ``type`` does not say so, because GDAL reads no list of types."""
        found = {**self.parameter(), "title": self.name, "description": self.description, "nullable": True}
        if self.unit:
            found["x-ogc-unit"] = self.unit
        return found

    def parameter(self) -> dict[str, Any]:
        """The schema of a query parameter that asks for one value."""
        named = self.type if self.type in ("number", "integer", "boolean") else "string"
        found: dict[str, Any] = {"type": named}
        if self.type == "date-time":
            found["format"] = "date-time"
        if self.values:
            found["enum"] = [*self.values]
        return found


def of_property(prop: Property) -> Column:
    """The column of a property of the schema."""
    unit = None if prop.unit in (None, "1") else prop.unit
    text = prop.description if unit is None else f"{prop.description} Unit: {unit}."
    return Column(prop.name, prop.type, text, unit, prop.values)


def json_texts(column: pa.Array) -> pa.Array:
    """(n,) each value as JSON; null, NaN and infinity are ``null``."""
    kind = column.type
    if pa.types.is_boolean(kind):
        found = pc.if_else(column, "true", "false")
    elif pa.types.is_integer(kind):
        found = pc.cast(column, pa.string())
    elif pa.types.is_floating(kind):
        found = pc.cast(pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind)), pa.string())
    elif pa.types.is_timestamp(kind):
        found = pc.binary_join_element_wise('"', _instants(column), '"', "")
    else:
        found = _quoted(column)
    return pc.fill_null(found, NULL)


def _instants(column: pa.Array) -> pa.Array:
    """RFC 3339 in UTC, with fractions only where there are some."""
    seconds = pc.strftime(pc.cast(column, pa.timestamp("s", "UTC"), safe=False), format="%Y-%m-%dT%H:%M:%S")
    whole = pc.equal(pc.subsecond(column), 0.0)
    micro = pc.strftime(column, format="%Y-%m-%dT%H:%M:%S")
    return pc.binary_join_element_wise(pc.if_else(whole, seconds, micro), "Z", "")


def _quoted(column: pa.Array) -> pa.Array:
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = pa.array([orjson.dumps(word).decode() for word in coded.dictionary.to_pylist()], pa.string())
    return words.take(coded.indices)


def joined(parts: Sequence[Any]) -> bytes:
    """Texts side by side, row by row, and the rows one after the other.

    Args:
        parts: columns of n texts, and texts that are the same in all rows.
    """
    rows = pc.binary_join_element_wise(*parts, "")
    if len(rows) == 0:
        return b""
    _, offsets, data = rows.buffers()
    ends = memoryview(offsets).cast("i")
    return bytes(memoryview(data)[ends[rows.offset] : ends[rows.offset + len(rows)]])
