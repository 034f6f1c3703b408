"""The CSV tables of a SimBench folder as columns: cells by column, numbers as arrays, problems with file and row."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from loaders.csvfile import MAX_SHORT, CsvFile
from twin.model import Reject
from twin.schema.values import ValueProblem, parse_number

#: How SimBench writes that there is no value.
ABSENT = frozenset(("", "NULL", "nan", "NaN"))
#: Rows that are turned into columns at a time.
CHUNK = 20_000


class Table:
    """One table in memory, column by column.

    Attributes:
        file: its name.
        numbers: row number of each row in the file (the header is row 1).
        rejects: what cannot be read, and rows that are out by :meth:`reject`.
        good: (n,) which rows are still good.
    """

    def __init__(self, path: Path, required: tuple[str, ...], encoding: str) -> None:
        """Read the file.

        Raises:
            SourceUnreadable: it cannot be opened, or a column of *required* is missing.
        """
        self._csv = CsvFile(path, path.name, encoding=encoding, delimiter=";")
        self._csv.require(required)
        self.file = path.name
        self.rejects: list[Reject] = list(self._csv.problems)
        self.numbers: list[int] = []
        columns: list[list[str]] = [[] for _ in self._csv.header]
        rows = self._csv.rows()
        while chunk := list(islice(rows, CHUNK)):
            good = [item for item in chunk if not isinstance(item, Reject)]
            self.rejects += [item for item in chunk if isinstance(item, Reject)]
            self.numbers += [number for number, _ in good]
            for column, cells in zip(columns, zip(*(cells for _, cells in good), strict=True), strict=False):
                column.extend(cells)
        self._columns: dict[str, list[str]] = dict(zip(self._csv.header, columns, strict=True))
        self.good = np.ones(len(self.numbers), dtype=bool)
        self._texts: dict[str, list[str]] = {}
        self._check_lengths()

    def __len__(self) -> int:
        return len(self.numbers)

    def texts(self, column: str) -> list[str]:
        """The cells of a column, trimmed; absent ones (and those of a column that is not there) are empty."""
        if column not in self._texts:
            cells = self._columns.get(column, [])
            words = ["" if cell in ABSENT else cell.strip() for cell in cells]
            self._texts[column] = words or [""] * len(self)
        return self._texts[column]

    def values(self, column: str) -> np.ndarray:
        """The cells of a column as (n,) float, NaN where absent; what is no finite number is rejected."""
        words = self.texts(column)
        try:
            found = np.array([word or "nan" for word in words], dtype=np.float64)
            absent = np.fromiter((not word for word in words), dtype=bool, count=len(words))
            if bool((absent | np.isfinite(found)).all()):
                return found
        except ValueError:
            pass
        found = np.full(len(words), np.nan)
        for i, word in enumerate(words):
            if word:
                try:
                    found[i] = parse_number(column, word)
                except ValueProblem as problem:
                    self.reject(i, column, problem.code, str(problem), problem.fix)
        return found

    def named(self, column: str) -> list[str]:
        """A column that every row must have; a row without is rejected."""
        words = self.texts(column)
        for i, word in enumerate(words):
            if not word:
                self.reject(i, column, "missing_value", f"{column} is empty", f"Give every row its {column}.")
        return words

    def ends(self, column: str, known: dict[str, int], what: str = "Node.csv") -> np.ndarray:
        """The row of *known* that each cell names, -1 (and a reject) where it names none."""
        words = self.named(column)
        found = np.fromiter((known.get(word, -1) for word in words), dtype=np.int64, count=len(words))
        for i in np.flatnonzero(found < 0).tolist():
            if words[i]:
                message = f"{column} is {words[i]!r}, which {what} does not have"
                self.reject(i, column, "missing_end", message, "Export both files together, or correct the name.")
        return found

    def reject(self, i: int, column: str | None, code: str, message: str, fix: str) -> None:
        """Row *i* (from 0) is out."""
        self.good[i] = False
        self.rejects.append(self._csv.reject(self.numbers[i], column, code, message, fix))

    def _check_lengths(self) -> None:
        for name, column in self._columns.items():
            if column and max(map(len, column)) > MAX_SHORT:
                for i, cell in enumerate(column):
                    if len(cell) > MAX_SHORT:
                        message = f"{name} has {len(cell):,} characters; at most {MAX_SHORT:,} are taken"
                        self.reject(i, name, "value_too_long", message, "Look for a quote that is never closed.")
                self._columns[name] = [cell[:MAX_SHORT] for cell in column]
