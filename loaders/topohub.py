"""Loader ``topohub``: a network as node-link JSON, as TopoHub and networkx write it (docs/loaders/topohub.md).

Nodes become routers (in a site each, if wanted), edges become spans with ``TRANSPORTS`` to both nodes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field

from loaders.fields import text_of
from loaders.places import PlaceProblem, parse_point
from twin.errors import SourceUnreadable
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema
from twin.schema.values import ValueProblem, parse_value

Record = AssetRecord | LinkRecord | Reject
Document = dict[str, Any]
#: How an edge may call its length; the first that is there counts.
LENGTHS = ("dist", "length_km", "length")


class TopohubOptions(BaseModel):
    """Options of the loader ``topohub``."""

    model_config = ConfigDict(extra="forbid")

    ids: Literal["id", "name"] = Field(default="id", description="What identifies a node: its id or its name.")
    sites: bool = Field(default=False, description="Put each router into a site of its own.")
    positions: Literal["lonlat", "latlon", "none"] = Field(
        default="lonlat", description="What `pos` holds; `none` where it is a drawing and not a place."
    )
    straight_lines: bool = Field(default=True, description="Draw each span straight from node to node.")


class TopohubLoader:
    """Reads one topology."""

    name: ClassVar[str] = "topohub"
    title: ClassVar[str] = "TopoHub or networkx topology: node-link JSON"
    Options: ClassVar[type[BaseModel]] = TopohubOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Sites and routers, spans, then links.

        Raises:
            SourceUnreadable: the file is missing, no JSON or no node-link document.
        """
        options = TopohubOptions.model_validate(options)
        document = _read(path)
        if isinstance(document, Reject):
            yield document
            return
        topology = _Topology(path.name, options, schema)
        yield from topology.nodes(document["nodes"])
        key = "edges" if "edges" in document else "links"
        yield from topology.edges(document[key], key)
        yield from topology.links

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The file itself."""
        return [path]


def _read(path: Path) -> Document | Reject:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        fix = "Write one with: json.dump(topohub.get('sndlib/germany50'), file)"
        raise SourceUnreadable(f"{path} does not exist", fix=fix) from None
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be opened: {error.strerror}") from error
    if not raw.strip():
        return Reject(Origin(path.name), "empty_file", f"{path.name} is empty", "Export the topology again.")
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        message = f"the file is not UTF-8: {error.reason} at byte {error.start}"
        return Reject(Origin(path.name, row), "bad_encoding", message, "Save the file as UTF-8.")
    except (json.JSONDecodeError, RecursionError) as error:
        raise SourceUnreadable(f"{path} is not valid JSON, perhaps cut off: {error}") from error
    return _checked(path, document)


def _checked(path: Path, document: Any) -> Document | Reject:
    fix = "A node-link document has the lists `nodes` and `edges` (or `links`)."
    if not isinstance(document, dict) or not isinstance(document.get("nodes"), list):
        raise SourceUnreadable(f"{path} is no node-link document: it has no list `nodes`", fix=fix)
    lists = [key for key in ("edges", "links") if isinstance(document.get(key), list)]
    if len(lists) != 1:
        what = "both `edges` and `links`" if lists else "neither `edges` nor `links`"
        raise SourceUnreadable(f"{path} is no node-link document: it has {what}", fix=fix)
    if not document["nodes"]:
        message = f"{path.name} has no nodes"
        return Reject(Origin(path.name), "empty_file", message, "Export the topology again.")
    return document


class _Topology:
    """Turns nodes and edges into records; ``links`` fills on the way.

    ``places`` has longitude and latitude (or None) of every node that was met, by its id as text.
    """

    def __init__(self, file: str, options: TopohubOptions, schema: Schema) -> None:
        self.file, self.options, self.schema = file, options, schema
        self.links: list[LinkRecord] = []
        self.names: dict[str, str] = {}
        self.places: dict[str, tuple[float, float] | None] = {}
        self.times: Counter[str] = Counter()

    def nodes(self, nodes: list[Any]) -> Iterator[AssetRecord | Reject]:
        """A router for each node, and its site before it."""
        for number, node in enumerate(nodes, start=1):
            rejects: list[Reject] = []
            if not isinstance(node, dict):
                yield self._reject("nodes", number, None, "bad_row", "a node is an object")
                continue
            key = text_of(node.get("id"))
            native = text_of(node.get(self.options.ids))
            if not native or not key:
                column = "id" if not key else self.options.ids
                rejects.append(self._reject("nodes", number, column, "missing_value", f"the node has no {column}"))
            if key:
                self.names[key], self.places[key] = native, None
            geometry = self._point(node, key, number, rejects)
            if rejects:
                yield from rejects
                continue
            yield from self._node(native, text_of(node.get("name")) or native, geometry, node, number)

    def _node(
        self, native: str, name: str, geometry: bytes | None, node: Document, number: int
    ) -> Iterator[AssetRecord]:
        origin = Origin(f"{self.file}/nodes", number)
        if self.options.sites:
            yield AssetRecord(f"site/{native}", "site", name, {}, geometry, origin)
            self.links.append(LinkRecord(f"site/{native}", "CONTAINS", f"router/{native}", origin=origin))
        technology = text_of(node.get("type"))
        properties = {"technology": technology} if technology else {}
        yield AssetRecord(f"router/{native}", "router", name, properties, geometry, origin)

    def _point(self, node: Document, key: str, number: int, rejects: list[Reject]) -> bytes | None:
        pos = node.get("pos")
        if pos is None or self.options.positions == "none":
            return None
        if not isinstance(pos, list) or len(pos) < 2:
            rejects.append(
                self._reject("nodes", number, "pos", "wrong_type", f"pos is two numbers, not {str(pos)[:60]}")
            )
            return None
        lon, lat = pos[:2] if self.options.positions == "lonlat" else pos[1::-1]
        try:
            point = parse_point(lon, lat, ("pos", "pos"))
        except PlaceProblem as problem:
            fix = f'{problem.fix} Where `pos` is a drawing and not a place, set positions = "none".'
            rejects.append(Reject(Origin(f"{self.file}/nodes", number, "pos"), problem.code, str(problem), fix))
            return None
        if point is not None and key:
            self.places[key] = float(lon), float(lat)
        return point

    def edges(self, edges: list[Any], key: str) -> Iterator[AssetRecord | Reject]:
        """A span for each edge, parallel ones too."""
        for number, edge in enumerate(edges, start=1):
            if not isinstance(edge, dict):
                yield self._reject(key, number, None, "bad_row", "an edge is an object")
                continue
            rejects: list[Reject] = []
            ends = [self._end(edge, side, key, number, rejects) for side in ("source", "target")]
            if not rejects and ends[0] == ends[1]:
                rejects.append(self._reject(key, number, "target", "bad_row", f"the edge joins {ends[0]!r} to itself"))
            properties = self._properties(edge, key, number, rejects)
            if rejects:
                yield from rejects
                continue
            yield self._span(edge, ends, properties, Origin(f"{self.file}/{key}", number))

    def _end(self, edge: Document, side: str, key: str, number: int, rejects: list[Reject]) -> str:
        node = text_of(edge.get(side))
        if not node:
            rejects.append(self._reject(key, number, side, "missing_value", f"the edge has no {side}"))
        elif node not in self.places:
            rejects.append(self._reject(key, number, side, "missing_end", f"there is no node {node!r}"))
        return node

    def _span(self, edge: Document, ends: list[str], properties: dict[str, Any], origin: Origin) -> AssetRecord:
        start, end = (self.names[node] for node in ends)
        native = f"span/{start}-{end}"
        self.times[native] += 1
        if self.times[native] > 1:  # parallel edges: the second is .../2
            native = f"{native}/{self.times[native]}"
        name = text_of(edge.get("name")) or None
        self.links.append(LinkRecord(f"router/{start}", "TRANSPORTS", native, origin=origin))
        self.links.append(LinkRecord(native, "TRANSPORTS", f"router/{end}", origin=origin))
        return AssetRecord(native, "span", name, properties, self._line(ends), origin)

    def _properties(self, edge: Document, key: str, number: int, rejects: list[Reject]) -> dict[str, Any]:
        known = self.schema.kind_properties("span")
        length = next((column for column in LENGTHS if edge.get(column) is not None), "dist")
        properties = {}
        for name, column in (("length_km", length), ("technology", "type"), ("capacity_gbps", "capacity_gbps")):
            try:
                value = parse_value(known[name], edge.get(column))
            except ValueProblem as problem:
                origin = Origin(f"{self.file}/{key}", number, column)
                rejects.append(Reject(origin, problem.code, str(problem), problem.fix))
                continue
            if value is not None:
                properties[name] = value
        return properties

    def _line(self, ends: list[str]) -> bytes | None:
        start, end = (self.places[node] for node in ends)
        if not self.options.straight_lines or start is None or end is None or start == end:
            return None
        wkb: bytes = shapely.to_wkb(straight_line(start, end))
        return wkb

    def _reject(self, part: str, number: int, column: str | None, code: str, message: str) -> Reject:
        fixes = {
            "missing_end": "Add the node, or correct the edge's end.",
            "missing_value": "Give it one.",
            "wrong_type": "Write [longitude, latitude].",
        }
        fix = fixes.get(code, "Mend the entry, or leave it out.")
        return Reject(Origin(f"{self.file}/{part}", number, column), code, message, fix)


def straight_line(start: tuple[float, float], end: tuple[float, float]) -> Any:
    """A line between two places (lon, lat in degrees), parted at the antimeridian where that way is shorter."""
    (x0, y0), (x1, y1) = start, end
    if abs(x1 - x0) <= 180:
        return shapely.LineString([start, end])
    edge = 180.0 if x0 > 0 else -180.0
    span = 360.0 - abs(x1 - x0)
    at = y0 + (y1 - y0) * ((180.0 - abs(x0)) / span if span else 0.0)
    parts = [[start, (edge, at)], [(-edge, at), end]]
    return shapely.MultiLineString([part for part in parts if part[0] != part[1]])
