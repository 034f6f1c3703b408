"""Reading MATPOWER case files (``.m``) as data: matrices and cells of ``mpc``; nothing in them is ever run.

Our own reader: every value keeps its line, several rows on one line are several rows, and statements that change a
matrix afterwards (kW to MW) are either understood or named. Format: MATPOWER User's Manual, appendix B.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

#: Bytes of a file, characters of a line, cells of a row, characters of a statement.
MAX_BYTES, MAX_LINE, MAX_CELLS, MAX_STATEMENT = 256 << 20, 1 << 20, 1000, 10_000
FIX = "Write it with MATPOWER's savecase (version 2)."
START = re.compile(r"\s*mpc\.(\w+)\s*=\s*([\[{])(.*)", re.DOTALL)
VERSION = re.compile(r"\s*mpc\.version\s*=\s*['\"]?([\w.]+)")
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN", re.IGNORECASE)
#: The sums that some cases write for a number: 135/sqrt(3), 50/3.
SUM = re.compile(r"([-+]?[\d.]+)([*/])(?:([\d.]+)|sqrt\(([\d.]+)\))")
CONSTANT = re.compile(r"\s*(\w+)\s*=\s*([-+.\deE]+)\s*(?:;\s*)?$")
CHANGE = re.compile(r"\s*mpc\.(bus|gen|branch|dcline)\s*\(([^()]*)\)\s*=\s*(.*)", re.DOTALL)
SCALE = re.compile(r"mpc\.(\w+)\s*\(([^()]*)\)\s*([*/])\s*(\w+|[-+.\deE]+)\s*(?:;\s*)?$")
WORD = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass
class Case:
    """One case.

    Attributes:
        matrices: name -> rows as (line, values); rows that cannot be read are in ``rejects``.
        cells: name -> texts with their line.
        scales: (matrix, column name) -> factor by which a statement multiplies the column.
        changed: (matrix, column name) of what a statement changes in a way that is not understood, with its line.
        rejects: what cannot be read.
    """

    file: str
    matrices: dict[str, list[tuple[int, list[float] | None]]] = field(default_factory=dict)
    cells: dict[str, list[str]] = field(default_factory=dict)
    scales: dict[tuple[str, str], float] = field(default_factory=dict)
    changed: dict[tuple[str, str], int] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    def reject(self, line: int | None, column: str | None, code: str, message: str, fix: str) -> Reject:
        """A reject that points into this file."""
        return Reject(Origin(self.file, line, column), code, message, fix)


def read_case(path: Path) -> Case:
    """The case in *path*.

    Raises:
        SourceUnreadable: it is missing, too large, no MATPOWER case, or of version 1.
    """
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise SourceUnreadable(f"{path} is larger than {MAX_BYTES >> 20} MiB", fix="Split the case.")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise SourceUnreadable(f"{path} does not exist", fix=FIX) from None
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be opened: {error.strerror}", fix=FIX) from error
    case = Case(path.name)
    if not raw.strip():
        case.rejects.append(case.reject(None, None, "empty_file", f"{path.name} is empty", "Save the case again."))
        return case
    if raw.startswith(b"MATLAB 5.0 MAT-file"):
        raise SourceUnreadable(f"{path} is a MAT-file, not a case in text", fix=FIX)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")  # comments with names; numbers are ASCII
    _Reader(case, text).read()
    if "bus" not in case.matrices:
        raise SourceUnreadable(f"{path} is no MATPOWER case of version 2: it has no mpc.bus", fix=FIX)
    return case


class _Reader:
    """Goes through the lines once."""

    def __init__(self, case: Case, text: str) -> None:
        self.case = case
        self.lines = text.split("\n")
        self.constants: dict[str, float] = {}

    def read(self) -> None:
        open_name, bracket, statement, first, commented = "", "", "", 0, False
        for number, raw in enumerate(self.lines, start=1):
            if len(raw) > MAX_LINE:
                self._bad(number, "value_too_long", f"the line has {len(raw):,} characters", "Break the line.")
                continue
            if raw.strip() in ("%{", "%}"):
                commented = raw.strip() == "%{"
                continue
            line = "" if commented else _without_comment(raw.rstrip("\r"))
            if not open_name:
                first = first if statement else number
                statement += line.rstrip().removesuffix("...")
                if line.rstrip().endswith("...") and len(statement) < MAX_LINE:
                    continue
                begun = START.match(statement)
                if begun is None:
                    self._statement(first, statement)
                    statement = ""
                    continue
                open_name, bracket, line = begun[1], begun[2], begun[3]
                statement = ""
                self._begin(open_name, bracket, number)
            line, ended = _until(line, "]" if bracket == "[" else "}")
            self._content(open_name, bracket, number, line)
            if ended:
                open_name = ""
        if open_name:
            self._bad(
                len(self.lines), "bad_row", f"mpc.{open_name} is not closed: the file is cut off", "Save it again."
            )

    def _begin(self, name: str, bracket: str, number: int) -> None:
        if name in self.case.matrices or name in self.case.cells:
            self._bad(number, "bad_row", f"mpc.{name} is given twice; both are read", "Keep one of them.")
        if bracket == "[":
            self.case.matrices.setdefault(name, [])
        else:
            self.case.cells.setdefault(name, [])

    def _content(self, name: str, bracket: str, number: int, line: str) -> None:
        if bracket == "{":
            texts = re.findall(r"'((?:[^']|'')*)'|\"([^\"]*)\"", line)
            self.case.cells[name] += [(one or other).replace("''", "'").strip() for one, other in texts]
            return
        for part in line.split(";"):
            words = part.replace(",", " ").split()
            if not words:
                continue
            values: list[float] | None = None
            found = [_number(word) for word in words[: MAX_CELLS + 1]]
            if None in found or len(words) > MAX_CELLS:
                what = f"{words[found.index(None)][:60]!r} is no number" if None in found else "the row is too long"
                if name in ("bus", "gen", "branch", "dcline"):
                    self._bad(number, "wrong_type", f"mpc.{name}: {what}", "Write plain numbers.")
            else:
                values = [value for value in found if value is not None]
            self.case.matrices[name].append((number, values))

    def _statement(self, number: int, text: str) -> None:
        """What stands between the matrices: the version, constants, and changes of a matrix."""
        if len(text) > MAX_STATEMENT:
            self._bad(number, "value_too_long", f"the statement has {len(text):,} characters", "Leave it out.")
            return
        if (version := VERSION.match(text)) and version[1] != "2":
            raise SourceUnreadable(f"{self.case.file} is a case of version {version[1][:20]}", fix=FIX)
        if constant := CONSTANT.match(text):
            try:
                self.constants[constant[1]] = float(constant[2])
            except ValueError:
                return
        change = CHANGE.match(text)
        if change is None:
            return
        matrix, where, value = change.groups()
        names = WORD.findall(where.split(",", 1)[-1])
        factor = self._factor(matrix, where, value)
        for name in names or ["?"]:
            if factor is None:
                self.case.changed.setdefault((matrix, name), number)
            else:
                self.case.scales[matrix, name] = self.case.scales.get((matrix, name), 1.0) * factor

    def _factor(self, matrix: str, where: str, value: str) -> float | None:
        """The factor of ``mpc.bus(:, C) = mpc.bus(:, C) / 1e3``, None when the statement is another."""
        scale = SCALE.match(value)
        same = scale is not None and scale[1] == matrix and _plain(scale[2]) == _plain(where)
        if scale is None or not same or not _plain(where).startswith(":,"):
            return None
        try:
            number = self.constants[scale[4]] if scale[4] in self.constants else float(scale[4])
        except ValueError:
            return None
        if scale[3] == "*":
            return number
        return 1.0 / number if number else None

    def _bad(self, number: int, code: str, message: str, fix: str) -> None:
        self.case.rejects.append(self.case.reject(number, None, code, message, fix))


def _number(word: str) -> float | None:
    if NUMBER.fullmatch(word):
        return float(word)
    if (parts := SUM.fullmatch(word)) is None:
        return None
    try:
        first, second = float(parts[1]), float(parts[3]) if parts[3] else math.sqrt(float(parts[4]))
    except ValueError:
        return None
    if parts[2] == "*":
        return first * second
    return first / second if second else None


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _without_comment(line: str) -> str:
    if "%" not in line:
        return line
    quoted = ""
    for i, sign in enumerate(line):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "'\"":
            quoted = sign
        elif sign == "%":
            return line[:i]
    return line


def _until(line: str, bracket: str) -> tuple[str, bool]:
    """The line up to a closing bracket outside quotes, and whether there is one."""
    quoted = ""
    for i, sign in enumerate(line):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "'\"":
            quoted = sign
        elif sign == bracket:
            return line[:i], True
    return line, False
