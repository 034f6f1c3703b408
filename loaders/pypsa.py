"""Loader ``pypsa``: the CSV folder that PyPSA writes with ``export_to_csv_folder`` (docs/loaders/pypsa.md).

Names are unique only inside a component, so ids carry it: ``bus/1``, ``line/1``, ``load/1``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field

from loaders.csvfile import CsvFile, Encoding
from loaders.places import PlaceProblem, Transform, parse_point, parse_wkt, to_wgs84
from loaders.pypsa_tables import COMPONENTS, Component, Demand, Row, read_component, read_demand
from twin.errors import SourceUnreadable
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema
from twin.schema.values import ValueProblem, parse_number, parse_value

Record = AssetRecord | LinkRecord | Reject


class PypsaOptions(BaseModel):
    """Options of the loader ``pypsa``."""

    model_config = ConfigDict(extra="forbid")

    demand: Literal["peak", "system_peak", "mean"] = Field(
        default="peak",
        description="A load's demand: its own peak in loads-p_set, its value when the sum is highest, or the mean.",
    )
    generators: Literal["generator", "power_plant"] = Field(default="generator", description="Kind of the generators.")
    straight_lines: bool = Field(default=False, description="Draw lines without a geometry straight from bus to bus.")
    electric_carriers: list[str] = Field(
        default_factory=lambda: ["AC", "DC", "electricity", "low voltage"],
        description="Carriers of buses that are electric; buses without a carrier are, too.",
    )
    skip_carriers: list[str] = Field(
        default_factory=list,
        description="Buses of these carriers (gas, heat, ...) are left out, and so is all that hangs on them.",
    )
    encoding: Encoding = Field(default="utf-8", description="Encoding of the files.")


@dataclass
class _Bus:
    voltage_kv: float | None
    geometry: bytes | None


@dataclass
class _Grid:
    """What the other tables need to know of the buses."""

    buses: dict[str, _Bus] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)


class PypsaLoader:
    """Reads buses, lines, links, transformers, generators, storage units, stores and loads."""

    name: ClassVar[str] = "pypsa"
    title: ClassVar[str] = "PyPSA network as a CSV folder"
    Options: ClassVar[type[BaseModel]] = PypsaOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Buses, then the other components, then the links between them.

        Raises:
            SourceUnreadable: the folder is not one that PyPSA wrote, or a file cannot be opened.
        """
        options = PypsaOptions.model_validate(options)
        _check_folder(path)
        reader = _Reader(path, options, schema)
        yield from reader.read_buses()
        links: list[LinkRecord] = []
        for component in COMPONENTS:
            yield from reader.read(component, links)
        yield from links

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The tables that are read."""
        files = ["network.csv", "buses.csv", "loads-p_set.csv", *(c.file for c in COMPONENTS)]
        return [path / file for file in files if (path / file).exists()]


def _check_folder(path: Path) -> None:
    if path.suffix in (".nc", ".h5") and path.is_file():
        raise SourceUnreadable(
            f"{path} is a PyPSA network in another format",
            fix='Write it as CSV: pypsa.Network("...").export_to_csv_folder("folder").',
        )
    if not path.is_dir():
        raise SourceUnreadable(f"{path} is not a folder", fix="Give the folder that export_to_csv_folder wrote.")
    if not (path / "buses.csv").exists():
        raise SourceUnreadable(
            f"{path} has no buses.csv: it is not a PyPSA CSV folder",
            fix="Give the folder that export_to_csv_folder wrote.",
        )


class _Reader:
    """One pass over the folder."""

    def __init__(self, folder: Path, options: PypsaOptions, schema: Schema) -> None:
        self.folder, self.options, self.schema = folder, options, schema
        self.grid = _Grid()
        self.demand = Demand()

    def read_buses(self) -> Iterator[AssetRecord | Reject]:
        """All buses; remembers their voltage and place."""
        transform, problems = self._reference_system()
        yield from problems
        opened = read_component(self.folder, "buses.csv", self.options.encoding)
        assert opened is not None
        table, rows = opened
        for row in rows:
            yield from [row] if isinstance(row, Reject) else self._bus(table, row, transform)

    def _bus(self, table: CsvFile, row: Row, transform: Transform | None) -> Iterator[AssetRecord | Reject]:
        bus = self.grid.buses.setdefault(row.name, _Bus(None, None))
        carrier = row.cells.get("carrier", "").strip()
        if carrier in self.options.skip_carriers:
            self.grid.skipped.add(row.name)
            return
        rejects: list[Reject] = []
        if carrier and carrier not in self.options.electric_carriers:
            message = f"bus {row.name} carries {carrier!r}, which is not electricity"
            fix = f"Leave such buses out with skip_carriers = [{carrier!r}], or add it to electric_carriers."
            rejects.append(table.reject(row.number, "carrier", "wrong_type", message, fix))
        properties = self._properties(table, row, "bus", {"voltage_kv": "v_nom", "ref": "ref"}, rejects)
        try:
            bus.geometry = _place(row, transform)
        except PlaceProblem as problem:
            rejects.append(table.reject(row.number, problem.column, problem.code, str(problem), problem.fix))
        bus.voltage_kv = properties.get("voltage_kv")
        if rejects:
            yield from rejects
            return
        yield AssetRecord(
            f"bus/{row.name}", "bus", _name(row), properties, bus.geometry, Origin(table.file, row.number)
        )

    def read(self, component: Component, links: list[LinkRecord]) -> Iterator[AssetRecord | Reject]:
        """The assets of one table; their links are added to *links*."""
        opened = read_component(self.folder, component.file, self.options.encoding)
        if opened is None:
            return
        if component.role == "draws":
            self.demand = read_demand(self.folder, self.options.demand, self.options.encoding)
            yield from self.demand.rejects
        table, mixed = opened
        rows: list[Row] = []
        for item in mixed:
            if isinstance(item, Reject):
                yield item
            else:
                rows.append(item)
        yield from self._unknown_series(component, rows)
        column = next((h for h in table.header if h == "geometry" or h.startswith("wkt")), None)
        drawn = parse_wkt([row.cells.get(column) if column else None for row in rows])
        for i, row in enumerate(rows):
            buses = list(row.buses())
            if any(bus in self.grid.skipped for _, bus in buses):
                continue
            rejects = list(self._missing_buses(table, row, component, buses))
            if i in drawn.problems:
                problem = drawn.problems[i]
                rejects.append(table.reject(row.number, column, problem.code, str(problem), problem.fix))
            asset = self._asset(table, component, row, rejects)
            if rejects:
                yield from rejects
                continue
            asset.geometry = drawn.wkb[i] or self._geometry(component, buses)
            yield asset
            links += _links(component, asset, buses, Origin(table.file, row.number))

    def _asset(self, table: CsvFile, component: Component, row: Row, rejects: list[Reject]) -> AssetRecord:
        kind = self.options.generators if component.prefix == "generator" else component.kind
        properties = self._properties(table, row, kind, component.fields, rejects)
        voltages = [self.grid.buses[bus].voltage_kv for _, bus in row.buses() if bus in self.grid.buses]
        known = [v for v in voltages if v is not None]
        if component.role == "joins" and known:
            properties["voltage_kv"] = max(known)
            if kind == "transformer":
                properties["voltage_low_kv"] = min(known)
        if component.prefix == "storage_unit" and "capacity_mw" in properties:
            hours = self._number(table, row, "max_hours", 1.0, rejects)
            properties["energy_mwh"] = properties["capacity_mw"] * hours
        if component.role == "draws":
            properties.update(self._demand(table, row, rejects))
        origin = Origin(table.file, row.number)
        return AssetRecord(f"{component.prefix}/{row.name}", kind, _name(row), properties, None, origin)

    def _demand(self, table: CsvFile, row: Row, rejects: list[Reject]) -> dict[str, float]:
        """The series first, then the static value; PyPSA's default is 0, which counts where others are given."""
        if row.name in self.demand.values:
            return {"demand_mw": self.demand.values[row.name]}
        if "p_set" in row.cells:
            return {"demand_mw": self._number(table, row, "p_set", 0.0, rejects)}
        return {"demand_mw": 0.0} if self.demand.present or "p_set" in table.header else {}

    def _properties(self, table: CsvFile, row: Row, kind: str, fields: Any, rejects: list[Reject]) -> dict[str, Any]:
        known = self.schema.kind_properties(kind)
        properties: dict[str, Any] = {"status": "out_of_service"} if row.out_of_service else {}
        for name, column in {**fields, "operator": "operator"}.items():
            if column not in row.cells or name not in known:
                continue
            try:
                value = parse_value(known[name], row.cells[column])
            except ValueProblem as problem:
                rejects.append(table.reject(row.number, column, problem.code, str(problem), problem.fix))
                continue
            if value is not None:
                properties[name] = value
        return properties

    def _number(self, table: CsvFile, row: Row, column: str, default: float, rejects: list[Reject]) -> float:
        try:
            return parse_number(column, row.cells[column]) if column in row.cells else default
        except ValueProblem as problem:
            rejects.append(table.reject(row.number, column, problem.code, str(problem), problem.fix))
            return default

    def _missing_buses(
        self, table: CsvFile, row: Row, component: Component, buses: list[tuple[str, str]]
    ) -> Iterator[Reject]:
        given = dict(buses)
        for column in ("bus0", "bus1") if component.role == "joins" else ("bus",):
            if column not in given:
                message = f"{component.prefix} {row.name} has no {column}"
                yield table.reject(row.number, column, "missing_value", message, "Name the bus.")
        for column, bus in buses:
            if bus not in self.grid.buses:
                message = f"{component.prefix} {row.name} is at bus {bus!r}, which buses.csv does not have"
                yield table.reject(row.number, column, "missing_end", message, "Add the bus, or correct its name.")

    def _unknown_series(self, component: Component, rows: list[Row]) -> Iterator[Reject]:
        if component.role == "draws" and self.demand.values:
            names = {row.name for row in rows}
            for name in self.demand.values:
                if name not in names:
                    message = f"loads-p_set.csv has a column for load {name!r}, which loads.csv does not have"
                    yield Reject(
                        Origin("loads-p_set.csv", 1, name), "missing_end", message, "Export both files together."
                    )

    def _geometry(self, component: Component, buses: list[tuple[str, str]]) -> bytes | None:
        """Where a component without own geometry stands: at its (first) bus; a line nowhere, or straight."""
        places = [self.grid.buses[bus].geometry for _, bus in buses]
        if component.kind != "power_line":
            return places[0] if places else None
        ends = [place for place in places[:2] if place is not None]
        if not self.options.straight_lines or len(ends) < 2:
            return None
        line: bytes = shapely.to_wkb(shapely.LineString(shapely.from_wkb(ends)))
        return line

    def _reference_system(self) -> tuple[Transform | None, list[Reject]]:
        """How bus coordinates become degrees: by the srid that network.csv says (4326 when it says none)."""
        opened = read_component(self.folder, "network.csv", self.options.encoding)
        if opened is None:
            return None, []
        table, rows = opened
        for row in rows:
            if not isinstance(row, Reject) and (srid := row.cells.get("srid")):
                try:
                    return to_wgs84(f"EPSG:{int(float(srid))}"), []
                except (PlaceProblem, ValueError, OverflowError) as error:
                    message = f"the srid {srid!r} cannot be used: {error}"
                    fix = "Write the EPSG number of the bus coordinates."
                    return None, [table.reject(row.number, "srid", "wrong_crs", message, fix)]
        return None, []


