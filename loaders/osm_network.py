"""From the elements of an extract to assets and links: stations, plants, lines, telecom (docs/loaders/osm.md)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import shapely

from loaders.osm_lines import Line, Piece, cut
from loaders.osm_places import Near, length_km, shape_of
from loaders.osm_read import Element, Extract
from loaders.osm_tags import KEYS, Meaning, circuits, meaning, name_of, voltages
from twin.model import AssetRecord, LinkRecord, Origin, Reject

Record = AssetRecord | LinkRecord | Reject
POINTS = ("power_plant", "generator", "switch", "cell_site")
SOURCES = ("power_plant", "generator")
#: Kinds of the lines of each service.
POWER, DATA = "power_line", "span"
#: Kind of their joints, link type, and what the ids of joints begin with.
JOINTS = {POWER: ("line_junction", "CONDUCTS", "junction"), DATA: ("site", "TRANSPORTS", "joint")}


class Network:
    """Reads the meaning of each element once; :meth:`records` gives everything.

    ``counts`` has how many elements were ``taken``, ``part`` (of lines and stations, known and not taken), ``gone``
    (removed), ``inside`` (lines within one station) and ``rejected``; together they are all elements with our tags.
    """

    def __init__(self, file: str, extract: Extract, tolerance_m: float, edges: list[str]) -> None:
        self.file, self.extract, self.tolerance_m, self.edges = file, extract, tolerance_m, edges
        self.counts: Counter[str] = Counter()
        self.odd: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.kinds: dict[str, tuple[Element, Meaning, Any]] = {}
        self.links: dict[tuple[str, str, str], LinkRecord] = {}
        self.made: set[str] = set()

    def records(self) -> Iterator[Record]:
        """Assets, links, then what was not understood: one reject for each tag value or missing part."""
        yield from self.extract.rejects
        self._sort()
        yield from self._assets()
        yield from self._lines(POWER)
        yield from self._lines(DATA)
        self._feeds()
        yield from self._edge()
        yield from self.links.values()
        for (code, what), refs in self.odd.items():
            fix = "Mend it in OpenStreetMap or in the extract; where it is a new tag, name it to the loader's authors."
            message = f"{what[:120]}: {len(refs):,} objects, for example {', '.join(refs[:3])}"
            yield Reject(Origin(self.file), code, message, fix)

    def _sort(self) -> None:
        for ref, one in self.extract.elements.items():
            what = meaning(one.tags)
            if what is None:
                continue
            kind = what.kind
            for key in KEYS[KEYS.index(what.tag[0]) + 1 : -1]:
                if key in one.tags:
                    both = f"{key}={one.tags[key]} beside {what.tag[0]}={what.tag[1]}: only the latter is taken"
                    self.odd["conflicting_value", both].append(ref)
            if kind is None:
                self._untaken(ref, one, what)
                continue
            if kind in (POWER, DATA) and one.type != "way":
                self.counts["part"] += 1
                continue
            missing = one.type == "way" and any(n not in self.extract.places for n in one.nodes)
            shape = shape_of(self.extract, one, kind not in (POWER, DATA))
            if shape is None or (missing and kind in (POWER, DATA)):
                self.odd["missing_reference", f"a {what.tag[0]}={what.tag[1]} lacks nodes or members"].append(ref)
                self.counts["rejected"] += 1
                continue
            self.kinds[ref] = (one, what, shape)

    def _untaken(self, ref: str, one: Element, what: Meaning) -> None:
        if what.gone or what.known:
            self.counts["gone" if what.gone else "part"] += 1
        else:
            self.odd["unknown_kind", f"{what.tag[0]}={what.tag[1]} is not understood"].append(ref)
            self.counts["rejected"] += 1

    def _assets(self) -> Iterator[AssetRecord]:
        for ref, (one, what, shape) in self.kinds.items():
            kind = what.kind or ""
            if kind in (POWER, DATA):
                continue
            self.counts["taken"] += 1
            at = shape.point_on_surface() if kind in POINTS and shape.geom_type != "Point" else shape
            props: dict[str, Any] = {"ref": one.tags.get("ref"), "status": what.status}
            if kind in ("substation", "transformer", "switch"):
                props["voltage_kv"] = next(iter(self._kv(one)), None)
            if kind in SOURCES:
                words = ("plant:source", "generator:source", "plant:method")
                props["fuel"] = next((one.tags[w] for w in words if w in one.tags), None)
                props["capacity_mw"] = self._output(one)
            yield self._asset(ref, kind, name_of(one.tags), props, at)
            if kind == "substation":
                bus = {"voltage_kv": props["voltage_kv"], "status": what.status}
                yield self._asset(f"bus/{ref}", "bus", name_of(one.tags), bus, shape.point_on_surface())
                self._link(ref, "CONTAINS", f"bus/{ref}")

    def _asset(self, ref: str, kind: str, name: str | None, props: dict[str, Any], shape: Any) -> AssetRecord:
        self.made.add(ref)
        given = {k: v for k, v in props.items() if v is not None and (k, v) != ("status", "in_service")}
        return AssetRecord(ref, kind, name, given, shapely.to_wkb(shape), Origin(self.file))

    def _link(self, start: str, type_: str, end: str) -> None:
        self.links.setdefault((start, type_, end), LinkRecord(start, type_, end, origin=Origin(self.file)))

    def _kv(self, one: Element) -> list[float]:
        found, bad, guessed = voltages(one.tags.get("voltage"))
        for part in bad:
            self.odd["wrong_type", f"voltage={part} is not understood; taken without it"].append(one.ref)
        if guessed:
            what = f"voltage={one.tags['voltage']} has no unit and was taken as kilovolts"
            self.odd["unknown_unit", what].append(one.ref)
        return found

    def _output(self, one: Element) -> float | None:
        for key in ("plant:output:electricity", "generator:output:electricity"):
            raw = (one.tags.get(key) or "").strip()
            if not raw or raw in ("yes", "small_installation"):
                continue
            number, unit = raw.rstrip("pPaceWkMGVA \t"), raw.split()[-1].lstrip("0123456789.,").rstrip("p")
            factor = {"GW": 1e3, "MW": 1.0, "kW": 1e-3, "W": 1e-6}.get(unit)
            try:
                if factor is not None:
                    return float(number.replace(",", ".")) * factor
            except ValueError:
                pass
            self.odd["wrong_type", f"{key}={raw} is not understood; taken without it"].append(one.ref)
        return None

    def _lines(self, kind: str) -> Iterator[AssetRecord]:
        joint, type_, prefix = JOINTS[kind]
        rows = [(one, what) for one, what, _ in self.kinds.values() if what.kind == kind]
        lines = [Line(one, frozenset(self._kv(one))) for one, _ in rows]
        pieces, nodes = cut(lines, self._fixed([one for one, _ in rows], kind), prefix)
        for (one, what), line, parts in zip(rows, lines, pieces, strict=True):
            self.counts["taken" if parts else "inside"] += 1
            number, bad = circuits(one.tags)
            if bad:
                self.odd["wrong_type", f"{bad} is not understood; taken without it"].append(one.ref)
            for part in parts:
                yield self._piece(one, what, line, part, number)
                for end in dict.fromkeys(part.ends):
                    self._link(part.id, type_, end)
        for native, node in nodes.items():
            yield self._asset(native, joint, None, {}, shapely.Point(self.extract.places[node]))

    def _piece(self, one: Element, what: Meaning, line: Line, part: Piece, number: int | None) -> AssetRecord:
        points = [self.extract.places[n] for n in one.nodes[part.first : part.last + 1]]
        props = {"length_km": length_km(points), "ref": one.tags.get("ref"), "status": what.status}
        if what.kind == POWER:
            cable = one.tags.get("location") == "underground" or "cable" in what.tag[1]
            props |= {"circuits": number, "voltage_kv": max(line.kv, default=None)}
            props["equipment_type"] = "cable" if cable else what.tag[1]
        return self._asset(part.id, what.kind or "", name_of(one.tags), props, shapely.LineString(points))

    def _fixed(self, lines: list[Element], kind: str) -> dict[int, str]:
        """Nodes of lines that lie in a station (or, for ends, near one), and nodes that are a device."""
        stations = ("substation",) if kind == POWER else ("exchange", "data_centre", "cell_site")
        devices = ("transformer", "switch") if kind == POWER else stations
        found = [(r, s) for r, (_, w, s) in self.kinds.items() if w.kind in stations]
        near = Near([r for r, _ in found], [s for _, s in found])
        fixed: dict[int, str] = {}
        for one in lines:
            for at, node in enumerate(one.nodes):
                end = at in (0, len(one.nodes) - 1)
                ref = near.find(self.extract.places[node], self.tolerance_m if end else 0.0)
                point = self.kinds.get(f"node/{node}")
                if ref is not None:
                    fixed[node] = f"bus/{ref}" if kind == POWER else ref
                elif point is not None and point[1].kind in devices:
                    fixed[node] = f"node/{node}"
        return fixed

    def _feeds(self) -> None:
        """Plants and generators onto the bus or junction that they hold or stand at; what stands in a station."""
        places = {r: s for r, (_, w, s) in self.kinds.items() if w.kind == "substation"}
        stations = Near(list(places), list(places.values()))
        joints = {
            r: shapely.Point(self.extract.places[int(r.split("/")[1])]) for r in self.made if r.startswith("junction/")
        }
        near = Near(sorted(joints), [joints[r] for r in sorted(joints)])
        plants = {r: s for r, (_, w, s) in self.kinds.items() if w.kind == "power_plant" and s.area}
        around = Near(list(plants), list(plants.values()))
        for ref, (_, what, shape) in self.kinds.items():
            if what.kind in SOURCES:
                self._feed(ref, what, shape, (stations, near, around))
            elif what.kind in ("transformer", "switch"):
                at = shape.point_on_surface()
                station = stations.find((at.x, at.y), 0.0)
                if station is not None:
                    self._link(station, "CONTAINS", ref)
                    self._link(ref, "CONDUCTS", f"bus/{station}")

    def _feed(self, ref: str, what: Meaning, shape: Any, places: tuple[Near, Near, Near]) -> None:
        stations, near, around = places
        at = shape.point_on_surface()
        plant = around.find((at.x, at.y), 0.0) if what.kind == "generator" else None
        if plant is not None:
            self._link(plant, "CONTAINS", ref)
            self._link(ref, "POWERS", plant)
            return
        inside = [f"bus/{stations.refs[r]}" for r in stations.tree.query(shape, predicate="intersects")]
        inside += [near.refs[r] for r in near.tree.query(shape, predicate="intersects")]
        if not inside:
            found = stations.find((at.x, at.y), self.tolerance_m)
            inside = [f"bus/{found}"] if found else [n for n in [near.find((at.x, at.y), self.tolerance_m)] if n]
        for target in inside:
            self._link(ref, "POWERS", target)

    def _edge(self) -> Iterator[Record]:
        """A network outside behind each station or junction that the option names."""
        for target in self.edges:
            node = f"bus/{target}" if f"bus/{target}" in self.made else target
            if node not in self.made or not node.startswith(("bus/", "junction/")):
                what = f"`external` names {target}, which is no station or junction of this extract"
                yield Reject(Origin(self.file), "missing_end", what, "Give it as substation or junction, way/123.")
                continue
            self.made.add(f"external/{target}")
            yield AssetRecord(f"external/{target}", "external_grid", origin=Origin(self.file))
            self._link(f"external/{target}", "POWERS", node)
