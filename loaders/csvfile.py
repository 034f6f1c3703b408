"""Reading CSV files that somebody else wrote: strict about damage, exact about where it is.

Rows are counted as a spreadsheet counts them: the header is row 1, a line break inside quotes makes no new row.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TextIO

from pydantic import AfterValidator

from twin.errors import SourceUnreadable
from twin.model import Origin, Reject
from twin.schema import suggest

#: Characters in one cell; more is taken as a quote that was never closed.
MAX_CELL = 64 * 1024 * 1024
#: Characters in an id, a name, a kind and other short texts.
MAX_SHORT = 10_000
BLOCK = 1 << 20
BOMS = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def known_encoding(name: str) -> str:
    """*name*, if Python knows this text encoding.

    Raises:
        ValueError: it does not.
    """
    try:
        codecs.lookup(name)
        "".encode(name)
    except (LookupError, TypeError):
        raise ValueError(f"unknown encoding {name!r}; for example utf-8, cp1252 or iso-8859-1") from None
    return name


#: Option of a loader: an encoding that is known here.
Encoding = Annotated[str, AfterValidator(known_encoding)]


class CsvFile:
    """One CSV file: its header, and its rows with their numbers.

    Attributes:
        path: where it is.
        file: how origins name it.
        header: the column names as written; empty when nothing can be read.
        problems: rejects about the file and its header.

    Raises:
        SourceUnreadable: the file does not exist, is a folder, cannot be opened, or has another delimiter.
    """

    def __init__(self, path: Path, file: str, *, encoding: str = "utf-8", delimiter: str = ",") -> None:
        self.path, self.file, self.delimiter = path, file, delimiter
        self.encoding = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
        self.header: list[str] = []
        self.problems: list[Reject] = []
        self.damaged = False
        try:
            self._look()
        except FileNotFoundError:
            raise SourceUnreadable(f"{path} does not exist", fix="Check the path and the file's name.") from None
        except OSError as error:
            raise SourceUnreadable(f"{path} cannot be opened: {error.strerror}") from error

    def reject(self, row: int | None, column: str | None, code: str, message: str, fix: str) -> Reject:
        """A reject that points into this file."""
        return Reject(Origin(self.file, row, column), code, message, fix)

    def require(self, columns: tuple[str, ...]) -> None:
        """Ask for columns without which no row can be understood.

        Raises:
            SourceUnreadable: one or more are missing; all are named.
        """
        missing = [c for c in columns if c not in self.header]
        if self.header and missing:
            hints = "".join(suggest(c, [h for h in self.header if h not in columns]) for c in missing[:1])
            has = ", ".join(self.header)[:300]
            raise SourceUnreadable(
                f"{self.file}:1: the header has no column {', '.join(missing)}; it has {has}.{hints}",
                fix=f"Name the columns exactly {', '.join(columns)} (lower case, no blanks).",
            )

    def rows(self) -> Iterator[tuple[int, list[str]] | Reject]:
        """The rows under the header that have as many cells as it; a reject for each that has not.

        Empty lines are counted and skipped.
        """
        if not self.header:
            return
        width = len(self.header)
        with self._open() as stream:
            reader = self._reader(stream)
            next(reader)
            row = 1
            while True:
                try:
                    for cells in reader:
                        row += 1
                        if len(cells) != width:
                            if cells:
                                yield self._ragged(row, cells)
                        elif self.damaged and (bad := self._damage(row, cells)):
                            yield from bad
                        else:
                            yield row, cells
                    return
                except csv.Error as error:
                    row += 1
                    yield self._broken(row, error)
                except UnicodeDecodeError as error:
                    yield self._wrong_encoding(row + 1, error)
                    return

    def _look(self) -> None:
        """Scan the bytes once for damage, then read the header."""
        with self.path.open("rb") as stream:
            head = stream.read(4)
        for mark, name in BOMS.items():
            if head.startswith(mark) and not self.encoding.lower().startswith("utf-16"):
                self.problems.append(self._encoding_problem(1, f"is written in {name}"))
                return
        self.damaged = self._scan()
        try:
            with self._open() as stream:
                self._read_header(stream)
        except UnicodeDecodeError as error:
            self.problems.append(self._wrong_encoding(1, error))

    def _scan(self) -> bool:
        decoder = codecs.getincrementaldecoder(self.encoding)()
        with self.path.open("rb") as stream:
            while True:
                block = stream.read(BLOCK)
                try:
                    text = decoder.decode(block, final=not block)
                except UnicodeDecodeError:
                    return True
                if "\0" in text:
                    return True
                if not block:
                    return False

    def _open(self) -> TextIO:
        # Undecodable bytes become lone surrogates, so that every damaged cell is found and named.
        return self.path.open(encoding=self.encoding, errors="surrogateescape", newline="")

    def _reader(self, stream: TextIO) -> Iterator[list[str]]:
        csv.field_size_limit(MAX_CELL)
        return csv.reader(stream, delimiter=self.delimiter, strict=True)

    def _read_header(self, stream: TextIO) -> None:
        try:
            header = next(self._reader(stream), [])
        except csv.Error as error:
            self.problems.append(self._broken(1, error))
            return
        if not any(cell.strip() for cell in header):
            self.problems.append(
                self.reject(
                    None, None, "empty_file", f"{self.file} is empty", "Export the file again; it needs a header row."
                )
            )
            return
        if self.damaged and (bad := self._damage(1, header, header=True)):
            self.problems.extend(bad)
            return
        if len(header) == 1 and self.delimiter == "," and any(sign in header[0] for sign in ";\t|"):
            sign = next(sign for sign in ";\t|" if sign in header[0])
            raise SourceUnreadable(
                f"{self.file}:1: the columns are separated by {sign!r}, not by a comma",
                fix=f"Set the option delimiter = {sign!r}, or save the file with commas.",
            )
        self.header = header
        self.problems.extend(self._doubtful(header))

    def _doubtful(self, header: list[str]) -> Iterator[Reject]:
        seen: set[str] = set()
        for name in header:
            if name and name in seen:
                yield self.reject(
                    1, name, "bad_row", f"column {name!r} stands in the header twice", "Keep one of them."
                )
            seen.add(name)

    def _ragged(self, row: int, cells: list[str]) -> Reject:
        return self.reject(
            row,
            None,
            "bad_row",
            f"the row has {len(cells)} cells, the header has {len(self.header)}",
            "Quote cells that hold the delimiter, and write every cell, empty ones too.",
        )

    def _broken(self, row: int, error: csv.Error) -> Reject:
        if "field larger" in str(error):
            return self.reject(
                row,
                None,
                "value_too_long",
                f"a cell has more than {MAX_CELL:,} characters",
                "Look for a quote that is never closed, or shorten the cell.",
            )
        return self.reject(
            row,
            None,
            "bad_row",
            f"the row is not valid CSV: {error}",
            "Close every quote; double quotes inside a cell.",
        )

    def _damage(self, row: int, cells: list[str], *, header: bool = False) -> list[Reject]:
        found = []
        for number, cell in enumerate(cells):
            column = f"column {number + 1}" if header else self.header[number]
            if "\0" in cell:
                found.append(
                    self.reject(
                        row, column, "bad_row", "the cell holds a NUL byte", "The file is damaged: export it again."
                    )
                )
            elif not cell.isascii() and any("\ud800" <= sign <= "\udfff" for sign in cell):
                shown = cell[:40].encode(errors="replace").decode()
                found.append(self._encoding_problem(row, f"holds bytes that are not {self._codec}: {shown!r}", column))
        return found

    @property
    def _codec(self) -> str:
        return self.encoding.removesuffix("-sig").upper()

    def _encoding_problem(self, row: int | None, what: str, column: str | None = None) -> Reject:
        return self.reject(
            row,
            column,
            "bad_encoding",
            f"the {'cell' if column else 'file'} {what}",
            'Save the file as UTF-8, or name its encoding, for example encoding = "cp1252".',
        )

    def _wrong_encoding(self, row: int, error: UnicodeDecodeError) -> Reject:
        return self._encoding_problem(row, f"cannot be read as {self._codec}: {error.reason}")
