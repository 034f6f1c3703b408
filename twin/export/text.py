"""Layers as text or as an Arrow stream, some rows at a time: what is sent while it is still being made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import orjson
import pyarrow as pa

from twin.export.comma import csv_of
from twin.export.layer import GEOMETRY, Layer, Shapes, wkb_of
from twin.export.styles import DOMAINS, OTHER, VERDICTS

OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
#: Metadata of a column of WKB, after the GeoArrow specification 0.1.
GEOARROW = {"ARROW:extension:name": "geoarrow.wkb", "ARROW:extension:metadata": json.dumps({"crs": "OGC:CRS84"})}
#: Characters that XML 1.0 does not have.
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: Folded into what a row of a map is called and coloured by.
_STYLED = {**{name: name for name in VERDICTS}, **{name: name for name in DOMAINS}}


def geojson(layer: Layer) -> Iterator[bytes]:
    """A FeatureCollection (RFC 7946); a note on rows without a place is the member ``notes``."""
    yield b'{"type":"FeatureCollection","name":' + orjson.dumps(layer.name)
    if layer.note:
        yield b',"notes":' + orjson.dumps([layer.note])
    yield b',"features":['
    between = b"\n"
    for table, shapes in layer.batches():
        yield between + b",\n".join(_features(table, shapes))
        between = b",\n"
    yield b"\n]}\n"


def geojsonseq(layer: Layer) -> Iterator[bytes]:
    """A feature a line."""
    for table, shapes in layer.batches():
        yield b"\n".join(_features(table, shapes)) + b"\n"


def _features(table: pa.Table, shapes: Shapes) -> Iterator[bytes]:
    import shapely

    named = "id" in table.column_names
    for row, shape in zip(table.to_pylist(), shapely.to_geojson(shapes).tolist(), strict=True):
        feature: dict[str, Any] = {"type": "Feature"}
        if named:
            feature["id"] = row["id"]
        feature["properties"] = row
        feature["geometry"] = None if shape is None else orjson.Fragment(shape)
        yield orjson.dumps(feature, option=OPTIONS)


def csv(layer: Layer) -> Iterator[bytes]:
    """CSV with a last column ``wkt``, UTF-8; text that a spreadsheet would run gets an apostrophe."""
    import shapely

    first = True
    for table, shapes in layer.batches():
        words = pa.array(shapely.to_wkt(shapes, rounding_precision=-1).tolist(), pa.string())
        yield csv_of(table.append_column("wkt", pa.chunked_array([words])), head=first)
        first = False
    if first:
        yield csv_of(layer.table.append_column("wkt", pa.nulls(0, pa.string())))


def arrow(layer: Layer) -> Iterator[bytes]:
    """An Arrow IPC stream with a column ``geometry`` of WKB (GeoArrow)."""
    schema = layer.table.schema.append(pa.field(GEOMETRY, pa.binary(), metadata=GEOARROW))
    if layer.note:
        schema = schema.with_metadata({"notes": json.dumps([layer.note])})
    sink = _Sink()
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), schema) as stream:
        for table, shapes in layer.batches():
            rows = table.append_column(GEOMETRY, pa.chunked_array([wkb_of(shapes)]))
            stream.write_table(rows.combine_chunks().cast(schema))
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """A file whose content is taken away while it is written."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        """Take bytes."""
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to close."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found


def kml(layers: Sequence[Layer]) -> Iterator[bytes]:
    """KML 2.2: a folder per layer, named placemarks, coloured by verdict or else by domain, all values as data."""
    head = ['<?xml version="1.0" encoding="UTF-8"?>', '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>']
    for name, colour in {**DOMAINS, **VERDICTS, "other": OTHER}.items():
        line, area = _kml_colour(colour, "ff"), _kml_colour(colour, "66")
        head.append(
            f"<Style id={quoteattr(name)}><IconStyle><color>{line}</color><scale>0.7</scale></IconStyle>"
            f"<LineStyle><color>{line}</color><width>2</width></LineStyle>"
            f"<PolyStyle><color>{area}</color></PolyStyle></Style>"
        )
    yield "\n".join([*head, ""]).encode()
    for layer in layers:
        about = f"<description>{_xml(layer.note)}</description>" if layer.note else ""
        yield f"<Folder><name>{_xml(layer.name)}</name>{about}\n".encode()
        for table, shapes in layer.batches():
            rows = zip(table.to_pylist(), shapes, strict=True)
            yield "".join(_placemark(row, shape) for row, shape in rows).encode()
        yield b"</Folder>\n"
    yield b"</Document></kml>\n"


def _placemark(row: dict[str, Any], shape: Any) -> str:
    name = row.get("name") or row.get("id") or ""
    style = next((_STYLED[row[key]] for key in ("verdict", "domain") if row.get(key) in _STYLED), "other")
    data = "".join(
        f"<Data name={quoteattr(key)}><value>{_xml(_said(value))}</value></Data>"
        for key, value in row.items()
        if value is not None
    )
    drawn = "" if shape is None or shape.is_empty else _kml_shape(shape)
    return (
        f"<Placemark><name>{_xml(str(name))}</name><styleUrl>#{style}</styleUrl>"
        f"<ExtendedData>{data}</ExtendedData>{drawn}</Placemark>\n"
    )


def _said(value: Any) -> str:
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def xml_text(text: str) -> str:
    """*text* without the characters that XML 1.0 does not have; it is not escaped yet."""
    return NO_XML.sub("\ufffd", text)


def _xml(text: str) -> str:
    return escape(xml_text(text))


def _kml_shape(shape: Any) -> str:
    kind = shape.geom_type
    if kind == "Point":
        return f"<Point><coordinates>{_places(shape)}</coordinates></Point>"
    if kind in ("LineString", "LinearRing"):
        return f"<LineString><coordinates>{_places(shape)}</coordinates></LineString>"
    if kind == "Polygon":
        rings = [("outerBoundaryIs", shape.exterior), *(("innerBoundaryIs", ring) for ring in shape.interiors)]
        inner = "".join(
            f"<{where}><LinearRing><coordinates>{_places(ring)}</coordinates></LinearRing></{where}>"
            for where, ring in rings
        )
        return f"<Polygon>{inner}</Polygon>"
    return f"<MultiGeometry>{''.join(_kml_shape(part) for part in shape.geoms)}</MultiGeometry>"


def _places(shape: Any) -> str:
    import shapely

    places = shapely.get_coordinates(shape, include_z=shape.has_z)
    return " ".join(",".join(map(repr, place)) for place in np.asarray(places).tolist())


def _kml_colour(colour: str, opacity: str) -> str:
    """``#rrggbb`` as KML says it: ``aabbggrr``."""
    return opacity + colour[5:7] + colour[3:5] + colour[1:3]
