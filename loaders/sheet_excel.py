"""Workbooks (.xlsx, .xlsm, .xls, .ods) as rows of cells, by calamine; checked for bombs before they are opened.

calamine gives the values of formulas, and nothing for a formula that was never computed or that is an error. Those of
.xlsx are found in the XML beforehand, so that they are told and not taken for empty cells.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from loaders.sheet_csv import BadCell
from twin.errors import SourceUnreadable
from twin.schema import suggest

#: Bytes of a workbook, of all it unpacks to, cells of one sheet (its used corner, empty ones too).
MAX_PACKED, MAX_UNPACKED, MAX_CELLS = 256 << 20, 1 << 30, 30_000_000
#: From this size on, a part that unpacks to more than MAX_RATIO times its size is taken for a bomb.
BOMB_FROM, MAX_RATIO = 64 << 20, 400
MAX_FAULTS = 100_000
REF = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z")
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError)


class Workbook:
    """One workbook: its sheets by name, read one at a time.

    Raises:
        SourceUnreadable: damaged, encrypted, too large, or no workbook.
    """

    def __init__(self, path: Path) -> None:
        import python_calamine

        self.path = path
        self.parts: dict[str, str] = {}
        _check_size(path)  # and an .ods whole: calamine reads all of it when it opens it
        self._book = _guarded(path, python_calamine.CalamineWorkbook.from_path, str(path))
        self.names: list[str] = [m.name for m in self._book.sheets_metadata if str(m.typ).endswith("WorkSheet")]
        if zipfile.is_zipfile(path):
            self.parts = _sheet_parts(path)

    def sheet_name(self, wanted: str | int | None, key: str) -> str:
        """The sheet that is meant: by name, by number from 1, called like *key*, or the only one.

        Raises:
            SourceUnreadable: there is none, or it is not clear.
        """
        if isinstance(wanted, int):
            if wanted <= len(self.names):
                return self.names[wanted - 1]
        elif wanted is None and key in self.names:
            return key
        elif wanted is None and len(self.names) == 1:
            return self.names[0]
        elif wanted in self.names:
            return str(wanted)
        listed = ", ".join(self.names)[:400] or "none"
        asked = f"no sheet {wanted!r}" if wanted is not None else f"several sheets and none is called {key!r}"
        raise SourceUnreadable(
            f"{self.path.name} has {asked}; it has {listed}.{suggest(str(wanted or key), self.names)}",
            fix=f"Set tables.{key}.sheet to the name or the number of the sheet.",
        )

    def rows(self, name: str) -> Iterator[tuple[int, list[Any]]]:
        """Row number (from 1) and cells of a sheet; merged cells all have the value of their first."""
        faults = self._faults(name)
        sheet = _guarded(self.path, self._book.get_sheet_by_name, name)
        merged = _merged(sheet)
        held: dict[tuple[int, int], Any] = {}
        for number, cells in enumerate(_all_rows(self.path, sheet)):
            row = [None if cell == "" else cell for cell in cells]
            for column, fault in faults.get(number, {}).items():
                if column < len(row):
                    row[column] = fault
            for column, first in merged.get(number, {}).items():
                if first == (number, column):
                    held[first] = row[column] if column < len(row) else None
                elif column < len(row) and row[column] is None:
                    row[column] = held.get(first)
            yield number + 1, row

    def _faults(self, name: str) -> dict[int, dict[int, BadCell]]:
        part = self.parts.get(name)
        if part is None:
            return {}
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(part) as stream:
                return _xlsx_faults(self.path, stream)
        except BROKEN as error:
            raise SourceUnreadable(f"{self.path} cannot be read: {error}") from error


def _guarded(path: Path, call: Any, *args: Any) -> Any:
    """Call calamine; whatever it trips over, also a panic of its own, is a file that cannot be read."""
    try:
        return call(*args)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic of Rust is no Exception
        what = "it is protected by a password" if type(error).__name__ == "PasswordError" else str(error)[:200]
        raise SourceUnreadable(
            f"{path} cannot be read as a workbook: {what}", fix="Open it in a spreadsheet program and save it anew."
        ) from error


def _all_rows(path: Path, sheet: Any) -> Iterator[list[Any]]:
    rows = iter(_guarded(path, sheet.iter_rows))
    end = object()
    while (row := _guarded(path, next, rows, end)) is not end:
        yield row


def _merged(sheet: Any) -> dict[int, dict[int, tuple[int, int]]]:
    """Row -> column -> first cell of the merged range that it lies in."""
    made: dict[int, dict[int, tuple[int, int]]] = {}
    total = 0
    try:
        ranges = sheet.merged_cell_ranges or []
    except Exception:  # the format has none
        return {}
    for (top, left), (bottom, right) in ranges:
        total += (bottom - top + 1) * (right - left + 1)
        if total > MAX_FAULTS * 10:
            break
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                made.setdefault(row, {})[column] = (top, left)
    return made


def _check_size(path: Path) -> None:
    """Refuse what would fill the memory, before anything is unpacked."""
    try:
        size = path.stat().st_size
        if size > MAX_PACKED:
            raise SourceUnreadable(f"{path} has more than {MAX_PACKED >> 20} MB", fix="Save the sheets as CSV.")
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except BROKEN as error:
        raise SourceUnreadable(f"{path} is no readable workbook: {error}") from error
    total = sum(entry.file_size for entry in entries)
    worst = max((e.file_size / max(e.compress_size, 1) for e in entries if e.file_size > BOMB_FROM), default=0.0)
    if total > MAX_UNPACKED or worst > MAX_RATIO:
        raise SourceUnreadable(
            f"{path} would unpack to {total >> 20:,} MB", fix="If that is right, save the sheets as CSV."
        )
    if any(entry.filename == "content.xml" for entry in entries):
        try:
            with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
                _check_ods(path, stream)
        except BROKEN as error:
            raise SourceUnreadable(f"{path} is no readable workbook: {error}") from error


def _parse(stream: IO[bytes], tags: tuple[str, ...], events: tuple[str, ...] = ("end",)) -> Iterator[Any]:
    from lxml import etree

    return iter(
        etree.iterparse(
            stream, events=events, tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
    )


def _sheet_parts(path: Path) -> dict[str, str]:
    """Name of each sheet of an .xlsx -> its part of the zip; empty for other formats."""
    from lxml import etree

    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
                return {}
            targets: dict[str, str] = {}
            with archive.open("xl/_rels/workbook.xml.rels") as stream:
                for _, element in _parse(stream, ("{*}Relationship",)):
                    target = element.get("Target", "")
                    targets[element.get("Id", "")] = target.lstrip("/") if target[:1] == "/" else f"xl/{target}"
            parts: dict[str, str] = {}
            with archive.open("xl/workbook.xml") as stream:
                for _, element in _parse(stream, ("{*}sheet",)):
                    ids = [value for key, value in element.attrib.items() if str(key).endswith("}id")]
                    if ids and targets.get(ids[0]) in names:
                        parts[element.get("name", "")] = targets[ids[0]]
    except (*BROKEN, etree.LxmlError) as error:
        raise SourceUnreadable(f"{path} cannot be read as a workbook: {error}") from error
    return parts


def _xlsx_faults(path: Path, stream: IO[bytes]) -> dict[int, dict[int, BadCell]]:
    """Row -> column -> what is wrong with the cell, both from 0; refuses a sheet with too many cells."""
    from lxml import etree

    faults: dict[int, dict[int, BadCell]] = {}
    row, column, count = 0, -1, 0
    low, high, right = 1 << 30, 0, 0
    try:
        for event, element in _parse(stream, ("{*}row", "{*}c"), ("start", "end")):
            is_row = element.tag.endswith("}row")
            if event == "start":
                if is_row:
                    row, column = _number(element.get("r"), row), -1
                continue
            if not is_row:
                row_at, column = _place(element.get("r"), row, column)
                low, high, right = min(low, row_at), max(high, row_at), max(right, column)
                fault = _fault(element)
                if fault is not None and count < MAX_FAULTS:
                    faults.setdefault(row_at - 1, {})[column] = fault
                    count += 1
            element.clear()
    except etree.LxmlError as error:
        raise SourceUnreadable(f"{path} cannot be read as a workbook: {error}") from error
    _refuse_many(path, high, right + 1)
    return faults


def _number(text: str | None, before: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 8 else before + 1


def _place(ref: str | None, row: int, column: int) -> tuple[int, int]:
    """Row from 1 and column from 0 of a cell; without a reference the next one."""
    found = REF.match(ref or "")
    if found is None:
        return row, column + 1
    index = 0
    for sign in found[1]:
        index = index * 26 + ord(sign) - 64
    return int(found[2]), index - 1


def _fault(cell: Any) -> BadCell | None:
    value = formula = None
    for part in cell:
        name = str(part.tag).rpartition("}")[2]
        if name == "v":
            value = part.text
        elif name == "f":
            formula = part
    if cell.get("t") == "e":
        return BadCell("wrong_type", f"the cell holds the error {str(value)[:20]}", "Mend the formula and save again.")
    if formula is not None and not value and cell.get("t") != "str":
        message = "the cell holds a formula that was never computed"
        return BadCell("missing_value", message, "Open the file in a spreadsheet program and save it again.")
    return None


def _check_ods(path: Path, stream: IO[bytes]) -> None:
    """Refuse an .ods with repeated cells or rows that would fill the memory."""
    from lxml import etree

    rows, widest, column, used = 0, 0, 0, 0
    try:
        for event, element in _parse(
            stream, ("{*}table", "{*}table-row", "{*}table-cell", "{*}covered-table-cell"), ("start", "end")
        ):
            tag = element.tag.rpartition("}")[2]
            repeat = {str(k).rpartition("}")[2]: v for k, v in element.attrib.items()}
            if event == "start":
                if tag == "table":
                    rows = widest = 0
                elif tag == "table-row":
                    column = used = 0
                continue
            if tag in ("table-cell", "covered-table-cell"):
                column += _number(repeat.get("number-columns-repeated"), 0)
                if "value-type" in repeat:
                    used = column
            elif tag == "table-row":
                rows += _number(repeat.get("number-rows-repeated"), 0)
                if used:
                    widest = max(widest, used)
                    _refuse_many(path, rows, widest)
            element.clear()
    except etree.LxmlError as error:
        raise SourceUnreadable(f"{path} cannot be read as a workbook: {error}") from error


def _refuse_many(path: Path, rows: int, columns: int) -> None:
    if rows * columns > MAX_CELLS:
        raise SourceUnreadable(
            f"{path}: a sheet reaches over {rows:,} rows and {columns:,} columns, more than {MAX_CELLS:,} cells",
            fix="Delete what stands far outside the table, or save the sheet as CSV.",
        )
