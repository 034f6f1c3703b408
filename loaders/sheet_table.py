"""One table of the loader ``sheet``: header, rows and joined columns, whatever file it lies in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from loaders.sheet_cells import decimal_sign, letters, normal
from loaders.sheet_csv import MAX_COLUMNS, BadCell, CsvRows
from loaders.sheet_excel import Workbook
from loaders.sheet_options import Join, SheetOptions
from twin.errors import LoaderOptionError, SourceUnreadable
from twin.model import Origin, Reject
from twin.schema import suggest

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet")
#: Rows of one table; rows of a joined one, which is held in memory; rows that decimal signs are guessed from.
MAX_ROWS, MAX_JOINED, GUESS_ROWS = 50_000_000, 2_000_000, 2_000

RawRow = tuple[int, list[Any] | BadCell]


class Files:
    """The files of one export; workbooks are opened once.

    Raises:
        SourceUnreadable: a file is missing.
    """

    def __init__(self, path: Path, options: SheetOptions) -> None:
        self.path, self.options = path, options
        self._books: dict[Path, Workbook] = {}

    def file_of(self, key: str) -> Path:
        """The file that a table lies in."""
        table = self.options.tables[key]
        if self.path.is_file():
            if table.file and table.file != self.path.name:
                raise LoaderOptionError(
                    f"tables.{key}.file = {table.file!r} needs a folder, and {self.path} is a file",
                    fix="Give the folder as path.",
                )
            return self.path
        if not self.path.is_dir():
            raise SourceUnreadable(f"{self.path} does not exist", fix="Check the path.")
        names = [table.file] if table.file else [key + suffix for suffix in SUFFIXES]
        for name in names:
            file = self.path / name
            if not file.resolve().is_relative_to(self.path.resolve()):
                raise LoaderOptionError(f"tables.{key}.file = {name!r} leads out of the folder")
            if file.is_file():
                return file
        raise SourceUnreadable(
            f"{self.path} has no file for the table {key!r} ({', '.join(names)})",
            fix=f"Set tables.{key}.file to the file's name.",
        )

    def rows_of(self, key: str) -> tuple[str, Callable[[], Iterator[RawRow]]]:
        """How origins name a table, and a function that reads its raw rows from the first."""
        file, table = self.file_of(key), self.options.tables[key]
        shown = file.name if file == self.path else file.relative_to(self.path).as_posix()
        form = sniff(file)
        if form == "workbook":
            if file not in self._books:
                self._books[file] = Workbook(file)
            book = self._books[file]
            sheet = book.sheet_name(table.sheet, key)
            return f"{shown}/{sheet}", lambda: book.rows(sheet)
        if form == "parquet":
            return shown, lambda: _parquet_rows(file)
        csv_rows = CsvRows(file, table.encoding, table.delimiter)
        return shown, csv_rows.rows


def sniff(file: Path) -> str:
    """``workbook``, ``parquet`` or ``csv``, by the first bytes.

    Raises:
        SourceUnreadable: it cannot be opened.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        raise SourceUnreadable(f"{file} cannot be opened: {error.strerror}") from error
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "workbook"
    return "parquet" if head.startswith(b"PAR1") else "csv"


