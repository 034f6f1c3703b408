"""A layer: rows with a shape each, as columns; what every file format is written from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from twin.export.places import rows_of, shapes_at, shapes_of
from twin.snapshot.catalogue import Catalogue

if TYPE_CHECKING:
    import geopandas

    from twin.export.answers import Main

Shapes = npt.NDArray[np.object_]
#: Rows that are written at a time.
BATCH = 20_000
GEOMETRY = "geometry"
#: Class of geometries -> names of the single and the multiple type, their numbers in GEOS.
CLASSES: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "points": ("Point", "MultiPoint", (0, 4)),
    "lines": ("LineString", "MultiLineString", (1, 2, 5)),
    "areas": ("Polygon", "MultiPolygon", (3, 6)),
    "mixed": ("GeometryCollection", "GeometryCollection", (7,)),
}
#: What a layer of rows without a place ends in where there are others.
PLACELESS = "noplace"


@dataclass(frozen=True, eq=False)
class Layer:
    """Rows with a shape each.

    Attributes:
        name: of the layer in a file. table: n rows of attributes, without a geometry.
        shapes: (n,) shapely geometries in WGS 84, None where a row has no place.
    """

    name: str
    table: pa.Table
    shapes: Shapes

    @property
    def note(self) -> str | None:
        """How many rows have no place, in a sentence; None where all have."""
        import shapely

        lost = np.flatnonzero(shapely.is_missing(self.shapes))
        if not len(lost):
            return None
        kinds: list[tuple[str, int]] = []
        if "kind" in self.table.column_names:
            counted = pc.value_counts(self.table["kind"].take(pa.array(lost)).cast(pa.string())).to_pylist()
            kinds = sorted(((row["values"], row["counts"]) for row in counted if row["values"]), key=lambda k: -k[1])
        named = ", ".join(f"{count:,} {kind}" for kind, count in kinds[:3])
        more = f" and {len(kinds) - 3} more kinds" if len(kinds) > 3 else ""
        about = f" ({named}{more})" if named else ""
        return (
            f"{len(lost):,} of {len(self.shapes):,} rows have no known place and are written without geometry{about}."
        )

    def geometry_type(self) -> str | None:
        """The one OGC type of all shapes, ``Unknown`` for several, None where no row has a place."""
        import shapely

        found = np.unique(shapely.get_type_id(self.shapes[~shapely.is_missing(self.shapes)]))
        if not len(found):
            return None
        for single, multiple, numbers in CLASSES.values():
            if set(found.tolist()) <= set(numbers):
                height = " Z" if shapely.has_z(self.shapes).any() else ""
                return (multiple if numbers[-1] in found else single) + height
        return "Unknown"

    def split(self) -> list[Layer]:
        """A layer for each class of geometries, with shapes of one type; rows without a place go with the only class.

        Where there are several classes, the name gets ``_points, _lines, _areas, _mixed`` and ``_noplace``.
        """
        import shapely

        kind = shapely.get_type_id(self.shapes)
        classes = {name: np.isin(kind, numbers) for name, (_, _, numbers) in CLASSES.items()}
        there = [name for name, rows in classes.items() if rows.any()]
        if len(there) < 2:
            return [replace(self, shapes=_of_one_type(self.shapes))]
        classes[PLACELESS] = kind < 0
        return [
            Layer(f"{self.name}_{name}", self.table.filter(pa.array(rows)), _of_one_type(self.shapes[rows]))
            for name, rows in classes.items()
            if rows.any()
        ]

    def batches(self) -> Iterator[tuple[pa.Table, Shapes]]:
        """Some rows at a time."""
        for low in range(0, len(self.shapes), BATCH):
            yield self.table.slice(low, BATCH), self.shapes[low : low + BATCH]


def _of_one_type(shapes: Shapes) -> Shapes:
    """Single shapes as multiple ones, and flat ones with a height of 0, where others in the layer are so."""
    import shapely

    kind = shapely.get_type_id(shapes)
    found = shapes.copy()
    single = np.isin(kind, (0, 1, 2, 3))
    if single.any() and np.isin(kind, (4, 5, 6)).any():
        makers = {
            0: shapely.multipoints,
            1: shapely.multilinestrings,
            2: shapely.multilinestrings,
            3: shapely.multipolygons,
        }
        for at in np.flatnonzero(single):
            found[at] = makers[int(kind[at])]([found[at]])
    if shapely.has_z(found).any():
        found = shapely.force_3d(found, 0.0)
    return np.asarray(found, object)


def flat(table: pa.Table) -> pa.Table:
    """*table* with columns that every format takes: lists and objects as JSON text, dictionaries as their values."""
    made = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_nested(column.type):
            texts = [None if v is None else orjson.dumps(v).decode() for v in column.to_pylist()]
            column = pa.chunked_array([pa.array(texts, pa.string())])
        elif pa.types.is_null(column.type):
            column = column.cast(pa.string())
        elif pa.types.is_integer(column.type):
            column = column.cast(pa.int64())
        made[name] = column
    return pa.table(made)


def frame_layer(frame: geopandas.GeoDataFrame, name: str) -> Layer:
    """A GeoDataFrame (WGS 84) as a layer."""
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    plain = frame.drop(columns=frame.geometry.name)
    return Layer(name, flat(pa.Table.from_pandas(plain, preserve_index=False).replace_schema_metadata(None)), shapes)


def answer_layer(name: str, main: Main, document: Mapping[str, Any], catalogue: Catalogue) -> Layer:
    """The main table of an answer, each row where its asset is today."""
    table = main.table(document)
    return Layer(name, flat(table), shapes_at(catalogue, table, main.at))


def asset_layer(catalogue: Catalogue, ids: pa.ChunkedArray, name: str = "assets") -> Layer:
    """The assets with these ids in one layer: base columns and the properties that any of them has."""
    rows = rows_of(catalogue, ids)
    table = catalogue.table.drop_columns([GEOMETRY]).take(pa.array(rows))
    return Layer(name, flat(_used(table)), shapes_of(catalogue.table, rows))


def layers_by_kind(whole: Layer) -> list[Layer]:
    """A layer for each kind and class of geometries, the kinds in the order in which they are met."""
    kinds = whole.table["kind"].cast(pa.string()).combine_chunks()
    code = kinds.dictionary_encode()
    number = code.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    found = []
    for at, kind in [*enumerate(code.dictionary.to_pylist()), *([(-1, None)] if kinds.null_count else [])]:
        rows = np.flatnonzero(number == at)
        table = _used(whole.table.take(pa.array(rows)))
        found += Layer(kind or "unknown", table, whole.shapes[rows]).split()
    return found


def _used(table: pa.Table) -> pa.Table:
    always = ("id", "kind", "domain", "name")
    kept = [name for name in table.column_names if name in always or table[name].null_count < len(table)]
    return table.select(kept)


def wkb_of(shapes: Iterable[Any]) -> pa.Array:
    """Shapes as WKB of ISO flavour; null for none."""
    import shapely

    return pa.array(shapely.to_wkb(np.asarray(shapes, object), flavor="iso").tolist(), pa.binary())
