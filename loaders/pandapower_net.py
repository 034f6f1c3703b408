"""From the tables of a pandapower network to records: buses, what joins them (through switches), feeds and draws."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import shapely

from loaders.fields import text_of
from loaders.pandapower_frames import Frame, Row
from loaders.pandapower_options import PandapowerOptions
from loaders.pandapower_tables import DEMAND, ELEMENTS, OTHER, POWER, SWITCHED, Element
from loaders.places import PlaceProblem, check_shapes, parse_point, to_wgs84
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema
from twin.schema.values import FALSE, TRUE, ValueProblem, parse_number, parse_value

Record = AssetRecord | LinkRecord | Reject
#: Bus types that are joints in a cable and no busbars.
JOINTS = frozenset(("m",))
DRAWING = 'Where the geodata are a drawing and not places, set positions = "none"; else name their crs.'
#: Where one end of an element is: its table, its index and its bus.
End = tuple[str, str, str]


class Net:
    """One network."""

    def __init__(self, file: str, frames: dict[str, Frame], options: PandapowerOptions, schema: Schema) -> None:
        self.file, self.frames, self.options, self.schema = file, frames, options, schema
        self.transform = to_wgs84(options.crs) if options.positions == "map" else None
        self.buses: dict[str, float | None] = {}
        self.places: dict[str, tuple[float, float]] = {}
        self.links: list[LinkRecord] = []
        self.switches: dict[End, list[Row]] = {}
        self.ends: set[End] = set()

    def records(self) -> Iterator[Record]:
        """Buses, elements, switches, then the links between them."""
        for name, frame in self.frames.items():
            if name not in self.options.skip:
                yield from frame.rejects
                yield from self._unknown(name, frame)
        yield from self._buses("bus")
        yield from self._buses("bus_dc")
        for row in self._rows("switch"):
            if (table := SWITCHED.get(text_of(row.cells.get("et")))) is not None:
                end = (table, text_of(row.cells.get("element")), self._bus(row.cells.get("bus"), "bus"))
                self.switches.setdefault(end, []).append(row)
        for name, element in ELEMENTS.items():
            yield from self._elements(name, element)
        yield from self._switches()
        yield from self.links

    def _rows(self, name: str) -> list[Row]:
        return self.frames[name].rows if name in self.frames and name not in self.options.skip else []

    def _unknown(self, name: str, frame: Frame) -> Iterator[Reject]:
        """A table of something at a bus that the loader does not know is not left out silently."""
        stands = [column for column in frame.columns if column in ("bus", "from_bus", "to_bus", "bus_dc", "hv_bus")]
        if stands and frame.rows and name not in ELEMENTS and name not in OTHER:
            message = f"table {name} has {len(frame.rows)} elements at buses, of a kind that is not known"
            yield frame.reject(None, None, "unknown_kind", message, f'Leave it out with skip = ["{name}"].')

    # -- buses -------------------------------------------------------------------------------------------------

    def _buses(self, table: str) -> Iterator[Record]:
        geodata = {row.key: row for row in self._rows("bus_geodata")} if table == "bus" else {}
        for row in self._rows(table):
            frame, rejects = self.frames[table], list[Reject]()
            kind = "line_junction" if table == "bus_dc" or row.cells.get("type") in JOINTS else "bus"
            properties = self._properties(frame, row, kind, {"voltage_kv": "vn_kv", "subnet": "zone"}, rejects)
            point = self._point(frame, row, geodata.get(row.key), rejects)
            native = f"{table}/{row.key}"
            self.buses[native] = properties.get("voltage_kv")
            if rejects:
                yield from rejects
                continue
            yield self._asset(frame, row, kind, properties, point)

    def _point(self, frame: Frame, row: Row, geodata: Row | None, rejects: list[Reject]) -> bytes | None:
        if self.options.positions == "none":
            return None
        try:
            if "geo" in row.cells:
                x, y = _coordinates(row.cells["geo"], "Point")[0]
            elif geodata is not None:
                frame = self.frames["bus_geodata"]
                x, y = (parse_number(key, geodata.cells.get(key)) for key in ("x", "y"))
            else:
                return None
            lon, lat = (x, y) if self.transform is None else self.transform([(x, y)])[0].tolist()
            point = parse_point(lon, lat, ("geo", "geo"))
            self.places[f"{frame.name.removesuffix('_geodata')}/{row.key}"] = (float(lon), float(lat))
        except (PlaceProblem, ValueProblem) as problem:
            number = geodata.number if geodata is not None and "geo" not in row.cells else row.number
            rejects.append(frame.reject(number, "geo", problem.code, str(problem), f"{problem.fix} {DRAWING}"))
            return None
        return point

    # -- elements ----------------------------------------------------------------------------------------------

    def _elements(self, table: str, element: Element) -> Iterator[Record]:
        geodata = {row.key: row for row in self._rows("line_geodata")} if table == "line" else {}
        for row in self._rows(table):
            frame, rejects = self.frames[table], list[Reject]()
            buses = self._at(frame, row, element.ends, rejects)
            properties = self._properties(frame, row, element.kind, element.fields, rejects)
            self._derived(table, frame, row, element, buses, properties, rejects)
            shape = self._shape(table, frame, row, geodata.get(row.key), buses, rejects)
            if element.role == "joins" and not rejects and len(set(buses)) < len(buses):
                message = f"{table} {row.key} joins {buses[-1]} to itself"
                rejects.append(frame.reject(row.number, element.ends[-1], "bad_row", message, "Correct its buses."))
            self.ends.update((table, row.key, bus) for bus in buses)
            if rejects:
                yield from rejects
                continue
            asset = self._asset(frame, row, element.kind, properties, shape)
            yield asset
            self._connect(table, row, element, asset, buses)

    def _at(self, frame: Frame, row: Row, columns: tuple[str, ...], rejects: list[Reject]) -> list[str]:
        """The buses of an element; a reject for each that is not named or not there."""
        buses = []
        for column in columns:
            bus = self._bus(row.cells.get(column), "bus_dc" if column.endswith("bus_dc") else "bus")
            if bus.endswith("/"):
                message = f"{frame.name} {row.key} has no {column}"
                rejects.append(frame.reject(row.number, column, "missing_value", message, "Name the bus."))
            elif bus not in self.buses:
                message = f"{frame.name} {row.key} is at {bus!r}, which is not there"
                fix = "Add the bus, or correct its index."
                rejects.append(frame.reject(row.number, column, "missing_end", message, fix))
            else:
                buses.append(bus)
        return buses

    def _bus(self, raw: Any, table: str) -> str:
        return f"{table}/{text_of(raw)[:200]}"

    def _derived(
        self,
        table: str,
        frame: Frame,
        row: Row,
        element: Element,
        buses: list[str],
        properties: dict[str, Any],
        rejects: list[Reject],
    ) -> None:
        """Properties that several columns decide."""
        known = self.schema.kind_properties(element.kind)
        voltage = self.buses.get(buses[0]) if buses else None
        if "voltage_kv" in known and voltage is not None:
            properties.setdefault("voltage_kv", voltage)
        if "equipment_type" in known and element.kind in ("load", "shunt") and table not in ("load", "shunt"):
            properties.setdefault("equipment_type", table)
        number = _Numbers(frame, row, rejects)
        if table in DEMAND and any(column in row.cells for column in DEMAND[table]):
            total = sum(number(column, 0.0) for column in DEMAND[table])
            properties["demand_mw"] = total * number("scaling", 1.0)
        if element.role in ("feeds", "follows"):
            power = [value for column in POWER if column in row.cells and (value := number(column, 0.0)) >= 0]
            if power:
                properties["capacity_mw"] = power[0]
        if table == "line" and "max_i_ka" in row.cells and voltage is not None:
            current = number("max_i_ka", 0.0) * number("parallel", 1.0) * number("df", 1.0)
            properties["capacity_mva"] = math.sqrt(3) * voltage * current
        if table == "trafo" and "sn_mva" in row.cells:
            properties["capacity_mva"] = number("sn_mva", 0.0) * number("parallel", 1.0)
        if table == "trafo3w":
            properties["windings"] = 3

    def _shape(
        self, table: str, frame: Frame, row: Row, geodata: Row | None, buses: list[str], rejects: list[Reject]
    ) -> bytes | None:
        """A line along its own geodata or straight; anything else at its first bus."""
        if self.options.positions == "none":
            return None
        kind = ELEMENTS[table].kind
        places = [self.places[bus] for bus in buses if bus in self.places]
        if kind not in ("power_line", "hvdc_line"):
            return parse_point(*places[0]) if places else None
        try:
            raw = row.cells.get("geo", None if geodata is None else {"coordinates": geodata.cells.get("coords")})
            drawn = None if raw is None else _coordinates(raw, "LineString")
        except ValueProblem as problem:
            rejects.append(frame.reject(row.number, "geo", problem.code, str(problem), f"{problem.fix} {DRAWING}"))
            return None
        if drawn is not None and len(set(drawn)) > 1:
            points = drawn if self.transform is None else self.transform(drawn)
            taken = check_shapes([shapely.LineString(points)])
            rejects += [
                frame.reject(row.number, "geo", p.code, str(p), f"{p.fix} {DRAWING}") for p in taken.problems.values()
            ]
            return taken.wkb[0]
        if self.options.straight_lines and len(places) == len(buses) and len(set(places)) > 1:
            wkb: bytes = shapely.to_wkb(shapely.LineString(places))
            return wkb
        return None

    def _connect(self, table: str, row: Row, element: Element, asset: AssetRecord, buses: list[str]) -> None:
        """The links of an element: to its buses, or to the switches between it and them."""
        for column, bus in zip(element.ends, buses, strict=True):
            origin = Origin(asset.origin.file, row.number, column)
            if element.role == "joins":
                if (table, row.key, bus) not in self.switches:  # else the switch joins them
                    self.links.append(LinkRecord(asset.id, "CONDUCTS", bus, origin=origin))
            elif self._feeds(row, element):
                self.links.append(LinkRecord(asset.id, "POWERS", bus, origin=origin))
            else:
                self.links.append(LinkRecord(bus, "POWERS", asset.id, origin=origin))

    def _feeds(self, row: Row, element: Element) -> bool:
        """Whether it is a source: not what takes power only (a condenser, a pump), static ones only if told so."""
        if all(isinstance(p := row.cells.get(column), int | float) and p <= 0 for column in POWER):
            return False
        return element.role == "feeds" or (element.role == "follows" and self.options.static_generators == "feed")

    # -- switches ----------------------------------------------------------------------------------------------

    def _switches(self) -> Iterator[Record]:
        """Switches between buses, and in series between a bus and the end of an element there."""
        last: dict[End, str] = {}
        for row in self._rows("switch"):
            frame, rejects = self.frames["switch"], list[Reject]()
            what = text_of(row.cells.get("et"))
            start = self._at(frame, row, ("bus",), rejects)
            other = self._other_end(frame, row, what, start, rejects)
            if "closed" not in row.cells:
                message = f"switch {row.key} does not say whether it is closed"
                rejects.append(frame.reject(row.number, "closed", "missing_value", message, "Say true or false."))
            properties = self._properties(frame, row, "switch", {"equipment_type": "type"}, rejects)
            if not self._flag(frame, row, "closed", rejects):
                properties["status"] = "open"
            if start and (voltage := self.buses[start[0]]) is not None:
                properties["voltage_kv"] = voltage
            if rejects:
                yield from rejects
                continue
            point = parse_point(*self.places[start[0]]) if start[0] in self.places else None
            asset = self._asset(frame, row, "switch", properties, point)
            yield asset
            before = start[0]
            if what != "b":
                end = (SWITCHED[what], text_of(row.cells["element"]), start[0])
                before, last[end] = last.get(end, start[0]), asset.id
                other = "" if row is not self.switches[end][-1] else other  # the next switch is what follows
            self.links.append(LinkRecord(asset.id, "CONDUCTS", before, origin=asset.origin))
            if other:
                self.links.append(LinkRecord(asset.id, "CONDUCTS", other, origin=asset.origin))

    def _other_end(self, frame: Frame, row: Row, what: str, start: list[str], rejects: list[Reject]) -> str:
        element = text_of(row.cells.get("element"))
        if what == "b":
            found = self._at(frame, row._replace(cells={"bus": element}), ("bus",), rejects)
            if found and found == start:
                message = f"switch {row.key} joins {found[0]} to itself"
                rejects.append(frame.reject(row.number, "element", "bad_row", message, "Correct its buses."))
            return found[0] if found else ""
        if what not in SWITCHED:
            message = f"et is {what[:20]!r}; it is b (bus), l (line), t (trafo) or t3 (trafo3w)"
            rejects.append(frame.reject(row.number, "et", "wrong_type", message, "Say what the switch stands at."))
            return ""
        if start and (SWITCHED[what], element, start[0]) not in self.ends:
            message = f"switch {row.key} is at {start[0]}, where {SWITCHED[what]} {element[:60]!r} does not end"
            fix = "Correct its bus or element."
            rejects.append(frame.reject(row.number, "element", "missing_end", message, fix))
        return f"{SWITCHED[what]}/{element}"

    # -- shared ------------------------------------------------------------------------------------------------

    def _asset(self, frame: Frame, row: Row, kind: str, properties: Any, shape: bytes | None) -> AssetRecord:
        name = text_of(row.cells.get("name")) or None
        return AssetRecord(f"{frame.name}/{row.key}", kind, name, properties, shape, Origin(frame.file, row.number))

    def _properties(self, frame: Frame, row: Row, kind: str, fields: Any, rejects: list[Reject]) -> dict[str, Any]:
        known = self.schema.kind_properties(kind)
        properties: dict[str, Any] = {}
        for name, column in {**fields, **self.options.columns}.items():
            if column not in row.cells or name not in known:
                continue
            try:
                value = parse_value(known[name], row.cells[column])
            except ValueProblem as problem:
                rejects.append(frame.reject(row.number, column, problem.code, str(problem), problem.fix))
                continue
            if value is not None:
                properties[name] = value
        if not self._flag(frame, row, "in_service", rejects):
            properties["status"] = "out_of_service"
        return properties

    def _flag(self, frame: Frame, row: Row, column: str, rejects: list[Reject]) -> bool:
        """A flag of a row; what is not said is true."""
        raw = row.cells.get(column, True)
        word = text_of(raw).lower()
        if word not in TRUE and word not in FALSE:
            message = f"{column} is true or false, not {word[:40]!r}"
            rejects.append(frame.reject(row.number, column, "wrong_type", message, "Write true or false."))
        return word not in FALSE


class _Numbers:
    """Numbers of a row; a reject for each that is none."""

    def __init__(self, frame: Frame, row: Row, rejects: list[Reject]) -> None:
        self._frame, self._row, self._rejects = frame, row, rejects

    def __call__(self, column: str, default: float) -> float:
        try:
            return parse_number(column, self._row.cells[column]) if column in self._row.cells else default
        except ValueProblem as problem:
            reject = self._frame.reject(self._row.number, column, problem.code, str(problem), problem.fix)
            self._rejects.append(reject)
            return default


def _coordinates(raw: Any, kind: str) -> list[tuple[float, float]]:
    """The coordinates of a GeoJSON geometry, given as text or object: one pair for a point.

    Raises:
        ValueProblem: it is none.
    """
    fix = f"Write it as GeoJSON, a {kind}."
    shown = repr(raw[:60]) if isinstance(raw, str) else "the cell"
    try:
        content = json.loads(raw) if isinstance(raw, str) else raw
        found = content["coordinates"]
        pairs = [found] if kind == "Point" else found
        points = [(parse_number("geo", pair[0]), parse_number("geo", pair[1])) for pair in pairs]
    except ValueProblem:
        raise
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        raise ValueProblem("bad_geometry", f"{shown} is no {kind} in GeoJSON", fix) from None
    if not points or content.get("type", kind) != kind:
        raise ValueProblem("bad_geometry", f"{shown} is no {kind} in GeoJSON", fix)
    return points