class Table:
    """A table with its header read.

    Attributes:
        key: its name in the options. file: how origins name it.
        header: column names, normalised; joined columns follow as ``JOIN.Column``.
        problems: rejects about the whole table.
        empty: rows without any value, counted while reading; they are skipped.
    """

    def __init__(self, key: str, files: Files, joins: dict[str, tuple[Join, Table]]) -> None:
        self.key, self.options = key, files.options.tables[key]
        self.file, self._raw = files.rows_of(key)
        self.problems: list[Reject] = []
        self.empty = 0
        self.own: list[str] = []
        self._read_header()
        self.header: list[str] = self.own + [f"{name}.{c}" for name, (_, other) in joins.items() for c in other.header]
        self._joins = joins
        self._held: dict[str, dict[str, list[Any]]] = {}
        self._decimals: dict[int, str | None] = {}
        self._sample: list[list[Any]] | None = None

    def reject(self, row: int | None, column: str | None, code: str, message: str, fix: str) -> Reject:
        """A reject that points into this table."""
        return Reject(Origin(self.file, row, column), code, message, fix)

    def place(self, name: str) -> int:
        """Where a column stands: by its name, ``Name#2`` for the second of that name, or its letter ``@C``.

        Raises:
            LoaderOptionError: it is not there, or the name stands there several times.
        """
        name = normal(name)
        found = [i for i, title in enumerate(self.header) if title == name]
        if len(found) == 1:
            return found[0]
        if found:
            where = ", ".join("@" + letters(i) for i in found)
            raise LoaderOptionError(
                f"tables.{self.key}: the column {name!r} stands in {self.file} {len(found)} times ({where})",
                fix=f"Write {name}#1, {name}#2, ... or the letter, for example @{letters(found[0])}.",
            )
        base, _, number = name.rpartition("#")
        same = [i for i, title in enumerate(self.header) if title == base]
        if number.isdigit() and 1 <= int(number) <= len(same):
            return same[int(number) - 1]
        for i in range(len(self.own)):
            if name == "@" + letters(i):
                return i
        known = [title for title in self.header if title]
        raise LoaderOptionError(
            f"tables.{self.key}: {self.file} has no column {name!r}; it has {', '.join(known)[:400]}."
            f"{suggest(name, known)}",
            fix="Correct the name (case counts), or set `header` to the number of the header's row.",
        )

    def rows(self) -> Iterator[tuple[int, list[Any]] | Reject]:
        """Rows with a value below the header, joined columns appended; rejects for rows that cannot be read."""
        if not self.own:
            return
        words = {word.strip() for word in self.options.empty}
        fill = [self.place(name) for name in self.options.fill]
        joins = [(join, other, self.place(join.column), name) for name, (join, other) in self._joins.items()]
        above: dict[int, Any] = {}
        for item in self._body():
            if isinstance(item, Reject):
                yield item
                continue
            row, cells = item
            if words:
                cells = [None if isinstance(c, str) and c.strip() in words else c for c in cells]
            if all(c is None or (isinstance(c, str) and not c.strip()) for c in cells):
                self.empty += 1
                continue
            for i in fill:
                if cells[i] is None or cells[i] == "":
                    cells[i] = above.get(i)
                above[i] = cells[i]
            bad = None
            for join, other, at, name in joins:
                joined = self._look_up(name, join, other, cells[at])
                if joined is None:
                    bad = self._no_match(row, join, other, cells[at])
                    break
                cells = cells + joined
            yield bad if bad is not None else (row, cells)

    def decimal(self, place: int) -> str | None:
        """The decimal sign of texts in a column: as set, by the column, by the whole table, or not known."""
        if self.options.decimal:
            return self.options.decimal
        if place not in self._decimals:
            if self._sample is None:
                sample = islice((r for r in self._body() if not isinstance(r, Reject)), GUESS_ROWS)
                self._sample = [cells for _, cells in sample]
            column = [cells[place] for cells in self._sample if place < len(cells)]
            sign = decimal_sign(column)
            self._decimals[place] = sign or decimal_sign(c for cells in self._sample for c in cells)
        return self._decimals[place]

    def _read_header(self) -> None:
        rows = self.options.header_rows
        found: list[list[str]] = []
        for number, cells in islice(self._raw(), rows[-1]):
            if number not in rows:
                continue
            if isinstance(cells, BadCell):
                self.problems.append(self.reject(number, None, cells.code, cells.message, cells.fix))
                return
            bad = next((c for c in cells if isinstance(c, BadCell)), None)
            if bad is not None:
                self.problems.append(self.reject(number, None, bad.code, f"the header: {bad.message}", bad.fix))
                return
            found.append([normal(c) for c in cells])
        if not any(any(cells) for cells in found):
            where = f"has no header in row {rows[-1]}" if rows[-1] > 1 else "is empty"
            fix = "Export it again, or set `header` to the number of the header's row."
            self.problems.append(self.reject(None, None, "empty_file", f"{self.file} {where}", fix))
            return
        width = max(len(cells) for cells in found)
        if width > MAX_COLUMNS:
            raise SourceUnreadable(f"{self.file} has {width:,} columns, more than {MAX_COLUMNS:,}")
        for cells in found[:-1]:
            for i in range(1, len(cells)):
                cells[i] = cells[i] or cells[i - 1]
        parts = [[cells[i] if i < len(cells) else "" for cells in found] for i in range(width)]
        self.own = [" ".join(p for p in dict.fromkeys(part) if p) for part in parts]

    def _body(self) -> Iterator[tuple[int, list[Any]] | Reject]:
        """Rows below the header as wide as it."""
        first, last, width = self.options.header_rows[-1], self.options.last_row, len(self.own)
        for number, cells in self._raw():
            if number <= first:
                continue
            if last is not None and number > last:
                return
            if number - first > MAX_ROWS:
                raise SourceUnreadable(f"{self.file} has more than {MAX_ROWS:,} rows", fix="Import it in parts.")
            if isinstance(cells, BadCell):
                yield self.reject(number, None, cells.code, cells.message, cells.fix)
                continue
            while len(cells) > width and cells[-1] in (None, ""):
                cells = cells[:-1]
            if len(cells) > width or (len(cells) < width and any(c not in (None, "") for c in cells)):
                yield self._ragged(number, cells)
                continue
            yield number, cells + [None] * (width - len(cells))

    def _ragged(self, row: int, cells: list[Any]) -> Reject:
        message = f"the row has {len(cells)} cells, the header has {len(self.own)}"
        fix = "Quote cells that hold the delimiter, write empty cells too, or set `delimiter`, `header`, `last_row`."
        return self.reject(row, None, "bad_row", message, fix)

    def _look_up(self, name: str, join: Join, other: Table, key: Any) -> list[Any] | None:
        text = normal(key) if not isinstance(key, BadCell) else ""
        if not text and not isinstance(key, BadCell):
            return [None] * len(other.header)
        if name not in self._held:
            self._held[name] = _by_key(other, join.key)
        found = self._held[name].get(text)
        return found if found is not None or join.required else [None] * len(other.header)

    def _no_match(self, row: int, join: Join, other: Table, key: Any) -> Reject:
        if isinstance(key, BadCell):
            return self.reject(row, normal(join.column), key.code, key.message, key.fix)
        text = normal(key)[:60]
        return self.reject(
            row,
            normal(join.column),
            "missing_end",
            f"{text!r} is not in the column {join.key!r} of {other.file}",
            f"Add it there, correct the key, or set required = false in tables.{self.key}.join.",
        )


