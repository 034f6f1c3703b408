"""Layers as files that GDAL writes: GeoPackage with styles, FlatGeobuf, Shapefile."""

from __future__ import annotations

import csv
import sqlite3
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidParameter
from twin.export.layer import GEOMETRY, Layer, wkb_of
from twin.export.styles import qml

CRS = "EPSG:4326"
#: Of GeoPackages: what GDAL of 2018 reads without a word.
VERSION = "1.2"
#: Where QGIS looks for the styles of a GeoPackage's layers.
STYLES = (
    'CREATE TABLE "layer_styles" (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), '
    "f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, "
    "styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
    "update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"
)
#: Characters of a field name in a Shapefile, and bytes of a text in one.
SHORT, LONGEST = 10, 254


def geopackage(layers: Sequence[Layer], path: Path) -> None:
    """A GeoPackage of all layers, a table for each class of geometries, with styles that QGIS takes by default.

    Raises:
        InvalidParameter: GDAL refuses it.
    """
    parts = _distinct([part for layer in layers for part in layer.split()])
    for number, part in enumerate(parts):
        how: dict[str, Any] = {"append": True} if number else {"dataset_options": {"VERSION": VERSION}}
        _write(part, path, "GPKG", part.name, layer_metadata={"notes": part.note} if part.note else None, **how)
    styled = [part for part in parts if part.geometry_type() is not None]
    if not styled:
        return
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(STYLES)
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', 'Styles for QGIS', 0)"
        )
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
            "styleName, styleQML, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', ?, ?, 1, ?, '')",
            [(part.name, part.name[:30], qml(part), f"Colours of {part.name}") for part in styled],
        )


def _distinct(parts: list[Layer]) -> list[Layer]:
    """Layers under names of their own: SQLite takes no two that differ by case only."""
    taken = {"layer_styles"}
    found = []
    for part in parts:
        name, number = part.name, 2
        while name.lower() in taken or name.lower().startswith(("gpkg_", "rtree_", "sqlite_")):
            name, number = f"{part.name}_{number}" if name.lower() in taken else f"layer_{part.name}", number + 1
        taken.add(name.lower())
        found.append(Layer(name, part.table, part.shapes))
    return found


def flatgeobuf(layer: Layer, path: Path) -> None:
    """A FlatGeobuf file, with a spatial index where every row has a place; of mixed geometries without heights.

    Raises:
        InvalidParameter: GDAL refuses it.
    """
    # FlatGeobuf takes rows without a place only where it makes no spatial index.
    more = {"SPATIAL_INDEX": "NO", "DESCRIPTION": layer.note} if layer.note else {}
    parts = layer.split()
    _write(parts[0] if len(parts) == 1 else layer, path, "FlatGeobuf", layer.name, layer_options=more)


def shapefile(layer: Layer, path: Path) -> None:
    """A ZIP archive with a Shapefile for each class of geometries and ``fields.csv``: what their fields mean.

    Raises:
        InvalidParameter: GDAL refuses it.
    """
    short = short_names(layer.table.column_names)
    with TemporaryDirectory(prefix=".twin-", dir=path.parent) as scratch:
        folder = Path(scratch)
        for part in layer.split():
            cut = [_cut(part.table[name]) for name in part.table.column_names]
            renamed = Layer(part.name, pa.table(cut, names=list(short.values())), part.shapes)
            _write(
                renamed, folder / f"{part.name}.shp", "ESRI Shapefile", part.name, layer_options={"ENCODING": "UTF-8"}
            )
        with (folder / "fields.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["field", "property", "type", "values_cut"])
            writer.writerows([short[name], name, *_kept(layer.table[name])] for name in layer.table.column_names)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)


def _cut(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts of at most 254 bytes, whole characters."""
    if not pa.types.is_string(column.type) or not _kept(column)[1]:
        return column
    texts = [v and v.encode()[:LONGEST].decode(errors="ignore") for v in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _kept(column: pa.ChunkedArray) -> tuple[str, int]:
    """Type of a field, and how many of its texts do not fit into one."""
    if pa.types.is_boolean(column.type):
        return "0 or 1", 0
    if not pa.types.is_string(column.type):
        return str(column.type), 0
    long = pc.sum(pc.greater(pc.binary_length(column), LONGEST)).as_py()
    return f"text of {LONGEST} bytes", long or 0


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Names of at most 10 characters: the longest word is cut first (``ride_through_power_s`` is ``ri_th_po_s``)."""
    found: dict[str, str] = {}
    for name in names:
        words = name.split("_")
        while sum(map(len, words)) + len(words) - 1 > SHORT and max(map(len, words)) > 1:
            longest = max(range(len(words)), key=lambda at: (len(words[at]), at))
            words[longest] = words[longest][:-1]
        short = "_".join(words)[:SHORT]
        number = 1
        while short.lower() in {other.lower() for other in found.values()}:
            short = f"{short[: SHORT - 1 - len(str(number))]}_{number}"
            number += 1
        found[name] = short
    return found


def _write(layer: Layer, path: Path, driver: str, name: str, **how: Any) -> None:
    """One layer through GDAL, some rows at a time."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

    kind = layer.geometry_type()
    schema = layer.table.schema
    if kind is not None:
        schema = schema.append(pa.field(GEOMETRY, pa.binary()))

    def rows() -> Iterator[pa.RecordBatch]:
        for table, shapes in layer.batches():
            if kind is not None:
                table = table.append_column(GEOMETRY, pa.chunked_array([wkb_of(shapes)]))
            yield from table.combine_chunks().cast(schema).to_batches()

    reader = pa.RecordBatchReader.from_batches(schema, rows())
    placed = {"geometry_name": GEOMETRY, "geometry_type": kind, "crs": CRS} if kind is not None else {}
    try:
        pyogrio.write_arrow(reader, path, layer=name, driver=driver, **placed, **how)
    except (DataSourceError, DataLayerError, FeatureError, RuntimeError, OSError) as error:
        raise InvalidParameter(f"{path.name} cannot be written: {error}") from error
