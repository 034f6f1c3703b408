"""CSV files of any locale as rows of cells: encoding and delimiter guessed, damage told cell by cell."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from loaders.csvfile import BLOCK
from twin.errors import SourceUnreadable

#: Characters in one line (a quoted cell may have several lines, MAX_CELL in all).
MAX_LINE = MAX_CELL = 16 << 20
MAX_COLUMNS = 16_384
#: Bytes from which the delimiter is guessed.
SAMPLE = 64 << 10
DELIMITERS = ",;\t|"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODE_FIX = 'Save the file as UTF-8, or name its encoding, for example encoding = "cp1252".'


class BadCell(NamedTuple):
    """A cell that holds no value: code, what is wrong, what to do."""

    code: str
    message: str
    fix: str


def guess_encoding(path: Path) -> str:
    """UTF-8, UTF-16 or UTF-32 by the mark at the beginning, UTF-8 when it is that, else cp1252.

    A file with many UTF-8 letters and a few bad bytes is damaged UTF-8, not cp1252.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
        for mark, name in MARKS:
            if head.startswith(mark):
                return name
        stream.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        letters = 0
        while True:
            block = stream.read(BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError:
                return "utf-8" if letters or _letters(block) else "cp1252"
            letters += 0 if text.isascii() else 1
            if not block:
                return "utf-8"


def _letters(block: bytes) -> bool:
    """Whether more of the bytes above 127 make UTF-8 letters than not."""
    text = block.decode("utf-8", errors="surrogateescape")
    bad = sum("\ud800" <= sign <= "\udfff" for sign in text)
    return sum(sign > "\x7f" for sign in text) > 2 * bad


def guess_delimiter(sample: str) -> str:
    """What separates the cells: the sign that gives most lines one number of cells, more than one."""
    best, chosen = (0.0, 0), ","
    for sign in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(sample.splitlines()[:200], delimiter=sign) if row)
        except csv.Error:
            continue
        wide = {width: count for width, count in widths.items() if width > 1}
        if wide:
            width = max(wide, key=lambda w: (wide[w], w))
            score = (wide[width] / sum(widths.values()), width)
            if score > best:
                best, chosen = score, sign
    return chosen


class CsvRows:
    """The rows of one CSV file.

    Attributes:
        encoding, delimiter: as given or guessed.

    Raises:
        SourceUnreadable: the file does not exist or cannot be opened.
    """

    def __init__(self, path: Path, encoding: str | None, delimiter: str | None) -> None:
        self.path = path
        try:
            self.encoding = encoding or guess_encoding(path)
            if self.encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
                self.encoding = "utf-8-sig"
            with self._open() as stream:
                sample = stream.read(SAMPLE)
        except OSError as error:
            raise SourceUnreadable(f"{path} cannot be opened: {error.strerror}") from error
        except UnicodeError as error:
            raise SourceUnreadable(f"{path} cannot be read as {encoding}: {error}", fix=ENCODE_FIX) from error
        self.delimiter = delimiter or guess_delimiter(sample)

    def rows(self) -> Iterator[tuple[int, list[Any] | BadCell]]:
        """Row number (from 1, as a spreadsheet counts) and cells; a row that is no CSV is one bad cell."""
        csv.field_size_limit(MAX_CELL)
        with self._open() as stream:
            reader = csv.reader(_lines(stream), delimiter=self.delimiter, strict=True)
            row = 0
            while True:
                try:
                    for cells in reader:
                        row += 1
                        yield row, self._checked(cells)
                    return
                except csv.Error as error:
                    row += 1
                    too_long = "larger than" in str(error) or "too long" in str(error)
                    message = f"the row is not valid CSV: {error}"
                    fix = "Close every quote; double quotes inside a cell; check the delimiter."
                    yield row, BadCell("value_too_long" if too_long else "bad_row", message, fix)
                    if too_long:
                        return
                except UnicodeError as error:
                    message = f"the file cannot be read further as {self.encoding}: {error}"
                    yield row + 1, BadCell("bad_encoding", message[:200], ENCODE_FIX)
                    return

    def _open(self) -> TextIO:
        return self.path.open(encoding=self.encoding, errors="surrogateescape", newline="")

    def _checked(self, cells: list[str]) -> list[Any]:
        made: list[Any] = cells
        for i, cell in enumerate(cells):
            if "\0" in cell:
                made[i] = BadCell("bad_row", "the cell holds a NUL byte", "The file is damaged: export it again.")
            elif not cell.isascii() and any("\ud800" <= sign <= "\udfff" for sign in cell):
                shown = cell[:40].encode(errors="replace").decode()
                made[i] = BadCell("bad_encoding", f"the cell holds bytes that are not text: {shown!r}", ENCODE_FIX)
        return made


def _lines(stream: TextIO) -> Iterator[str]:
    """Lines of bounded length.

    Raises:
        csv.Error: a line is longer.
    """
    while line := stream.readline(MAX_LINE):
        if len(line) >= MAX_LINE and not line.endswith(("\n", "\r")):
            raise csv.Error(f"the line is too long: more than {MAX_LINE:,} characters")
        yield line
