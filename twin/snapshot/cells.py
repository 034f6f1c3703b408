"""Reading text tables: the file, its cells, and what is wrong with them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from twin.errors import SourceUnreadable, TableError
from twin.model import Finding, Origin, Reject
from twin.schema.values import ValueProblem

SHOWN = 20


@dataclass
class Notes:
    """What reading meets: rejects are errors always; in strict mode the lenient ones are too."""

    strict: bool
    rejects: list[Reject] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def reject(self, origin: Origin, code: str, message: str, fix: str) -> None:
        self.rejects.append(Reject(origin, code, message, fix))

    def lenient(
        self, origin: Origin, code: str, message: str, fix: str, severity: str = "warning", count: int = 1
    ) -> None:
        if self.strict:
            self.reject(origin, code, message, fix)
        else:
            self.findings.append(Finding(code, severity, message, fix, count=count, origin=origin))

    def done(self) -> None:
        if self.rejects:
            lines = "; ".join(f"{r.origin}: {r.message}" for r in self.rejects[:SHOWN])
            more = f" (and {len(self.rejects) - SHOWN} more)" if len(self.rejects) > SHOWN else ""
            raise TableError(lines + more, rejects=self.rejects, fix=self.rejects[0].fix)


def read_csv(path: Path, needed: tuple[str, ...]) -> pa.Table:
    """A CSV file as text columns, which must include the *needed* ones. Raises SourceUnreadable."""
    try:
        with path.open("rb") as file:
            header = file.readline().decode("utf-8-sig")
        if not header.strip():
            raise SourceUnreadable(f"{path}: the file is empty", fix="Export it again.")
        names = _header(header)
        twice = sorted({n.strip() for n in names if [m.strip() for m in names].count(n.strip()) > 1 and n.strip()})
        if twice:
            raise SourceUnreadable(f"{path}: column {', '.join(twice)} stands twice", fix="Give columns one name each.")
        table = pcsv.read_csv(
            path,
            parse_options=pcsv.ParseOptions(newlines_in_values=True),
            convert_options=pcsv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except FileNotFoundError:
        raise SourceUnreadable(f"{path} is not there", fix="Check the path.") from None
    except IsADirectoryError:
        raise SourceUnreadable(f"{path} is a folder", fix="Give the file.") from None
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid, csv.Error) as error:
        raise SourceUnreadable(f"{path}: {error}") from error
    table = table.rename_columns([name.strip() for name in table.column_names])
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        lacks = f"column {missing[0]} is" if len(missing) == 1 else f"columns {', '.join(missing)} are"
        raise SourceUnreadable(
            f"{path}: {lacks} missing; there are {_few(table.column_names)}",
            fix=f"The first line names the columns; needed are: {', '.join(needed)}.",
        )
    return table


def _few(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _header(line: str) -> list[str]:
    return next(csv.reader([line]))


def parsed(
    column: pa.ChunkedArray,
    parse: Callable[[str], Any],
    kind: pa.DataType,
    bad: Callable[[int, ValueProblem], None],
) -> pa.Array:
    """A text column parsed value by different value; every bad cell is reported with its row."""
    coded = column.combine_chunks().dictionary_encode()
    values: list[Any] = []
    problems: dict[int, ValueProblem] = {}
    for code, text in enumerate(coded.dictionary.to_pylist()):
        try:
            values.append(parse(text))
        except ValueProblem as problem:
            values.append(None)
            problems[code] = problem
    if problems:
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(np.isin(codes, list(problems))):
            bad(int(row), problems[int(codes[row])])
    return pa.array(values, kind).take(coded.indices)
