"""Loader ``sheet``: inventories kept in spreadsheets, by a mapping (docs/loaders/sheet.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from loaders.sheet_assets import AssetMaker
from loaders.sheet_links import LinkMaker, index_of
from loaders.sheet_options import SheetOptions
from loaders.sheet_rows import Cells
from loaders.sheet_table import Files, Table, open_tables
from twin.errors import LoaderOptionError
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema

Record = AssetRecord | LinkRecord | Reject
#: Rows whose places are transformed together.
CHUNK = 4096


@dataclass
class Tally:
    """What became of the rows of one table: ``rows`` = ``taken`` + ``left_out``; empty rows are none of them.

    Attributes:
        rows: rows with a value. taken: gave a record or a reject, or repeat one. left_out: no `where` took them,
            or their references are empty. empty: rows without any value.
    """

    rows: int = 0
    taken: int = 0
    left_out: int = 0
    empty: int = 0


class SheetLoader:
    """Reads CSV, Excel, OpenDocument and Parquet tables by a mapping.

    Attributes:
        tallies: table -> what became of its rows, after ``records`` is exhausted.
    """

    name: ClassVar[str] = "sheet"
    title: ClassVar[str] = "Spreadsheets by a mapping: CSV, Excel, OpenDocument, Parquet"
    Options: ClassVar[type[BaseModel]] = SheetOptions

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}

    @property
    def left_out(self) -> dict[str, int]:
        """Table -> rows that no block of the mapping takes, after ``records`` is exhausted."""
        return {key: tally.left_out for key, tally in self.tallies.items() if tally.left_out}

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Table by table in the order of the options: its assets and links.

        Raises:
            SourceUnreadable: a file is missing, damaged, hostile or too large.
            LoaderOptionError: the mapping names tables or columns that are not there; all of them are named.
        """
        options = SheetOptions.model_validate(options)
        self.tallies = {}
        tables = open_tables(path, options)
        broken: set[str] = set()
        for key, table in tables.items():  # joined ones come first
            if table.problems or any(join.table in broken for join in table.options.join.values()):
                broken.add(key)
        for table in tables.values():
            yield from table.problems
        makers, linkers = _makers(options, tables, schema, broken)
        mistakes = [item for maker in makers.values() for item in maker.check()]
        mistakes += [item for linker in linkers for item in linker.check()]
        yield from mistakes
        if mistakes:
            return
        indexes = {pair: None for linker in linkers for pair in linker.wanted()}
        found = {(name, column): index_of(makers[name], column) for name, column in indexes}
        for linker in linkers:
            linker.indexes = found
        for key, table in tables.items():
            if key not in broken:
                own = [maker for maker in makers.values() if maker.table is table]
                yield from self._table(table, own, [linker for linker in linkers if linker.table is table])
        if not broken and not any(tally.rows for tally in self.tallies.values()):
            message = f"{path.name} has no rows in the tables of the mapping"
            yield Reject(Origin(path.name), "empty_file", message, "Export it again, or set `header` and `sheet`.")

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """Every file of every table, each once."""
        options = SheetOptions.model_validate(options)
        files = Files(path, options)
        return list(dict.fromkeys(files.file_of(key) for key in options.tables))

    def _table(self, table: Table, makers: list[AssetMaker], linkers: list[LinkMaker]) -> Iterator[Record]:
        tally = self.tallies[table.key] = Tally()
        chunk: list[tuple[int, Cells]] = []
        table.empty = 0
        for item in table.rows():
            if isinstance(item, Reject):
                tally.rows += 1
                tally.taken += 1
                yield item
                continue
            chunk.append(item)
            if len(chunk) == CHUNK:
                yield from _chunk(table, makers, linkers, chunk, tally)
                chunk = []
        yield from _chunk(table, makers, linkers, chunk, tally)
        tally.empty = table.empty


def _chunk(
    table: Table, makers: list[AssetMaker], linkers: list[LinkMaker], rows: list[tuple[int, Cells]], tally: Tally
) -> Iterator[Record]:
    taken: set[int] = set()
    for maker in makers:
        assets, mine = maker.assets(rows)
        taken |= mine
        yield from assets
    for linker in linkers:
        links, mine = linker.links(rows)
        taken |= mine
        yield from links
    left = [row for row, _ in rows if row not in taken] if makers or linkers else []
    reject = table.options.unused == "reject"
    for row in left if reject else ():
        message = "no block of the mapping takes this row"
        fix = f'Add a block for such rows, or set tables.{table.key}.unused = "leave".'
        yield table.reject(row, None, "bad_row", message, fix)
    tally.rows += len(rows)
    tally.left_out += 0 if reject or not (makers or linkers) else len(left)
    tally.taken += len(rows) - (0 if reject else len(left))


def _makers(
    options: SheetOptions, tables: dict[str, Table], schema: Schema, broken: set[str]
) -> tuple[dict[str, AssetMaker], list[LinkMaker]]:
    """The blocks whose tables can be read.

    Raises:
        LoaderOptionError: columns are not there.
    """
    mistakes: list[str] = []
    makers = {
        key: AssetMaker(key, block, tables[options.table_of(block)], schema, mistakes)
        for key, block in options.assets.items()
        if options.table_of(block) not in broken
    }
    linkers = []
    for key, link in options.links.items():
        needs = {end.asset for end in link.ends() if end.asset}
        if options.table_of(link) not in broken and needs <= makers.keys():
            linkers.append(LinkMaker(key, link, tables[options.table_of(link)], schema, makers, mistakes))
    for key in tables.keys() - broken:
        table = tables[key]
        for name in [*table.options.fill, *(join.column for join in table.options.join.values())]:
            try:
                table.place(name)
            except LoaderOptionError as error:
                mistakes.append(error.detail)
        for join in table.options.join.values():
            if join.table not in broken:
                try:
                    tables[join.table].place(join.key)
                except LoaderOptionError as error:
                    mistakes.append(error.detail)
    if mistakes:
        raise LoaderOptionError(
            "; ".join(dict.fromkeys(mistakes)), fix="Correct the mapping: names are case-sensitive."
        )
    return makers, linkers
