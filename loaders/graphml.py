"""Loader ``graphml``: a graph in GraphML, GML or node-link JSON, as of Topology Zoo (docs/loaders/graphml.md).

Nodes become routers, edges become spans with ``TRANSPORTS`` to both nodes; other kinds by options.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import shapely
from pydantic import BaseModel, ConfigDict, Field

from loaders.graphs import Edge, Node, read_graph
from loaders.places import PlaceProblem, parse_point
from loaders.topohub import straight_line
from twin.errors import LoaderOptionError
from twin.model import AssetRecord, LinkRecord, Reject
from twin.schema import Schema, suggest
from twin.schema.values import ValueProblem, parse_value

Record = AssetRecord | LinkRecord | Reject
#: Attributes that name a node or edge, and that place a node; the first that is there counts.
NAMES = ("label", "name", "Label", "LinkLabel")
LONGITUDES, LATITUDES = ("Longitude", "longitude", "lon", "lng", "long"), ("Latitude", "latitude", "lat")
#: Of the edges of Topology Zoo and others: property -> (attribute, what one of it is in our unit).
USUAL: dict[str, tuple[tuple[str, float], ...]] = {
    "length_km": (("length_km", 1.0), ("dist", 1.0), ("length", 1.0)),
    "capacity_gbps": (("capacity_gbps", 1.0), ("LinkSpeedRaw", 1e-9)),
}


class GraphmlOptions(BaseModel):
    """Options of the loader ``graphml``."""

    model_config = ConfigDict(extra="forbid")

    node_kind: str = Field(default="router", description="Kind of a node.")
    edge_kind: str = Field(default="span", description="Kind of an edge.")
    link: str = Field(default="TRANSPORTS", description="Link type between an edge and its two nodes.")
    kinds: dict[str, str] = Field(
        default_factory=dict, description="Kind of nodes and edges by a value of the attribute `kind_attribute`."
    )
    kind_attribute: str = Field(default="type", description="The attribute whose values `kinds` names.")
    properties: dict[str, str] = Field(default_factory=dict, description="Property of the schema = attribute.")
    straight_lines: bool = Field(default=True, description="Draw each edge straight from node to node.")


class GraphmlLoader:
    """Reads one graph."""

    name: ClassVar[str] = "graphml"
    title: ClassVar[str] = "A graph: GraphML, GML or node-link JSON (Topology Zoo, networkx)"
    Options: ClassVar[type[BaseModel]] = GraphmlOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Nodes, edges, then links.

        Raises:
            SourceUnreadable: the file is missing or none of the formats. LoaderOptionError: an unknown kind or link.
        """
        options = GraphmlOptions.model_validate(options)
        _check(options, schema)
        graph = read_graph(path)
        yield from graph.rejects
        maker = _Maker(options, schema)
        for node in graph.nodes:
            yield from maker.node(node)
        for edge in graph.edges:
            yield from maker.edge(edge)
        yield from maker.links

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The file itself."""
        return [path]


def _check(options: GraphmlOptions, schema: Schema) -> None:
    for kind in (options.node_kind, options.edge_kind, *options.kinds.values()):
        if kind not in schema.kinds:
            raise LoaderOptionError(
                f"unknown kind {kind!r}.{suggest(kind, schema.kinds)}", fix="Use a kind of the schema."
            )
    if options.link not in schema.link_types:
        raise LoaderOptionError(
            f"unknown link type {options.link!r}.{suggest(options.link, schema.link_types)}",
            fix="Use one of the schema.",
        )


class _Maker:
    """Turns nodes and edges into records; ``links`` fills on the way."""

    def __init__(self, options: GraphmlOptions, schema: Schema) -> None:
        self._options = options
        self._schema = schema
        self._ids: dict[str, str] = {}
        self._places: dict[str, tuple[float, float]] = {}
        self._times: Counter[str] = Counter()
        self.links: list[LinkRecord] = []

    def node(self, node: Node) -> Iterator[Record]:
        """One asset, or why not."""
        if not node.id:
            yield Reject(node.origin._replace(column="id"), "missing_value", "the node has no id", "Give it one.")
            return
        kind = self._kind(node.attributes, self._options.node_kind)
        native = f"{kind}/{node.id}"
        self._ids.setdefault(node.id, native)
        rejects: list[Reject] = []
        geometry = self._point(node, rejects)
        properties = self._properties(kind, node, rejects)
        if rejects:
            yield from rejects
            return
        yield AssetRecord(native, kind, _first(node.attributes, NAMES) or node.id, properties, geometry, node.origin)

    def edge(self, edge: Edge) -> Iterator[Record]:
        """One asset between two nodes, parallel ones too, or why not."""
        rejects = [problem for problem in (self._end(edge, side) for side in ("source", "target")) if problem]
        if not rejects and edge.source == edge.target:
            message = f"the edge joins {edge.source!r} to itself"
            rejects.append(Reject(edge.origin, "bad_row", message, "Leave it out, or correct an end."))
        kind = self._kind(edge.attributes, self._options.edge_kind)
        properties = self._properties(kind, edge, rejects)
        if rejects:
            yield from rejects
            return
        native = f"{kind}/{edge.source}-{edge.target}"
        self._times[native] += 1
        if self._times[native] > 1:
            native = f"{native}/{self._times[native]}"
        for node in (edge.source, edge.target):
            self.links.append(LinkRecord(self._ids[node], self._options.link, native, origin=edge.origin))
        name = _first(edge.attributes, NAMES) or None
        yield AssetRecord(native, kind, name, properties, self._line(edge), edge.origin)

    def _end(self, edge: Edge, side: str) -> Reject | None:
        node = edge.source if side == "source" else edge.target
        if node in self._ids:
            return None
        code, message = ("missing_end", f"there is no node {node[:100]!r}") if node else (
            "missing_value", f"the edge has no {side}",
        )  # fmt: skip
        origin = edge.origin._replace(column=side)
        return Reject(origin, code, message, "Add the node, or correct the edge's end.")

    def _kind(self, attributes: dict[str, Any], usual: str) -> str:
        return self._options.kinds.get(str(attributes.get(self._options.kind_attribute, "")), usual)

    def _point(self, node: Node, rejects: list[Reject]) -> bytes | None:
        lon, lat = _first(node.attributes, LONGITUDES), _first(node.attributes, LATITUDES)
        if lon is None or lat is None:
            return None
        try:
            point = parse_point(lon, lat, ("Longitude", "Latitude"))
        except PlaceProblem as problem:
            rejects.append(Reject(node.origin, problem.code, str(problem), problem.fix))
            return None
        if point is not None:
            self._places[node.id] = float(lon), float(lat)
        return point

    def _properties(self, kind: str, item: Node | Edge, rejects: list[Reject]) -> dict[str, Any]:
        known = self._schema.kind_properties(kind)
        asked = {name: ((attribute, 1.0),) for name, attribute in self._options.properties.items() if name in known}
        found: dict[str, Any] = {}
        for name, sources in {**{n: s for n, s in USUAL.items() if n in known}, **asked}.items():
            attribute, factor = next((s for s in sources if item.attributes.get(s[0]) not in (None, "")), ("", 1.0))
            try:
                value = parse_value(known[name], item.attributes.get(attribute))
            except ValueProblem as problem:
                origin = item.origin._replace(column=attribute)
                rejects.append(Reject(origin, problem.code, str(problem), problem.fix))
                continue
            if value is not None:
                found[name] = value if factor == 1.0 else value * factor
        return found

    def _line(self, edge: Edge) -> bytes | None:
        start, end = self._places.get(edge.source), self._places.get(edge.target)
        if not self._options.straight_lines or start is None or end is None or start == end:
            return None
        wkb: bytes = shapely.to_wkb(straight_line(start, end), byte_order=1)
        return wkb


def _first(attributes: dict[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = attributes.get(name)
        if value not in (None, "") and not isinstance(value, dict | list):
            return str(value)
    return None
