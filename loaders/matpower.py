"""Loader ``matpower``: a MATPOWER case file (docs/loaders/matpower.md).

Buses go by their number (``bus/101``), generators, branches and DC lines by their row (``branch/7``), as in MATPOWER.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from loaders.matpower_file import Case, read_case
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema
from twin.schema.values import ValueProblem, parse_value

Record = AssetRecord | LinkRecord | Reject
#: Matrix -> column name -> its place: the columns that are taken (MATPOWER's idx_bus, idx_gen, idx_brch, idx_dcline).
COLUMNS = {
    "bus": {"BUS_I": 0, "BUS_TYPE": 1, "PD": 2, "QD": 3, "GS": 4, "BS": 5, "BASE_KV": 9, "ZONE": 10},
    "gen": {"GEN_BUS": 0, "PG": 1, "GEN_STATUS": 7, "PMAX": 8, "PMIN": 9},
    "branch": {"F_BUS": 0, "T_BUS": 1, "RATE_A": 5, "TAP": 8, "SHIFT": 9, "BR_STATUS": 10},
    "dcline": {"F_BUS": 0, "T_BUS": 1, "BR_STATUS": 2, "PMAX": 10},
}
#: Columns that say what is joined, works or is needed: a statement that changes them must be understood.
DECISIVE = frozenset(
    ("BUS_I", "BUS_TYPE", "PD", "BASE_KV", "GEN_BUS", "GEN_STATUS", "F_BUS", "T_BUS", "BR_STATUS", "?")
)
ISOLATED, REFERENCE = 4, 3
Row = dict[str, float]


class MatpowerOptions(BaseModel):
    """Options of the loader ``matpower``."""

    model_config = ConfigDict(extra="forbid")

    ignore_statements: bool = Field(
        default=False,
        description="Take the matrices as they stand, whatever statements below them change in a way that is not "
        "understood.",
    )


class MatpowerLoader:
    """Reads buses with their loads and shunts, generators, branches and DC lines."""

    name: ClassVar[str] = "matpower"
    title: ClassVar[str] = "MATPOWER case file (.m)"
    Options: ClassVar[type[BaseModel]] = MatpowerOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Buses, loads and shunts; generators, branches, DC lines; then the links.

        Raises:
            SourceUnreadable: the file is missing, or no case of version 2.
        """
        options = MatpowerOptions.model_validate(options, from_attributes=True)
        case = read_case(path)
        yield from case.rejects
        if not any(reject.code == "empty_file" for reject in case.rejects):
            yield from _Network(case, options, schema).records()

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The file itself."""
        return [path]


class _Network:
    """One case on its way to records."""

    def __init__(self, case: Case, options: MatpowerOptions, schema: Schema) -> None:
        self.case, self.options, self.schema = case, options, schema
        self.voltage: dict[int, float | None] = {}
        self.reference: set[int] = set()
        self.links: list[LinkRecord] = []

    def records(self) -> Iterator[Record]:
        yield from self._changes()
        if not self.case.matrices["bus"]:
            yield self.case.reject(None, None, "empty_file", "mpc.bus has no rows", "Save the case again.")
        for number, line, row in self._rows("bus"):
            yield from self._bus(number, line, row)
        for matrix in ("gen", "branch", "dcline"):
            make = {"gen": self._generator, "branch": self._branch, "dcline": self._direct}[matrix]
            for number, line, row in self._rows(matrix):
                rejects = list(self._ends(matrix, line, row))
                if rejects or row is None:
                    yield from rejects
                else:
                    yield from make(number, line, row)
        yield from self.links

    def _changes(self) -> Iterator[Reject]:
        for (matrix, column), line in self.case.changed.items():
            if column in DECISIVE and not self.options.ignore_statements:
                message = f"a statement changes {column} of mpc.{matrix}, in a way that is not understood"
                fix = "Run the case in MATPOWER and savecase it; or set ignore_statements to take the matrix as it is."
                yield self.case.reject(line, column, "bad_row", message, fix)

    def _rows(self, matrix: str) -> Iterator[tuple[int, int, Row | None]]:
        """Number (from 1), line and taken columns of each row; None for the columns when the row is too short.

        A column of a row is NaN where a statement changes it in a way that is not understood.
        """
        columns = COLUMNS[matrix]
        needed = max(columns.values()) + 1
        for number, (line, values) in enumerate(self.case.matrices.get(matrix, []), start=1):
            if values is None:
                continue  # its reject is there already
            if len(values) < needed:
                yield number, line, None
                continue
            row = {name: values[place] * self.case.scales.get((matrix, name), 1.0) for name, place in columns.items()}
            for name in columns:
                if (matrix, name) in self.case.changed and name not in DECISIVE:
                    row[name] = math.nan
            yield number, line, row

    def _short(self, matrix: str, line: int) -> Reject:
        needed = max(COLUMNS[matrix].values()) + 1
        message = f"the row of mpc.{matrix} has fewer than {needed} columns"
        return self.case.reject(line, None, "bad_row", message, "Save the case again.")

    def _bus(self, number: int, line: int, row: Row | None) -> Iterator[Record]:
        if row is None:
            yield self._short("bus", line)
            return
        if not (row["BUS_I"] > 0 and row["BUS_I"].is_integer()):
            message = f"BUS_I is {row['BUS_I']:g}; a bus has a whole number above 0"
            yield self.case.reject(line, "BUS_I", "wrong_type", message, "Number the buses.")
            return
        bus = int(row["BUS_I"])
        if bus in self.voltage:
            message = f"bus {bus} stands in mpc.bus twice"
            yield self.case.reject(line, "BUS_I", "duplicate_id", message, "Give every bus its own number.")
            return
        rejects: list[Reject] = []
        off = {"status": "out_of_service"} if row["BUS_TYPE"] == ISOLATED else {}
        values = {"voltage_kv": row["BASE_KV"] or None, "subnet": row["ZONE"]}
        properties = self._properties("bus", line, values, rejects)
        yield from rejects
        if rejects:
            return
        self.voltage[bus] = properties.get("voltage_kv")
        if row["BUS_TYPE"] == REFERENCE:
            self.reference.add(bus)
        yield AssetRecord(
            f"bus/{bus}", "bus", self._name("bus_name", number), {**properties, **off}, None, self._at(line)
        )
        yield from self._drawn(bus, line, row)

    def _drawn(self, bus: int, line: int, row: Row) -> Iterator[Record]:
        """The load and the shunt of a bus."""
        for kind, columns, values in (
            ("load", ("PD", "QD"), {"demand_mw": row["PD"]}),
            ("shunt", ("GS", "BS"), {}),
        ):
            if any(row[column] and row[column] == row[column] for column in columns):
                rejects: list[Reject] = []
                properties = self._properties(kind, line, {**values, "voltage_kv": self.voltage[bus]}, rejects)
                yield from rejects
                if not rejects:
                    yield AssetRecord(f"{kind}/{bus}", kind, None, properties, None, self._at(line))
                    self._link(f"bus/{bus}", "POWERS", f"{kind}/{bus}", line)

    def _ends(self, matrix: str, line: int, row: Row | None) -> Iterator[Reject]:
        if row is None:
            yield self._short(matrix, line)
            return
        columns = ("GEN_BUS",) if matrix == "gen" else ("F_BUS", "T_BUS")
        for column in columns:
            if row[column] not in self.voltage:
                message = f"{column} is {row[column]:g}, which mpc.bus does not have"
                yield self.case.reject(line, column, "missing_end", message, "Add the bus, or correct its number.")
        if len(columns) == 2 and row["F_BUS"] == row["T_BUS"]:
            message = f"the row of mpc.{matrix} joins bus {row['F_BUS']:g} to itself"
            yield self.case.reject(line, "T_BUS", "bad_row", message, "Correct its buses.")

    def _generator(self, number: int, line: int, row: Row) -> Iterator[Record]:
        """A source, unless it gives no active power (a dispatchable load, a condenser): that follows its bus."""
        bus, most, least = int(row["GEN_BUS"]), row["PMAX"], row["PMIN"]
        native, kind, feeds = f"gen/{number}", "generator", most > 0 or row["PG"] > 0 or math.isnan(most)
        if most <= 0 and least < 0:
            kind, feeds = "load", False
            values: dict[str, Any] = {"demand_mw": -least, "equipment_type": "dispatchable"}
        else:
            capacity = most if math.isfinite(most) else row["PG"]
            slack = "slack" if bus in self.reference else self._text("gentype", number)
            values = {"capacity_mw": capacity if capacity >= 0 else None, "equipment_type": slack}
            values["fuel"] = self._text("genfuel", number)
        rejects: list[Reject] = []
        properties = self._properties(kind, line, {**values, "voltage_kv": self.voltage[bus]}, rejects)
        yield from rejects
        if rejects:
            return
        if not row["GEN_STATUS"] > 0:
            properties["status"] = "out_of_service"
        yield AssetRecord(native, kind, self._name("gen_name", number), properties, None, self._at(line))
        ends = (native, f"bus/{bus}") if feeds else (f"bus/{bus}", native)
        self._link(ends[0], "POWERS", ends[1], line)

    def _branch(self, number: int, line: int, row: Row) -> Iterator[Record]:
        ends = [int(row["F_BUS"]), int(row["T_BUS"])]
        known = [v for v in (self.voltage[bus] for bus in ends) if v is not None]
        values: dict[str, Any] = {"voltage_kv": max(known, default=None), "capacity_mva": row["RATE_A"] or None}
        kind = "power_line"
        if row["TAP"] not in (0, 1) or row["SHIFT"] or len(set(known)) > 1:
            kind, values["voltage_low_kv"] = "transformer", min(known, default=None)
        name = self._name("branch_name", number)
        yield from self._joins(f"branch/{number}", kind, name, values, row, line)

    def _direct(self, number: int, line: int, row: Row) -> Iterator[Record]:
        most = row["PMAX"]
        values = {"capacity_mw": most if math.isfinite(most) and most > 0 else None}
        yield from self._joins(f"dcline/{number}", "hvdc_line", None, values, row, line)

    def _joins(
        self, native: str, kind: str, name: str | None, values: dict[str, Any], row: Row, line: int
    ) -> Iterator[Record]:
        rejects: list[Reject] = []
        properties = self._properties(kind, line, values, rejects)
        yield from rejects
        if rejects:
            return
        if row["BR_STATUS"] != 1:
            properties["status"] = "out_of_service"
        yield AssetRecord(native, kind, name, properties, None, self._at(line))
        for end in ("F_BUS", "T_BUS"):
            self._link(native, "CONDUCTS", f"bus/{int(row[end])}", line)

    def _properties(self, kind: str, line: int, values: dict[str, Any], rejects: list[Reject]) -> dict[str, Any]:
        """Values by the schema; absent, endless and unknown (NaN) ones are left out."""
        known = self.schema.kind_properties(kind)
        properties: dict[str, Any] = {}
        for name, value in values.items():
            if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
                continue
            try:
                properties[name] = parse_value(known[name], value)
            except ValueProblem as problem:
                rejects.append(self.case.reject(line, name, problem.code, str(problem), problem.fix))
        return properties

    def _text(self, cell: str, number: int) -> str:
        texts = self.case.cells.get(cell, [])
        return texts[number - 1][:1000] if number <= len(texts) else ""

    def _name(self, cell: str, number: int) -> str | None:
        return self._text(cell, number) or None

    def _at(self, line: int) -> Origin:
        return Origin(self.case.file, line)

    def _link(self, start: str, kind: str, end: str, line: int) -> None:
        self.links.append(LinkRecord(start, kind, end, origin=self._at(line)))