def _by_key(table: Table, column: str) -> dict[str, list[Any]]:
    """Key -> cells of the joined table.

    Raises:
        SourceUnreadable: a key stands there twice, or the table is too large to be held.
    """
    place, made = table.place(column), dict[str, list[Any]]()
    for item in table.rows():
        if isinstance(item, Reject):
            continue  # told where the table itself is read
        row, cells = item
        key = normal(cells[place]) if not isinstance(cells[place], BadCell) else ""
        if key in made:
            raise SourceUnreadable(
                f"{table.file}:{row}: the key {key[:60]!r} stands twice in {column!r}, which rows are joined by",
                fix="Keep one of the rows, or join by a column that is unique.",
            )
        if key:
            made[key] = cells
        if len(made) > MAX_JOINED:
            raise SourceUnreadable(f"{table.file} has more than {MAX_JOINED:,} rows, too many to be joined")
    return made


def _parquet_rows(file: Path) -> Iterator[RawRow]:
    """The header as row 1 and the rows of a Parquet file, batch by batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file, memory_map=False) as source:
            if source.metadata.num_columns > MAX_COLUMNS:
                raise SourceUnreadable(f"{file} has {source.metadata.num_columns:,} columns")
            yield 1, list(source.schema_arrow.names)
            number = 1
            for batch in source.iter_batches(batch_size=8192):
                columns = [column.to_pylist() for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield number, [_parquet_cell(c) for c in cells]
    except (pa.ArrowException, OSError, ValueError, OverflowError, UnicodeError) as error:
        raise SourceUnreadable(f"{file} cannot be read as Parquet: {str(error)[:200]}") from error


def _parquet_cell(cell: Any) -> Any:
    if isinstance(cell, bytes):
        try:
            return cell.decode()
        except UnicodeDecodeError:
            return BadCell("bad_encoding", "the cell holds bytes that are not text", "Write the column as text.")
    if isinstance(cell, list | dict | tuple):
        return BadCell("wrong_type", "the cell holds a list or a structure", "Write one value a cell.")
    return cell


def open_tables(path: Path, options: SheetOptions) -> dict[str, Table]:
    """Every table of the options, joined ones first.

    Raises:
        SourceUnreadable, LoaderOptionError: see :class:`Files`; tables joined in a circle.
    """
    files, made = Files(path, options), dict[str, Table]()

    def build(key: str, above: tuple[str, ...]) -> Table:
        if key in above:
            raise LoaderOptionError(
                f"tables.{key}.join: the tables {' -> '.join((*above, key))} are joined in a circle"
            )
        if key not in made:
            joins = {n: (j, build(j.table, (*above, key))) for n, j in options.tables[key].join.items()}
            made[key] = Table(key, files, joins)
        return made[key]

    for key in options.tables:
        build(key, ())
    return made