def _place(row: Row, transform: Transform | None) -> bytes | None:
    """The bus's x and y as a point; (0, 0) is what PyPSA writes when it knows none."""
    x, y = row.cells.get("x"), row.cells.get("y")
    try:
        pair = float(x or 0), float(y or 0)
    except ValueError:
        return parse_point(x, y, ("x", "y"))
    if pair == (0.0, 0.0):
        return None
    if transform is None:
        return parse_point(x, y, ("x", "y"))
    lon, lat = transform([pair])[0]
    return parse_point(lon, lat, ("x", "y"))


def _name(row: Row) -> str:
    return row.cells.get("osm_name", "").strip() or row.name


def _links(
    component: Component, asset: AssetRecord, buses: list[tuple[str, str]], origin: Origin
) -> Iterator[LinkRecord]:
    """A mesh link to each bus of what joins buses, a directed one from what feeds and to what draws."""
    seen: set[str] = set()
    for number, (column, bus) in enumerate(buses):
        if bus in seen:
            continue
        seen.add(bus)
        where = origin._replace(column=column)
        other = f"bus/{bus}"
        if component.role == "joins":
            start, end = (other, asset.id) if number == 0 else (asset.id, other)
            yield LinkRecord(start, "CONDUCTS", end, origin=where)
        elif component.role == "feeds":
            yield LinkRecord(asset.id, "POWERS", other, origin=where)
        else:
            yield LinkRecord(other, "POWERS", asset.id, origin=where)
