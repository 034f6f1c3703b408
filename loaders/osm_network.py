"""From the elements of an extract to assets and links: stations, plants, lines, telecom (docs/loaders/osm.md)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import shapely

from loaders.osm_lines import Cut, Line, Piece, cut
from loaders.osm_places import Tracks, shape_of
from loaders.osm_read import Element, Extract, no_cycles
from loaders.osm_stations import Device, Places, Station, Tie, attach, same_stations, ties, windings
from loaders.osm_supply import Maker, Supply, supply, unfed
from loaders.osm_tags import KEYS, Circuits, Level, Meaning, circuits, meaning, name_of, output_mw
from twin.model import AssetRecord, LinkRecord, Origin, Reject

Record = AssetRecord | LinkRecord | Reject
#: Kinds of which a point is kept.
POINTS = ("power_plant", "generator", "switch", "cell_site", "hvdc_converter")
SOURCES = ("power_plant", "generator")
DEVICES = ("transformer", "hvdc_converter")
#: Kinds of the lines of each service.
POWER, DATA = "power_line", "span"
#: What lines of data end at.
SITES = ("exchange", "data_centre", "cell_site")
FIX = "Mend it in OpenStreetMap or in the extract; where it is a new tag, name it to the loader's authors."
#: Lines whose shapes are made at once.
BLOCK = 10_000
CUT = "cut by the edge of the extract"


@dataclass(frozen=True)
class Rules:
    """How to join: reach of a station (m), stations fed from outside, and whether to assume feeds and followers."""

    tolerance_m: float = 50.0
    external: tuple[str, ...] = ()
    assume: bool = True
    follow: bool = True


@dataclass(frozen=True)
class Thing:
    """An element of ours with what its tags mean and its shape in degrees."""

    element: Element
    meaning: Meaning
    shape: Any

    @property
    def kind(self) -> str:
        """Kind of the asset."""
        return self.meaning.kind or ""


class Network:
    """Reads the meaning of each element once; :meth:`records` gives everything.

    ``counts`` has how many elements were ``taken``, ``part`` (of lines and stations, known and not taken), ``same``
    (a station that is mapped twice), ``gone`` (removed), ``inside`` (lines within one station) and ``rejected``;
    together they are all elements with our tags.
    """

    def __init__(self, extract: Extract, rules: Rules) -> None:
        self.extract, self.rules = extract, rules
        self.origin = Origin(extract.file)
        self.counts: Counter[str] = Counter(part=extract.counted)
        self.odd: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.things: dict[str, Thing] = {}
        self.links: dict[tuple[str, str, str], None] = {}
        self.made: set[str] = set()
        self.dead: set[str] = set()
        self.edges: set[int] = set()
        self.stations: list[Station] = []
        self.joints: dict[str, tuple[float, float]] = {}

    def records(self) -> Iterator[Record]:
        """Assets, links, then what was not understood: one reject for each tag value or missing part."""
        yield from self.extract.rejects
        with no_cycles():
            self._sort()
        self._find_stations()
        yield from self._lines(POWER)
        yield from self._stations()
        yield from self._points()
        yield from self._lines(DATA)
        yield from self._supply()
        for start, type_, end in self.links:
            yield LinkRecord(start, type_, end, origin=self.origin)
        for (code, what), refs in self.odd.items():
            message = f"{what[:120]}: {len(refs):,} objects, for example {', '.join(refs[:3])}"
            yield Reject(self.origin, code, message, FIX)

    def _sort(self) -> None:
        order = {"node": 0, "way": 1, "relation": 2}
        elements = self.extract.elements.values()
        for one in sorted(elements, key=lambda e: (order[e.type], e.id)):
            what = meaning(one.tags)
            if what is None:
                continue
            for key in KEYS[KEYS.index(what.tag[0]) + 1 : -1] if what.tag[0] in KEYS else ():
                if key in one.tags:
                    both = f"{key}={one.tags[key]} beside {what.tag[0]}={what.tag[1]}: only the latter is taken"
                    self.odd["conflicting_value", both].append(one.ref)
            if what.kind is None and (what.gone or what.known):
                self.counts["gone" if what.gone else "part"] += 1
            elif what.kind is None:
                self._reject(one, "unknown_kind", f"{what.tag[0]}={what.tag[1]} is not understood")
            elif what.kind in (POWER, DATA):
                self._line(one, what)
            else:
                shape = shape_of(self.extract, one, True)
                if shape is None or shape.is_empty:
                    self._reject(one, "missing_reference", f"a {what.tag[0]}={what.tag[1]} lacks nodes or members")
                else:
                    self.things[one.ref] = Thing(one, what, shape)

    def _line(self, one: Element, what: Meaning) -> None:
        """Keep the nodes that are there: a line is cut at the edge of the extract, and a gap in it is bridged."""
        if one.type != "way":
            self.counts["part"] += 1
            return
        nodes = [node for node in one.nodes if node in self.extract.places]
        if len(set(nodes)) < 2:
            self._reject(one, "missing_reference", f"a {what.tag[0]}={what.tag[1]} lacks nodes or members")
            return
        self.edges |= {nodes[at] for at in (0, -1) if nodes[at] != one.nodes[at]}
        if len(nodes) < len(one.nodes):
            one = Element(one.type, one.id, one.tags, nodes)
        self.things[one.ref] = Thing(one, what, None)

    def _reject(self, one: Element, code: str, text: str) -> None:
        self.odd[code, text].append(one.ref)
        self.counts["rejected"] += 1

    def _of(self, *kinds: str) -> list[Thing]:
        return [thing for thing in self.things.values() if thing.kind in kinds]

    def _circuits(self, thing: Thing) -> list[Circuits]:
        found, problems = circuits(thing.element.tags)
        for problem in problems:
            self.odd[problem].append(thing.element.ref)
        return found

    def _find_stations(self) -> None:
        found = []
        for thing in self._of("substation"):
            levels = [one.level for one in self._circuits(thing) if one.level.kv is not None]
            found.append(Station(thing.element.ref, thing.element, thing.shape, thing.meaning.status, levels))
        self.stations, twins = same_stations(found)
        for ref in twins:
            del self.things[ref]
            self.counts["same"] += 1

    def _lines(self, kind: str) -> Iterator[AssetRecord]:
        prefix, type_ = ("junction", "CONDUCTS") if kind == POWER else ("joint", "TRANSPORTS")
        things = self._of(kind)
        lines: list[Line] = []
        owners: list[Thing] = []
        for thing in things:
            found = self._circuits(thing) if kind == POWER else [Circuits(Level(), None)]
            for one in found:
                ref = thing.element.ref if len(found) == 1 else f"{thing.element.ref}/{one.level.label}"
                lines.append(Line(ref, thing.element.nodes, one.level, one.parallel, one.level.kv))
                owners.append(thing)
        with no_cycles():
            made = self._cut(kind, lines, prefix)
        used = {id(owner.element) for owner, parts in zip(owners, made.pieces, strict=True) if parts}
        for thing in things:
            self.counts["taken" if id(thing.element) in used else "inside"] += 1
        tracks = Tracks({t.element.ref: t.element.nodes for t in things}, self.extract.places)
        flat = [(o, line, p) for o, line, parts in zip(owners, lines, made.pieces, strict=True) for p in parts]
        for start in range(0, len(flat), BLOCK):
            some = flat[start : start + BLOCK]
            shapes = tracks.wkb([(owner.element.ref, part.first, part.last) for owner, _, part in some])
            for (owner, line, part), shape in zip(some, shapes, strict=True):
                yield self._piece(owner, line, part, shape, tracks)
                for end in dict.fromkeys(part.ends):
                    self._conduct(part.id, type_, end)
        states: dict[str, set[str | None]] = defaultdict(set)
        for owner, _, part in flat:
            for end in part.ends:
                states[end].add(owner.meaning.status)
        for native, joint in made.joints.items():
            yield self._joint(native, joint.node, joint.level, kind, states[native])
        for device, native in made.taps:
            self._link(device, "CONDUCTS", native)

    def _cut(self, kind: str, lines: list[Line], prefix: str) -> Cut:
        """The lines cut at stations (their buses) and devices, or at the sites of telecom."""
        spots, tolerance = self.extract.places, self.rules.tolerance_m
        if kind == DATA:
            sites = [Station(t.element.ref, t.element, t.shape, None) for t in self._of(*SITES)]
            for hit in attach(lines, spots, Places(sites), tolerance):
                lines[hit.line].stops[hit.at] = hit.station.ref
            return cut(lines, prefix, set(), set())
        places = Places(self.stations)
        hits = attach(lines, spots, places, tolerance)
        self._find_devices(places)
        for station in self.stations:
            station.settle()
        for hit in hits:
            lines[hit.line].stops[hit.at] = hit.station.bus(hit.station.level(lines[hit.line].level))
        shunt = {t.element.id for t in self._of(*DEVICES) if t.element.type == "node"} - self.inner
        series = {t.element.id for t in self._of("switch") if t.element.type == "node"}
        return cut(lines, prefix, series, shunt)

    def _find_devices(self, places: Places) -> None:
        """Transformers and converters by the station that they stand in; switches there are part of it."""
        self.devices: dict[str, list[Device]] = defaultdict(list)
        self.inner: set[int] = set()
        things = self._of("transformer", "hvdc_converter", "switch")
        points = shapely.get_coordinates([t.shape.point_on_surface() for t in things])
        for thing, row in zip(things, places.inside(points).tolist(), strict=True):
            one, kind = thing.element, thing.kind
            if row < 0:
                continue
            if kind == "switch":
                del self.things[one.ref]
                self.counts["part"] += 1
                continue
            station = places.stations[row]
            station.met |= set(windings(one.tags))
            self.devices[station.ref].append(Device(one.ref, kind, one.tags, thing.meaning.status))
            if one.type == "node":
                self.inner.add(one.id)

    def _piece(self, owner: Thing, line: Line, part: Piece, shape: bytes, tracks: Tracks) -> AssetRecord:
        one, what = owner.element, owner.meaning
        length = tracks.length_km(one.ref, part.first, part.last)
        props = {"length_km": length, "ref": one.tags.get("ref"), "status": what.status}
        kind = owner.kind
        if kind == POWER:
            props["voltage_kv"] = line.kv
            if line.level.hz == "dc":
                kind = "hvdc_line"
            else:
                cable = one.tags.get("location") == "underground" or "cable" in what.tag[1]
                props |= {"circuits": line.count, "equipment_type": "cable" if cable else what.tag[1]}
        return self._asset(part.id, kind, name_of(one.tags), props, shape)

    def _joint(self, native: str, node: int, level: Level, kind: str, states: set[str | None]) -> AssetRecord:
        """A junction; where all its lines are planned or out of service, so is it."""
        self.joints[native] = at = self.extract.places[node]
        name = CUT if node in self.edges else None
        props: dict[str, Any] = {"status": next(iter(states)) if len(states) == 1 else None}
        if kind == POWER:
            props["voltage_kv"] = level.kv
        return self._asset(native, "line_junction" if kind == POWER else "site", name, props, shapely.Point(at))

    def _stations(self) -> Iterator[AssetRecord]:
        for station in self.stations:
            one, at = station.element, station.shape.point_on_surface()
            self.counts["taken"] += 1
            props = {"voltage_kv": station.highest.kv, "ref": one.tags.get("ref"), "status": station.status}
            name = name_of(one.tags)
            yield self._asset(station.ref, "substation", name, props, station.shape)
            for level in station.levels:
                bus = {"voltage_kv": level.kv, "status": station.status}
                both = f"{name} {level.kv:g} kV" if name and level.kv and len(station.levels) > 1 else name
                yield self._asset(station.bus(level), "bus", both, bus, at)
                self._link(station.ref, "CONTAINS", station.bus(level))
            for tie in ties(station, self.devices[station.ref]):
                yield from self._tie(station, tie, at)

    def _tie(self, station: Station, tie: Tie | Device, at: Any) -> Iterator[AssetRecord]:
        if isinstance(tie, Device):
            levels = ", ".join(level.label or "unknown" for level in station.levels)
            text = f"a {tie.kind} of a station with {levels} does not say which it joins (voltage:primary, :secondary)"
            self._reject(self.things.pop(tie.ref).element, "ambiguous_node", text)
            return
        if tie.assumed:
            props = {"equipment_type": "assumed", "status": station.status, "voltage_kv": tie.levels[0].kv}
            if tie.kind == "transformer":
                props["voltage_low_kv"] = tie.levels[1].kv
            yield self._asset(tie.id, tie.kind, None, props, at)
        self._link(station.ref, "CONTAINS", tie.id)
        for level in tie.levels:
            self._link(tie.id, "CONDUCTS", station.bus(level))

    def _points(self) -> Iterator[AssetRecord]:
        """Everything that is neither a line nor a station."""
        for ref, thing in self.things.items():
            if thing.kind in (POWER, DATA, "substation"):
                continue
            self.counts["taken"] += 1
            one, shape = thing.element, thing.shape
            at = shape.point_on_surface() if thing.kind in POINTS and shape.geom_type != "Point" else shape
            props: dict[str, Any] = {"ref": one.tags.get("ref"), "status": thing.meaning.status}
            if thing.kind in (*DEVICES, "switch"):
                known = windings(one.tags)
                props["voltage_kv"] = max((level.kv or 0 for level in known), default=None)
                if thing.kind == "transformer" and len(known) > 1:
                    props["voltage_low_kv"] = min(level.kv or 0 for level in known)
            if thing.kind in SOURCES:
                props["fuel"] = fuel_of(one.tags)
                props["capacity_mw"], bad = output_mw(one.tags)
                for text in bad:
                    self.odd["wrong_type", text].append(ref)
            yield self._asset(ref, thing.kind, name_of(one.tags), props, at)

    def _supply(self) -> Iterator[Record]:
        """Links of plants and generators, of networks outside, assumed feeds, and data centres with a station."""
        makers = [
            Maker(
                t.element.ref, t.kind, t.shape, fuel_of(t.element.tags), t.meaning.status,
                next(iter(windings(t.element.tags)), None),
            )
            for t in self._of(*SOURCES)
        ]  # fmt: skip
        rules = self.rules
        joints = {native: at for native, at in self.joints.items() if native.startswith("junction/")}
        made = supply(makers, self.stations, joints, rules.tolerance_m, rules.follow)
        for start, type_, end in made.links:
            self._link(start, type_, end)
        yield from self._external(made)
        if rules.assume:
            conducts = [(a, b) for a, type_, b in self.links if type_ == "CONDUCTS"]
            for station, level in unfed(self.stations, conducts, self.dead, made.fed):
                native = f"feed/{station.bus(level).removeprefix('bus/')}"
                name = f"assumed feed of {name_of(station.element.tags) or station.ref}"
                at = station.shape.point_on_surface()
                yield self._asset(native, "feeder", name, {"voltage_kv": level.kv}, at)
                self._link(native, "POWERS", station.bus(level))
        for thing in self._of("data_centre"):
            for station in self.stations:
                if thing.shape.area and thing.shape.contains(station.shape):
                    self._link(station.bus(station.lowest), "POWERS", thing.element.ref)

    def _external(self, made: Supply) -> Iterator[Record]:
        """A network outside behind each station or junction that the option names."""
        buses = {one.ref: one.bus(one.highest) for one in self.stations}
        for target in self.rules.external:
            node = buses.get(target, target)
            if node not in self.made or not node.startswith(("bus/", "junction/")):
                what = f"`external` names {target}, which is no station or junction of this extract"
                yield Reject(self.origin, "missing_end", what, "Give it as substation or junction, way/123.")
                continue
            if f"external/{target}" not in self.made:
                yield self._asset(f"external/{target}", "external_grid", None, {}, None)
                self._link(f"external/{target}", "POWERS", node)
                made.fed.add(node)

    def _asset(self, ref: str, kind: str, name: str | None, props: dict[str, Any], shape: Any) -> AssetRecord:
        self.made.add(ref)
        given = {k: v for k, v in props.items() if v is not None and (k, v) != ("status", "in_service")}
        if "status" in given:
            self.dead.add(ref)
        wkb = shape if shape is None or isinstance(shape, bytes) else shapely.to_wkb(shape)
        return AssetRecord(ref, kind, name, given, wkb, self.origin)

    def _conduct(self, line: str, type_: str, end: str) -> None:
        """A line and what it ends at; the schema has the links of switches to direct current the other way round."""
        thing = self.things.get(end)
        if thing is not None and thing.kind == "switch":
            self._link(end, type_, line)
        else:
            self._link(line, type_, end)

    def _link(self, start: str, type_: str, end: str) -> None:
        self.links[start, type_, end] = None


def fuel_of(tags: dict[str, str]) -> str | None:
    """Energy carrier of a plant or generator."""
    return next((tags[w] for w in ("plant:source", "generator:source", "plant:method") if w in tags), None)
