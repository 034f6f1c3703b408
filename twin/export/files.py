"""Files of layers: which formats there are, and how each is written or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import InvalidParameter

if TYPE_CHECKING:
    from twin.export.layer import Layer


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format of files with layers.

    Attributes:
        name: as in ``?f=``. suffix: of a file. media_type: over HTTP. title: for people.
        several: one file may hold several layers. streamed: sent while it is still being made, never a file.
    """

    name: str
    suffix: str
    media_type: str
    title: str
    several: bool = False
    streamed: bool = False


FORMATS = {
    each.name: each
    for each in (
        FileFormat("gpkg", ".gpkg", "application/geopackage+sqlite3", "GeoPackage with styles for QGIS", several=True),
        FileFormat("geojson", ".geojson", "application/geo+json", "GeoJSON", streamed=True),
        FileFormat("geojsonseq", ".geojsonl", "application/x-ndjson", "GeoJSON, a feature a line", streamed=True),
        FileFormat("fgb", ".fgb", "application/flatgeobuf", "FlatGeobuf"),
        FileFormat("geoparquet", ".parquet", "application/vnd.apache.parquet", "GeoParquet 1.1"),
        FileFormat("arrow", ".arrows", "application/vnd.apache.arrow.stream", "Arrow stream, GeoArrow", streamed=True),
        FileFormat("csv", ".csv", "text/csv; charset=utf-8", "CSV with a column wkt", streamed=True),
        FileFormat("shp", ".shp.zip", "application/zip", "Shapefile, zipped"),
        FileFormat(
            "kml", ".kml", "application/vnd.google-earth.kml+xml", "KML with colours", several=True, streamed=True
        ),
    )
}
#: Other suffixes that mean a format.
SUFFIXES = {each.suffix: each for each in FORMATS.values()} | {
    ".geojsons": FORMATS["geojsonseq"],
    ".ndgeojson": FORMATS["geojsonseq"],
    ".geoparquet": FORMATS["geoparquet"],
    ".zip": FORMATS["shp"],
}


def format_named(name: str) -> FileFormat:
    """The format of this name.

    Raises:
        InvalidParameter: there is none.
    """
    found = FORMATS.get(name)
    if found is None:
        from twin.schema import suggest  # the schema's parser is slow to import

        raise InvalidParameter(
            f"there is no format {name!r}.{suggest(name, FORMATS)}", fix=f"Use one of: {', '.join(FORMATS)}."
        )
    return found


def format_of(path: Path) -> FileFormat | None:
    """The format that the suffix of *path* means; None if it means none."""
    name = path.name.lower()
    return next((SUFFIXES[suffix] for suffix in sorted(SUFFIXES, key=len)[::-1] if name.endswith(suffix)), None)


def write(layers: Layer | Sequence[Layer], path: Path, form: FileFormat | None = None) -> None:
    """Write layers to *path*.

    Args:
        layers: one, or several where the format takes them. path: a new file. form: by default that of the suffix.

    Raises:
        InvalidParameter: the suffix means no format, the format takes one layer only, or GDAL refuses the file.
    """
    form = form or format_of(path)
    if form is None:
        raise InvalidParameter(
            f"no layer format has the suffix {path.suffix!r}", fix=f"Use one of: {', '.join(SUFFIXES)}."
        )
    whole = _all(layers, form)
    if form.streamed:
        with path.open("wb") as file:
            file.writelines(stream(whole, form))
        return
    from twin.export import gdal, parquet

    if form.name == "gpkg":
        gdal.geopackage(whole, path)
        return
    makers: dict[str, Callable[[Layer, Path], None]] = {
        "fgb": gdal.flatgeobuf,
        "shp": gdal.shapefile,
        "geoparquet": parquet.geoparquet,
    }
    makers[form.name](whole[0], path)


def stream(layers: Layer | Sequence[Layer], form: FileFormat) -> Iterator[bytes]:
    """Layers as bytes, some rows at a time; memory does not grow with them.

    Raises:
        InvalidParameter: the format takes one layer only.
    """
    from twin.export import text

    whole = _all(layers, form)
    if form.name == "kml":
        return text.kml(whole)
    makers: dict[str, Callable[[Layer], Iterator[bytes]]] = {
        "geojson": text.geojson,
        "geojsonseq": text.geojsonseq,
        "csv": text.csv,
        "arrow": text.arrow,
    }
    return makers[form.name](whole[0])


def _all(layers: Layer | Sequence[Layer], form: FileFormat) -> Sequence[Layer]:
    found = layers if isinstance(layers, Sequence) else [layers]
    if len(found) != 1 and not (form.several and found):
        raise InvalidParameter(f"a {form.title} file takes one layer, here are {len(found)}", fix="Use gpkg or kml.")
    return found
