"""The formats there are: name, media type, suffix.

Files of layers for GIS programs are those of :mod:`twin.export.files` whose names are not taken by tables.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.export import files


@dataclass(frozen=True, slots=True)
class Format:
    """A format of lists and results.

    Attributes:
        name: as in ``?f=``. media_type: as in ``Accept``. suffix: of a file that holds it.
        says: one line for the document. columnar: written column by column, so that pages may be long.
        file: a browser keeps it as a file. layer: how it is written as a file of layers; None where it is none.
    """

    name: str
    media_type: str
    suffix: str
    says: str
    columnar: bool = False
    file: bool = True
    layer: files.FileFormat | None = None


JSON = Format("json", "application/json", ".json", "The whole answer.", file=False)
COLUMNS = Format(
    "columns",
    "application/vnd.twin.columns+json",
    ".json",
    "The table as columns: `columns` name -> values, `rows` how many, and the rest of the answer beside them.",
    columnar=True,
    file=False,
)
GEOJSON = Format(
    "geojson",
    "application/geo+json",
    ".geojson",
    "The table as features in WGS 84, `geometry` null where a row has no place; the rest as foreign members.",
    file=False,
)
ARROW = Format(
    "arrow",
    "application/vnd.apache.arrow.stream",
    ".arrows",
    "The table as an Arrow IPC stream; the rest as JSON in the schema's metadata `twin`.",
    columnar=True,
)
CSV = Format("csv", "text/csv", ".csv", "The table as CSV (UTF-8); the rest is left out.")
PARQUET = Format(
    "parquet",
    "application/vnd.apache.parquet",
    ".parquet",
    "The table as Parquet; the rest as JSON in the schema's metadata `twin`.",
    columnar=True,
)

TABLES = (JSON, COLUMNS, GEOJSON, ARROW, CSV, PARQUET)
LAYERS = tuple(
    Format(
        each.name,
        each.media_type,
        each.suffix,
        f"A layer with the table: {each.title}. The rest is left out.",
        layer=each,
    )
    for each in files.FORMATS.values()
    if each.name not in {table.name for table in TABLES}
)
#: By name; the order is what the server likes best where the client does not mind.
FORMATS: dict[str, Format] = {each.name: each for each in (*TABLES, *LAYERS)}
