"""What ``twin map`` looks at: tables and layers with a sample of their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from loaders.fields import convert
from loaders.gis_options import FieldMap
from loaders.sheet_cells import cell_text, decimal_sign, normal, number_text
from loaders.sheet_csv import BadCell, CsvRows
from loaders.sheet_excel import Workbook
from loaders.sheet_options import ColumnMap, SheetOptions, SheetTable
from loaders.sheet_rows import Columns
from loaders.sheet_table import SUFFIXES, Files, Table, sniff
from twin.errors import SourceUnreadable
from twin.model import Reject
from twin.schema import Property, Schema
from twin.schema.values import ValueProblem

#: Rows that are looked at in each table; rows in which a header is looked for; tables at most.
SAMPLE, HEADER_ROWS, MAX_TABLES = 20_000, 30, 60
TABULAR = tuple(suffix for suffix in SUFFIXES if suffix != ".txt")
VECTORS = (".gpkg", ".shp", ".geojson", ".fgb", ".gml", ".kml", ".gdb", ".json")

#: (column, property, unit, values, several) -> why some value does not fit, or None.
Fits = Callable[[str, Property, str | None, dict[str, str] | None, Literal["max"] | None], str | None]


@dataclass
class Seen:
    """One table or layer.

    Attributes:
        key: its name in the mapping. file: in a folder, else None. sheet: sheet or layer, when it has to be said.
        header: row of the header (1 for layers). columns: name -> sampled values. geometry: of a layer.
        fits: whether all sampled values of a column fit a property.
        said: options of the table that were found out (delimiter, encoding, decimal). notes: what to tell.
    """

    key: str
    file: str | None
    sheet: str | None
    columns: dict[str, list[Any]]
    fits: Fits
    header: int = 1
    geometry: str | None = None
    said: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def texts(self, column: str) -> list[str]:
        """The sampled values of a column as texts."""
        return ["" if isinstance(v, BadCell) else cell_text(v) for v in self.columns[column]]

    @property
    def rows(self) -> int:
        """Sampled rows."""
        return len(next(iter(self.columns.values()), []))


def see_sheets(path: Path, schema: Schema) -> list[Seen]:
    """Every table of a file or folder that has a header and rows.

    Raises:
        SourceUnreadable: a file cannot be read, or there is none.
    """
    if not path.exists():
        raise SourceUnreadable(f"{path} does not exist", fix="Check the path.")
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.suffix.lower() in TABULAR)
    if not files:
        raise SourceUnreadable(f"{path} has no {', '.join(SUFFIXES)} file", fix="Give the folder with the tables.")
    seen: list[Seen] = []
    for file in files:
        book = Workbook(file) if sniff(file) == "workbook" else None
        for sheet in (*book.names,) if book else (None,):
            made = _see_table(path, file, sheet, {s.key for s in seen}, schema)
            if made is not None and len(seen) < MAX_TABLES:
                seen.append(made)
    return seen


def _see_table(path: Path, file: Path, sheet: str | None, used: set[str], schema: Schema) -> Seen | None:
    key = sheet or file.stem
    if key in used:
        key = f"{file.stem} {key}"
    said: dict[str, Any] = {}
    if sniff(file) == "csv":
        csv_rows = CsvRows(file, None, None)
        said = {"encoding": csv_rows.encoding.removesuffix("-sig"), "delimiter": csv_rows.delimiter}
    base = {"file": file.name, "sheet": sheet, **said}
    options = SheetOptions(tables={"t": SheetTable(**base)}, assets={"a": {"kind": "site", "id": "x"}})  # type: ignore[dict-item]
    _, raw = Files(file, options).rows_of("t")
    header = _header_row([cells for _, cells in islice(raw(), HEADER_ROWS)])
    if header is None:
        return None
    options.tables["t"] = SheetTable(header=header, **base)
    table = Table("t", Files(file, options), {})
    rows = [item for item in islice(table.rows(), SAMPLE) if not isinstance(item, Reject)]
    names = [n for n in table.own if n and table.own.count(n) == 1]
    if not rows or not names:
        return None
    columns = {name: [cells[table.place(name)] for _, cells in rows] for name in names}
    sign = decimal_sign(v for values in columns.values() for v in values)
    if sign and sniff(file) == "csv":
        said["decimal"] = sign
        table.options = table.options.model_copy(update={"decimal": sign})

    def fits(
        column: str, prop: Property, unit: str | None, values: dict[str, str] | None, several: Literal["max"] | None
    ) -> str | None:
        reader = Columns(table, schema, [])
        reader.need([column])
        how = ColumnMap(column=column, unit=unit, values=values, several=several)
        for _, cells in rows:
            try:
                reader.value(cells, prop, how)
            except ValueProblem as problem:
                return str(problem)
        return None

    twice = sorted({n for n in table.own if n and table.own.count(n) > 1})
    notes = [f"the column {n!r} stands there several times: write {n}#1, {n}#2" for n in twice]
    name = file.name if path.is_dir() else None
    return Seen(key, name, sheet, columns, fits, header, None, said, notes)


def _header_row(rows: list[Any]) -> int | None:
    """The first row, from 1, that names most columns: texts only, nearly as wide as the widest row."""
    filled = [[normal(c) for c in row if not isinstance(c, BadCell)] if isinstance(row, list) else [] for row in rows]
    widest = max((sum(bool(c) for c in row) for row in filled), default=0)
    for number, (row, texts) in enumerate(zip(rows, filled, strict=True), 1):
        named = [t for t in texts if t]
        numbers = sum(not isinstance(c, str) or c.strip()[:1].isdigit() for c in row if c not in (None, ""))
        if named and len(named) >= max(1, 0.6 * widest) and numbers <= len(named) / 4:
            return number
    return 1 if widest else None


def see_layers(path: Path, schema: Schema) -> list[Seen]:
    """Every layer of a file or folder that GDAL reads and that has features with fields.

    Raises:
        SourceUnreadable: a file cannot be read, or there is none.
    """
    from loaders.gis_source import _call

    if not path.exists():
        raise SourceUnreadable(f"{path} does not exist", fix="Check the path.")
    single = path.is_file() or path.suffix.lower() == ".gdb"
    files = [path] if single else sorted(p for p in path.iterdir() if p.suffix.lower() in VECTORS)
    if not files:
        raise SourceUnreadable(f"{path} has no vector layer ({', '.join(VECTORS)})", fix="Give the file of the layers.")
    seen: list[Seen] = []
    for file in files:
        layers = _call(file, "list_layers", file)
        for layer, _ in layers:
            made = _see_layer(path, file, str(layer), len(layers) > 1, {s.key for s in seen}, schema)
            if made is not None and len(seen) < MAX_TABLES:
                seen.append(made)
    return seen


def _see_layer(path: Path, file: Path, layer: str, many: bool, used: set[str], schema: Schema) -> Seen | None:
    from loaders.gis_source import _call

    meta, table = _call(file, "read_arrow", file, layer=layer, max_features=SAMPLE)
    info = _call(file, "read_info", file, layer=layer)
    names = [str(name) for name in meta["fields"]]
    if not len(names) or not table.num_rows:
        return None
    columns: dict[str, list[Any]] = {}
    for name in names:
        try:
            columns[name] = table.column(name).to_pylist()
        except UnicodeDecodeError:
            continue

    def fits(
        column: str, prop: Property, unit: str | None, values: dict[str, str] | None, several: Literal["max"] | None
    ) -> str | None:
        how = FieldMap(field=column, unit=unit, values=values, several=several)
        for raw in columns[column]:
            try:
                convert(schema, prop, raw, how)
            except ValueProblem as problem:
                return str(problem)
        return None

    key = layer if many else file.stem
    if key in used:
        key = f"{file.stem} {key}"
    kind = str(info.get("geometry_type") or "").lower()
    shape = next((word for word in ("line", "polygon", "point") if word in kind), "mixed" if kind else None)
    notes = [] if info.get("crs") or not kind else ["the file does not say its reference system: set crs"]
    inside: str | None = None if path.is_file() or path.suffix.lower() == ".gdb" else file.name
    return Seen(key, inside, layer if many and layer != key else None, columns, fits, 1, shape, {}, notes)


def number_of(value: Any, decimal: str | None) -> float | None:
    """A sampled value as a number, or None."""
    try:
        return float(number_text("", value, decimal)) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return None
