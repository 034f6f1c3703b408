"""The tables of a PyPSA CSV folder: which component is which kind, and reading their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from loaders.csvfile import MAX_SHORT, CsvFile
from twin.errors import SourceUnreadable
from twin.model import Reject
from twin.schema.values import ValueProblem, parse_number

#: How PyPSA and pandas call the first column, which holds the component's name.
INDEX = ("name", "", "Unnamed: 0", "index")
FALSE = ("false", "0", "0.0")
TIME_COLUMNS = ("", "snapshot", "name", "period", "timestep", "Unnamed: 0")


class Component(NamedTuple):
    """One table: its file, the prefix of its ids, the kind, how it joins its buses, our property -> their column."""

    file: str
    prefix: str
    kind: str
    role: str
    fields: Mapping[str, str]


#: Roles: ``joins`` its buses (mesh), ``feeds`` its bus, ``draws`` from it.
COMPONENTS = (
    Component(
        "lines.csv",
        "line",
        "power_line",
        "joins",
        {"length_km": "length", "capacity_mva": "s_nom", "circuits": "num_parallel", "ref": "ref"},
    ),
    Component(
        "links.csv", "link", "power_line", "joins", {"length_km": "length", "capacity_mw": "p_nom", "ref": "ref"}
    ),
    Component(
        "transformers.csv",
        "transformer",
        "transformer",
        "joins",
        {"capacity_mva": "s_nom", "reactance_pu": "x", "ref": "ref"},
    ),
    Component(
        "generators.csv", "generator", "generator", "feeds", {"capacity_mw": "p_nom", "fuel": "carrier", "ref": "ref"}
    ),
    Component(
        "storage_units.csv",
        "storage_unit",
        "storage_unit",
        "feeds",
        {"capacity_mw": "p_nom", "fuel": "carrier", "ref": "ref"},
    ),
    Component("stores.csv", "store", "storage_unit", "feeds", {"energy_mwh": "e_nom", "fuel": "carrier", "ref": "ref"}),
    Component("loads.csv", "load", "load", "draws", {"ref": "ref"}),
)


@dataclass
class Row:
    """One component: its name, its non-empty cells by column, and its row number."""

    number: int
    name: str
    cells: dict[str, str]

    @property
    def out_of_service(self) -> bool:
        """Whether PyPSA has it switched off (``active`` is false)."""
        return self.cells.get("active", "").strip().lower() in FALSE

    def buses(self) -> Iterator[tuple[str, str]]:
        """Column and name of each bus it is at: ``bus``, or ``bus0``, ``bus1`` and further ones."""
        for column, cell in self.cells.items():
            if column.startswith("bus") and (column == "bus" or column[3:].isdigit()):
                yield column, cell


def read_component(folder: Path, file: str, encoding: str) -> tuple[CsvFile, Iterator[Row | Reject]] | None:
    """A table of the folder and its rows, or None when the folder has none.

    Raises:
        SourceUnreadable: it cannot be opened, or its first column is not the name.
    """
    if not (folder / file).exists():
        return None
    table = CsvFile(folder / file, file, encoding=encoding)
    if table.header and table.header[0] not in INDEX:
        raise SourceUnreadable(
            f"{file}:1: the first column is {table.header[0]!r}, not the component's name",
            fix="Export the network again with export_to_csv_folder.",
        )
    return table, _rows(table)


def _rows(table: CsvFile) -> Iterator[Row | Reject]:
    yield from table.problems
    columns = list(enumerate(table.header))[1:]
    for item in table.rows():
        if isinstance(item, Reject):
            yield item
            continue
        number, cells = item
        name = cells[0].strip()
        if not name:
            yield table.reject(number, "name", "missing_value", "the component has no name", "Give every row a name.")
        elif len(name) > MAX_SHORT:
            message = f"the name has {len(name):,} characters"
            yield table.reject(number, "name", "value_too_long", message, "Look for a quote that is never closed.")
        else:
            yield Row(number, name, {column: cells[i] for i, column in columns if cells[i].strip()})


@dataclass
class Demand:
    """What each load draws, from ``loads-p_set.csv``: MW, or nothing when the file is not there."""

    values: dict[str, float] = field(default_factory=dict)
    present: bool = False
    rejects: list[Reject] = field(default_factory=list)


def read_demand(folder: Path, take: str, encoding: str) -> Demand:
    """The demand of each load in MW.

    Args:
        folder: the PyPSA folder.
        take: ``peak`` (of each load), ``system_peak`` (at the time when the sum is highest) or ``mean``.
        encoding: of the file.
    """
    demand = Demand()
    if not (folder / "loads-p_set.csv").exists():
        return demand
    table = CsvFile(folder / "loads-p_set.csv", "loads-p_set.csv", encoding=encoding)
    demand.rejects += table.problems
    names = [(i, name) for i, name in enumerate(table.header) if i and name not in TIME_COLUMNS]
    best = np.full(len(names), -np.inf)
    total, count = np.zeros(len(names)), 0
    for item in table.rows():
        if isinstance(item, Reject):
            demand.rejects.append(item)
            continue
        row, cells = item
        now = _numbers(table, row, [(name, cells[i]) for i, name in names], demand.rejects)
        total += now
        count += 1
        if take == "system_peak":
            best = now if now.sum() > best.sum() else best
        else:
            best = np.maximum(best, now)
    if count:
        found = total / count if take == "mean" else best
        demand.present = True
        demand.values = {name: float(value) for (_, name), value in zip(names, found, strict=True)}
    return demand


def _numbers(table: CsvFile, row: int, cells: list[tuple[str, str]], rejects: list[Reject]) -> np.ndarray:
    try:
        values = np.array([cell or "0" for _, cell in cells], dtype=np.float64)
        if np.isfinite(values).all():
            return values
    except ValueError:
        pass
    values = np.zeros(len(cells))
    for i, (name, cell) in enumerate(cells):
        try:
            values[i] = parse_number(f"the demand of load {name}", cell or "0")
        except ValueProblem as problem:
            rejects.append(table.reject(row, name, problem.code, str(problem), problem.fix))
    return values
