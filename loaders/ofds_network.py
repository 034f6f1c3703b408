"""Nodes and spans of one OFDS network as records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import shapely

from loaders.fields import text_of
from loaders.ofds_source import Entry, Network
from loaders.places import PlaceProblem, Transform, check_shapes, to_wgs84
from loaders.topohub import straight_line
from twin.model import AssetRecord, LinkRecord, Reject
from twin.schema import Schema
from twin.schema.values import ValueProblem, parse_value

#: nodeStatus and spanStatus -> ours.
STATUSES = {
    "operational": None,
    "proposed": "planned",
    "planned": "planned",
    "underConstruction": "planned",
    "inactive": "out_of_service",
    "decommissioned": "out_of_service",
}
#: Who owns the passive infrastructure: the name since 0.4 of the standard, and before.
OWNERS = ("transmissionMediumOwner", "physicalInfrastructureProvider")
#: A fibre this many times as long as its route is taken for a wrong unit.
TOO_LONG = 20
SHAPES = {"location": ("Point",), "route": ("LineString", "MultiLineString")}


class NetworkReader:
    """Reads one network; fills ``links``, ``routes`` (span id -> its own route) and ``names`` on the way.

    Args:
        network: the network.
        kinds: node type -> kind.
        length_unit: what fibreLength counts: km or m.
        straight: draw spans without a route straight.
        crs: reference system instead of the one that the network says, or None.
        schema: the vocabulary.
    """

    def __init__(
        self, network: Network, kinds: dict[str, str], length_unit: str, straight: bool, crs: str | None, schema: Schema
    ) -> None:
        self.network, self.kinds, self.straight, self.schema = network, kinds, straight, schema
        self.per_km = 1000.0 if length_unit == "m" else 1.0
        self.crs = crs
        self.links: list[LinkRecord] = []
        self.routes: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.places: dict[str, tuple[float, float] | None] = {}  # id of a node -> where it is
        self.titles: dict[str, str] = {}  # name of a node -> its id
        self.seen: set[str] = set()  # ids of nodes, bad ones too

    def records(self) -> Iterator[AssetRecord | Reject]:
        """Nodes with their international connections, then spans."""
        try:
            self.transform = self._transform()
        except PlaceProblem as problem:
            fix = "OFDS coordinates are longitude, latitude in CRS84; set crs where the network says it wrongly."
            yield Reject(self.network.origin._replace(column="crs"), problem.code, str(problem), fix)
            return
        nodes = {text_of(entry.body.get("id")): entry for entry in self.network.nodes}
        for entry in [*self.network.nodes, *self._embedded(nodes)]:
            yield from self._node(entry)
        seen: set[str] = set()
        for entry in self.network.spans:
            yield from self._span(entry, seen)

    def _transform(self) -> Transform | None:
        said = self.network.crs if isinstance(self.network.crs, dict) else {}
        words = f"{text_of(said.get('name'))} {text_of(said.get('uri'))}".upper()
        if self.crs:
            return to_wgs84(self.crs)
        if not words.strip() or any(word in words for word in ("CRS84", "4326", "WGS84", "WGS 84")):
            return None
        return to_wgs84(text_of(said.get("name")) or text_of(said.get("uri")))

    def _embedded(self, nodes: dict[str, Entry]) -> Iterator[Entry]:
        """Nodes that stand only in the spans of a GeoJSON file, as their ends."""
        for entry in self.network.spans:
            for side in ("start", "end"):
                node = entry.body.get(side)
                if isinstance(node, dict) and text_of(node.get("id")) not in nodes:
                    nodes[text_of(node.get("id"))] = made = Entry(node, entry.origin._replace(column=side))
                    yield made

    def _id(self, kind: str, native: str) -> str:
        return f"{self.network.id}/{kind}/{native}"

    def _node(self, entry: Entry) -> Iterator[AssetRecord | Reject]:
        rejects: list[Reject] = []
        native = text_of(entry.body.get("id"))
        if not native:
            rejects.append(_reject(entry, "id", "missing_value", "the node has no id", "Give it one."))
        elif native in self.seen:
            rejects.append(
                _reject(entry, "id", "duplicate_id", f"the node {native!r} is there twice", "Leave one out.")
            )
        self.seen.add(native)
        shape = self._shape(entry, "location", rejects)
        properties = self._common(entry, rejects)
        kind = self._kind(entry, rejects)
        if rejects:
            yield from rejects
            return
        self.places[native] = None if shape is None else (shape.x, shape.y)
        name = text_of(entry.body.get("name")) or None
        self.titles.setdefault(name or native, native)
        known = self.schema.kind_properties(kind)
        geometry = None if shape is None else shapely.to_wkb(shape)
        made = {name: value for name, value in properties.items() if name in known}
        yield AssetRecord(self._id("node", native), kind, name, made, geometry, entry.origin)
        yield from self._references(entry)
        yield from self._international(entry, native, name or native, properties.get("status"))

    def _kind(self, entry: Entry, rejects: list[Reject]) -> str:
        types = entry.body.get("type")
        words = [text_of(one) for one in (types if isinstance(types, list) else [types]) if text_of(one)]
        known = [self.kinds[word] for word in words if word in self.kinds]
        if words and not known:
            message = f"the type of the node, {words[0][:60]!r}, has no kind"
            rejects.append(
                _reject(entry, "type", "unknown_kind", message, f'Set kinds = {{ "{words[0][:60]}" = "site" }}.')
            )
        return next((kind for kind in known if kind != "site"), "site")

    def _international(self, entry: Entry, native: str, name: str, status: Any) -> Iterator[AssetRecord | Reject]:
        given = entry.body.get("internationalConnections")
        for number, one in enumerate(given if isinstance(given, list) else [given] if given else []):
            column = f"internationalConnections/{number}"
            country = text_of(one.get("country")) if isinstance(one, dict) else ""
            if not country:
                message = "an international connection says no country"
                yield _reject(entry, column, "missing_value", message, "Give the country's code.")
                continue
            there = next((text_of(one.get(k)) for k in ("locality", "region") if text_of(one.get(k))), "")
            made = self._id("international", f"{native}/{number + 1}")
            label = f"{name} - {there + ', ' if there else ''}{country}"
            properties: dict[str, Any] = {"technology": "international connection"}
            if status:
                properties["status"] = status
            yield AssetRecord(made, "circuit", label, properties, None, entry.origin._replace(column=column))
            self.links.append(LinkRecord(self._id("node", native), "CARRIES", made, origin=entry.origin))

    def _span(self, entry: Entry, seen: set[str]) -> Iterator[AssetRecord | Reject]:
        rejects: list[Reject] = []
        native = text_of(entry.body.get("id"))
        if not native:
            rejects.append(_reject(entry, "id", "missing_value", "the span has no id", "Give it one."))
        elif native in seen:
            rejects.append(
                _reject(entry, "id", "duplicate_id", f"the span {native!r} is there twice", "Leave one out.")
            )
        seen.add(native)
        ends = [self._end(entry, side, native, rejects) for side in ("start", "end")]
        if ends[0] and ends[0] == ends[1]:
            rejects.append(_reject(entry, "end", "bad_row", f"the span joins {ends[0]!r} to itself", "Correct an end."))
        route = self._shape(entry, "route", rejects)
        properties = self._common(entry, rejects) | self._fibre(entry, route, rejects)
        if rejects:
            yield from rejects
            return
        made = self._id("span", native)
        name = text_of(entry.body.get("name"))
        self.names[made] = name or f"{ends[0]}-{ends[1]}"
        if route is not None:
            self.routes[made] = route
        for start, end in ((self._id("node", ends[0]), made), (made, self._id("node", ends[1]))):
            self.links.append(LinkRecord(start, "TRANSPORTS", end, origin=entry.origin))
        yield AssetRecord(made, "span", name or None, properties, self._line(route, ends), entry.origin)
        yield from self._references(entry)

    def _end(self, entry: Entry, side: str, native: str, rejects: list[Reject]) -> str:
        raw = entry.body.get(side)
        node = text_of(raw.get("id") if isinstance(raw, dict) else raw)
        if not node:
            rejects.append(_reject(entry, side, "missing_value", f"the span has no {side}", "Name the node."))
        elif node not in self.places:
            other = self.titles.get(node)
            fix = f"That is a name; its id is {other!r}." if other else "Add the node, or correct the span's end."
            link = ("TRANSPORTS", self._id("node", node), self._id("span", native))
            where = entry.origin._replace(column=side)
            message = f"the network has no node {node[:200]!r} that could be taken"
            rejects.append(Reject(where, "missing_end", message, fix, link))
        return node

    def _line(self, route: Any, ends: list[str]) -> bytes | None:
        if route is not None:
            wkb: bytes = shapely.to_wkb(route)
            return wkb
        start, end = (self.places[node] for node in ends)
        if not self.straight or start is None or end is None or start == end:
            return None
        drawn: bytes = shapely.to_wkb(straight_line(start, end))
        return drawn

    def _common(self, entry: Entry, rejects: list[Reject]) -> dict[str, Any]:
        """Status, owner, operator and phase: names, or ids where there is no name."""
        made: dict[str, Any] = {}
        status = entry.body.get("status")
        if status is not None:
            if not isinstance(status, str) or status not in STATUSES:
                message = f"status {text_of(status)[:60]!r} is not in the standard"
                fix = f"The standard has {', '.join(STATUSES)}."
                rejects.append(_reject(entry, "status", "wrong_type", message, fix))
            elif STATUSES[status]:
                made["status"] = STATUSES[status]
        providers = entry.body.get("networkProviders")
        many = providers if isinstance(providers, list) else [providers]
        operator = "; ".join(title for title in (_title(one) for one in many) if title)
        owner = next((title for title in (_title(entry.body.get(name)) for name in OWNERS) if title), "")
        phase = _title(entry.body.get("phase"))
        return made | {k: v for k, v in (("operator", operator), ("owner", owner), ("phase", phase)) if v}

    def _references(self, entry: Entry) -> Iterator[Reject]:
        """Phases and organisations that the network lists, but not this one; the node or span is taken all the same."""
        body = entry.body
        providers = body.get("networkProviders")
        many = providers if isinstance(providers, list) else []
        for column, one, listed in (
            ("phase", body.get("phase"), self.network.phases),
            *((name, body.get(name), self.network.organisations) for name in (*OWNERS, "supplier")),
            *((f"networkProviders/{i}", one, self.network.organisations) for i, one in enumerate(many)),
        ):
            native = text_of(one.get("id")) if isinstance(one, dict) else ""
            if native and listed is not None and native not in listed:
                message = f"{native[:200]!r} is not among the {'phases' if column == 'phase' else 'organisations'}"
                yield _reject(entry, f"{column}/id", "missing_end", message, "Add it there, or correct the reference.")

    def _fibre(self, entry: Entry, route: Any, rejects: list[Reject]) -> dict[str, Any]:
        body, known = entry.body, self.schema.kind_properties("span")
        made: dict[str, Any] = {}
        for name, member in (
            ("capacity_gbps", "capacity"),
            ("fibre_count", "fibreCount"),
            ("length_km", "fibreLength"),
        ):
            try:
                value = parse_value(known[name], body.get(member))
            except ValueProblem as problem:
                rejects.append(_reject(entry, member, problem.code, str(problem), problem.fix))
                continue
            if value is not None:
                made[name] = value / self.per_km if name == "length_km" else value
        drawn = _length_km(route) if route is not None else None
        if "length_km" not in made and drawn is not None:
            made["length_km"] = round(drawn, 3)
        elif drawn is not None and made["length_km"] > TOO_LONG * drawn + 10:
            message = f"fibreLength is {made['length_km']:g} km on a route of {drawn:.1f} km"
            fix = 'Is it in metres? Set fibre_length = "m"; or correct it.'
            rejects.append(_reject(entry, "fibreLength", "out_of_range", message, fix))
        technology = _words(body.get("technologies")) or _words(body.get("transmissionMedium"))
        deployment = _words(body.get("deployment"))
        return made | {k: v for k, v in (("technology", technology), ("deployment", deployment)) if v}

    def _shape(self, entry: Entry, member: str, rejects: list[Reject]) -> Any:
        raw = entry.body.get(member)
        if raw is None:
            return None
        try:
            return self._read_shape(raw, member)
        except PlaceProblem as problem:
            rejects.append(_reject(entry, member, problem.code, str(problem), problem.fix))
            return None

    def _read_shape(self, raw: Any, member: str) -> Any:
        kinds = SHAPES[member]
        found = raw if isinstance(raw, str) else text_of(raw.get("type")) if isinstance(raw, dict) else text_of(raw)
        bad = f"{member} is a {kinds[0]} that can be read, not {found[:60]!r}"
        fix = "Give a GeoJSON geometry (in CSV: WKT) of that type."
        try:
            with np.errstate(all="ignore"):
                text = raw if isinstance(raw, str) else json.dumps(raw)
                parse = shapely.from_wkt if isinstance(raw, str) else shapely.from_geojson
                shape = shapely.force_2d(parse(text, on_invalid="ignore"))
        except (RecursionError, shapely.errors.ShapelyError):
            shape = None
        if shape is None or shape.geom_type not in kinds:
            raise PlaceProblem("bad_geometry", None, bad, fix)
        if self.transform is not None and not shapely.is_empty(shape):
            shape = shapely.transform(shape, self.transform)
        taken = check_shapes([shape], code="wrong_crs" if self.transform is not None else "out_of_range")
        if taken.problems:
            raise taken.problems[0]
        return shape


def _reject(entry: Entry, column: str, code: str, message: str, fix: str) -> Reject:
    return Reject(entry.origin._replace(column=column), code, message, fix)


def _title(one: Any) -> str:
    return text_of(one.get("name")) or text_of(one.get("id")) if isinstance(one, dict) else ""


def _words(raw: Any) -> str:
    many = raw if isinstance(raw, list) else [raw]
    return "; ".join(word for word in (text_of(one) for one in many if isinstance(one, str)) if word)


@cache
def _ellipsoid() -> Any:
    import pyproj

    return pyproj.Geod(ellps="WGS84")


def _length_km(route: Any) -> float:
    return abs(float(_ellipsoid().geometry_length(route))) / 1000.0
