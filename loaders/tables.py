"""Loader ``tables``: ``assets.csv`` and ``links.csv``, the plainest way into the twin (docs/loaders/tables.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from loaders.csvfile import MAX_SHORT, CsvFile, Encoding
from loaders.places import PlaceProblem, parse_point, parse_wkt
from twin.errors import SourceUnreadable
from twin.model import AssetRecord, LinkColumns, LinkRecord, Origin, Reject, one_by_one
from twin.schema import Schema, suggest

ASSET_COLUMNS = ("id", "kind", "name", "lon", "lat", "wkt")
LINK_COLUMNS = ("from", "type", "to", "group", "need")
#: Rows whose geometries are parsed together.
CHUNK = 4096
SEPARATORS = ("_", "-", ".", "")

Row = tuple[int, list[str]]


class TablesOptions(BaseModel):
    """Options of the loader ``tables``."""

    model_config = ConfigDict(extra="forbid")

    assets: str = Field(default="assets.csv", description="Name of the assets file; empty: there is none.")
    links: str = Field(default="links.csv", description="Name of the links file; empty: there is none.")
    encoding: Encoding = Field(default="utf-8", description="Encoding of both files.")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="What separates the cells.")


class TablesLoader:
    """Reads a folder with ``assets.csv`` and ``links.csv``, or two files with a common prefix."""

    name: ClassVar[str] = "tables"
    title: ClassVar[str] = "Two CSV tables: assets.csv and links.csv"
    Options: ClassVar[type[BaseModel]] = TablesOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[AssetRecord | LinkRecord | Reject]:
        """Assets first, then links, in the order of the files.

        Raises:
            SourceUnreadable: a file or a column that is needed is missing, or a file cannot be opened.
        """
        return one_by_one(self.blocks(path, options, schema))

    def blocks(
        self, path: Path, options: BaseModel, schema: Schema
    ) -> Iterator[AssetRecord | LinkRecord | LinkColumns | Reject]:
        """What :meth:`records` gives, with plain links in columns."""
        options = TablesOptions.model_validate(options, from_attributes=True)
        assets, links = (None if part is None else self._open(part, options) for part in _find(path, options))
        for table, needed in ((assets, ("id", "kind")), (links, ("from", "type", "to"))):
            if table is not None:
                table.require(needed)
                yield from table.problems
        count = 0
        if assets is not None:
            for record in _assets(assets, schema):
                count += 1
                yield record
        if links is not None:
            for link in _links(links, schema):
                count += 1
                yield link
        if not count and not any(t and t.problems for t in (assets, links)):
            yield Reject(Origin(path.name), "empty_file", f"{path.name} has no rows", "Export it again with its rows.")

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The one or two files that are read."""
        return [p for p in _find(path, TablesOptions.model_validate(options, from_attributes=True)) if p]

    def _open(self, path: Path, options: TablesOptions) -> CsvFile:
        return CsvFile(path, path.name, encoding=options.encoding, delimiter=options.delimiter)


def _find(path: Path, options: TablesOptions) -> tuple[Path | None, Path | None]:
    """The two files: in a folder, beside the named one, or starting with the given prefix."""
    if path.is_dir():
        found = tuple(path / name if name else None for name in (options.assets, options.links))
        return _present(found[0], found[1])
    for suffix in (options.assets, options.links):
        if suffix and path.name.endswith(suffix) and path.exists():
            prefix = path.name.removesuffix(suffix)
            return _present(*(path.with_name(prefix + n) if n else None for n in (options.assets, options.links)))
    for separator in SEPARATORS:
        both = [path.with_name(path.name + separator + n) if n else None for n in (options.assets, options.links)]
        if any(p and p.exists() for p in both):
            return _present(both[0], both[1])
    raise SourceUnreadable(
        f"{path} is not a folder with {options.assets} and {options.links}, nor the beginning of two such names",
        fix="Give the folder that holds the two files.",
    )


def _present(assets: Path | None, links: Path | None) -> tuple[Path | None, Path | None]:
    missing = [p for p in (assets, links) if p is not None and not p.exists()]
    if missing:
        option = "links" if missing[0] == links else "assets"
        raise SourceUnreadable(
            f"{' and '.join(str(p) for p in missing)}: no such file",
            fix=f'Check the path. If the export has no {option}, set the option {option} = "".',
        )
    return assets, links


def _property_columns(
    table: CsvFile, fixed: tuple[str, ...], known: Mapping[str, Any]
) -> tuple[list[tuple[int, str]], list[Reject]]:
    """Positions and names of the property columns, and a reject for each column that is none."""
    columns, rejects = [], []
    for number, name in enumerate(table.header):
        if name in fixed:
            continue
        if name in known:
            columns.append((number, name))
            continue
        hint = suggest(name.strip().lower(), [*fixed, *known])
        rejects.append(
            table.reject(
                1,
                name or f"column {number + 1}",
                "unknown_property",
                f"the schema has no property {name!r}.{hint}" if name else f"column {number + 1} has no name",
                "Rename or remove the column, or declare the property in a schema file of your own.",
            )
        )
    return columns, rejects


def _assets(table: CsvFile, schema: Schema) -> Iterator[AssetRecord | Reject]:
    place = {name: table.header.index(name) for name in ASSET_COLUMNS if name in table.header}
    columns, rejects = _property_columns(table, ASSET_COLUMNS, schema.properties)
    yield from rejects
    if not place:
        return
    rows = table.rows()
    while chunk := list(islice(rows, CHUNK)):
        yield from _asset_chunk(table, chunk, place, columns)


def _asset_chunk(
    table: CsvFile, chunk: Iterable[Row | Reject], place: dict[str, int], columns: list[tuple[int, str]]
) -> Iterator[AssetRecord | Reject]:
    good: list[Row] = []
    for item in chunk:
        if isinstance(item, Reject):
            yield item
        else:
            good.append(item)
    geometries, bad = _geometries(good, place)
    i_id, i_kind, i_name = place["id"], place["kind"], place.get("name")
    for number, (row, cells) in enumerate(good):
        native, kind = cells[i_id].strip(), cells[i_kind].strip()
        name = cells[i_name].strip() if i_name is not None else None
        rejects = list(_short(table, row, (("id", native), ("kind", kind)), name))
        if number in bad:
            problem = bad[number]
            rejects.append(table.reject(row, problem.column or "wkt", problem.code, str(problem), problem.fix))
        if rejects:
            yield from rejects
            continue
        properties = {key: cells[i] for i, key in columns if cells[i]}
        yield AssetRecord(native, kind, name or None, properties, geometries[number], Origin(table.file, row))


def _geometries(rows: list[Row], place: dict[str, int]) -> tuple[list[bytes | None], dict[int, PlaceProblem]]:
    """Geometry of each row: its WKT, or else the point at lon and lat (both are checked)."""
    i_lon, i_lat, i_wkt = place.get("lon"), place.get("lat"), place.get("wkt")
    geometries: list[bytes | None] = [None] * len(rows)
    problems: dict[int, PlaceProblem] = {}
    if i_wkt is not None and any(cells[i_wkt] for _, cells in rows):
        geometries, problems = parse_wkt([cells[i_wkt] for _, cells in rows])
    if i_lon is None and i_lat is None:
        return geometries, problems
    for number, (_, cells) in enumerate(rows):
        lon, lat = cells[i_lon] if i_lon is not None else "", cells[i_lat] if i_lat is not None else ""
        if not lon and not lat:
            continue
        try:
            point = parse_point(lon, lat)
        except PlaceProblem as problem:
            problems.setdefault(number, problem)
            continue
        if geometries[number] is None:
            geometries[number] = point
    return geometries, problems


def _short(table: CsvFile, row: int, needed: tuple[tuple[str, str], ...], name: str | None = None) -> Iterator[Reject]:
    for column, value in needed:
        if not value:
            yield table.reject(row, column, "missing_value", f"{column} is empty", f"Give every row its {column}.")
        elif len(value) > MAX_SHORT:
            yield _too_long(table, row, column, value)
    if name is not None and len(name) > MAX_SHORT:
        yield _too_long(table, row, "name", name)


def _too_long(table: CsvFile, row: int, column: str, value: str) -> Reject:
    message = f"{column} has {len(value):,} characters; at most {MAX_SHORT:,} are taken"
    return table.reject(
        row, column, "value_too_long", message, "Shorten the value; look for a quote that is never closed."
    )


def _links(table: CsvFile, schema: Schema) -> Iterator[LinkRecord | LinkColumns | Reject]:
    place = {name: table.header.index(name) for name in LINK_COLUMNS if name in table.header}
    columns, rejects = _property_columns(table, LINK_COLUMNS, schema.link_properties)
    yield from rejects
    if not place:
        return
    rows = table.rows()
    while chunk := list(islice(rows, CHUNK)):
        block = _plain_links(table, chunk, place, columns)
        if block is None:
            yield from _link_chunk(table, chunk, place, columns)
        else:
            yield block


def _plain_links(
    table: CsvFile, chunk: list[Row | Reject], place: dict[str, int], columns: list[tuple[int, str]]
) -> LinkColumns | None:
    """The links as columns, or None if one is a reject, lacks a text, has a long one or a property."""
    if any(isinstance(item, Reject) for item in chunk):
        return None
    numbers, cells = zip(*chunk, strict=True)
    texts = list(zip(*cells, strict=True))
    if any(any(texts[i]) for i, _ in columns):
        return None
    named = {name: list(map(str.strip, texts[i])) for name, i in place.items()}
    if any(not all(named[name]) for name in ("from", "type", "to")):
        return None
    if any(max(map(len, words)) * len(LINK_COLUMNS) > MAX_SHORT for words in named.values()):
        return None
    nothing: list[str | None] = [None] * len(cells)
    group, need = ([word or None for word in named[n]] if n in named else nothing for n in ("group", "need"))
    return LinkColumns(named["from"], named["type"], named["to"], group, need, table.file, list(numbers))


def _link_chunk(
    table: CsvFile, chunk: list[Row | Reject], place: dict[str, int], columns: list[tuple[int, str]]
) -> Iterator[LinkRecord | Reject]:
    i_from, i_type, i_to = place["from"], place["type"], place["to"]
    i_group, i_need = place.get("group"), place.get("need")
    for item in chunk:
        if isinstance(item, Reject):
            yield item
            continue
        row, cells = item
        start, kind, end = cells[i_from].strip(), cells[i_type].strip(), cells[i_to].strip()
        group = cells[i_group].strip() if i_group is not None else ""
        need = cells[i_need].strip() if i_need is not None else ""
        if not (start and kind and end) or len(start) + len(kind) + len(end) + len(group) + len(need) > MAX_SHORT:
            bad = list(_short(table, row, (("from", start), ("type", kind), ("to", end))))
            pairs = (("group", group), ("need", need))
            bad += [_too_long(table, row, name, text) for name, text in pairs if len(text) > MAX_SHORT]
            if bad:
                yield from (replace(reject, link=(kind, start, end)) for reject in bad)
                continue
        properties = {key: cells[i] for i, key in columns if cells[i]} if columns else {}
        yield LinkRecord(start, kind, end, group or None, need or None, properties, Origin(table.file, row))
