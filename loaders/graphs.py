"""Graphs as their files say them: nodes and edges with attributes, from GraphML, GML and node-link JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from loaders.gml import Entry, parse_gml
from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

#: Bytes of one file.
MAX_BYTES = 1 << 30
TRUE = {"true", "1"}


class Node(NamedTuple):
    """One node: ``id`` as the file has it, its attributes, and where it stands."""

    id: str
    attributes: dict[str, Any]
    origin: Origin


class Edge(NamedTuple):
    """One edge between two nodes."""

    source: str
    target: str
    attributes: dict[str, Any]
    origin: Origin


@dataclass
class Graph:
    """All of a file; ``rejects`` is what a graph of nodes and edges cannot hold."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def read_graph(path: Path) -> Graph:
    """The graph of a file, whatever of the three formats it has.

    Raises:
        SourceUnreadable: the file is missing, too large, or none of them.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceUnreadable(f"{path} has more than {MAX_BYTES >> 30} GB", fix="Export a part of the graph.")
        raw = path.read_bytes()
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be opened: {error.strerror}", fix="Check the path.") from error
    start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if not start:
        empty = Reject(Origin(path.name), "empty_file", f"{path.name} is empty", "Export the graph again.")
        return Graph(rejects=[empty])
    if start == b"<":
        return _graphml(path, raw)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if start == b"{":
            raise SourceUnreadable(f"{path} is not UTF-8", fix="Save the file as UTF-8.") from error
        text = raw.decode("latin-1")  # GML is ASCII by its definition; older exports write Latin 1
    return _node_link(path, text) if start == b"{" else _gml(path, text)


def _graphml(path: Path, raw: bytes) -> Graph:
    """GraphML (graphml.graphdrawing.org): keys with defaults, nodes, edges; entities and DOCTYPE are refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise SourceUnreadable(
            f"{path} is no XML, perhaps cut off: {error.msg}", fix="Export the graph again."
        ) from error
    if root.getroottree().docinfo.doctype:
        raise SourceUnreadable(f"{path} has a DOCTYPE, which is not read", fix="Export the graph without a DOCTYPE.")
    graphs = [child for child in root if _name(child) == "graph"]
    if _name(root) != "graphml" or not graphs:
        raise SourceUnreadable(f"{path} is no GraphML: it has no graph", fix="Export the graph as GraphML or GML.")
    keys, defaults = _keys(root)
    found = Graph()
    for graph in graphs:
        for element in graph.iter("{*}node", "{*}edge", "{*}hyperedge", "node", "edge", "hyperedge"):
            _element(path.name, element, keys, defaults, found)
    return found


def _element(file: str, element: Any, keys: dict[str, str], defaults: dict[str, dict[str, str]], found: Graph) -> None:
    kind, origin = _name(element), Origin(file, element.sourceline)
    if kind == "hyperedge":
        message = "an edge between more than two nodes cannot be taken"
        found.rejects.append(Reject(origin, "bad_row", message, "Split it into edges between two nodes."))
        return
    attributes: dict[str, Any] = dict(defaults.get(kind, {}))
    for data in element:
        if _name(data) == "data" and data.text and data.text.strip():
            attributes[keys.get(data.get("key", ""), data.get("key", ""))] = data.text.strip()
    if kind == "node":
        found.nodes.append(Node(element.get("id", ""), attributes, origin))
    else:
        found.edges.append(Edge(element.get("source", ""), element.get("target", ""), attributes, origin))


def _keys(root: Any) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Key id -> name of the attribute; and defaults of nodes and edges."""
    names: dict[str, str] = {}
    defaults: dict[str, dict[str, str]] = {"node": {}, "edge": {}}
    for key in root:
        if _name(key) != "key":
            continue
        name = key.get("attr.name") or key.get("id", "")
        names[key.get("id", "")] = name
        for child in key:
            if _name(child) == "default" and child.text:
                for kind in defaults:
                    if key.get("for", "all") in (kind, "all"):
                        defaults[kind][name] = child.text.strip()
    return names, defaults


def _name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _gml(path: Path, text: str) -> Graph:
    graphs = [entry for entry in parse_gml(text, path.name) if entry.key == "graph" and isinstance(entry.value, list)]
    if not graphs:
        raise SourceUnreadable(f"{path} is no GML: it has no graph", fix="Export the graph as GraphML or GML.")
    found = Graph()
    for entry in (entry for graph in graphs for entry in graph.value):
        if entry.key not in ("node", "edge") or not isinstance(entry.value, list):
            continue
        origin, fields = Origin(path.name, entry.line), _flat(entry.value)
        if entry.key == "node":
            found.nodes.append(Node(_text(fields.pop("id", None)), fields, origin))
        else:
            ends = _text(fields.pop("source", None)), _text(fields.pop("target", None))
            found.edges.append(Edge(*ends, fields, origin))
    return found


def _flat(entries: list[Entry], prefix: str = "") -> dict[str, Any]:
    """Entries as attributes; those of an inner list as ``list.key``."""
    found: dict[str, Any] = {}
    for entry in entries:
        if isinstance(entry.value, list):
            found.update(_flat(entry.value, f"{prefix}{entry.key}."))
        else:
            found.setdefault(f"{prefix}{entry.key}", entry.value)
    return found


def _node_link(path: Path, text: str) -> Graph:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceUnreadable(f"{path} is no JSON, perhaps cut off: {error}", fix="Export the graph again.") from error
    lists = [document.get(key) for key in ("nodes", "edges", "links")]
    nodes, edges = lists[0], lists[1] if isinstance(lists[1], list) else lists[2]
    if not isinstance(nodes, list) or not isinstance(edges, list):
        raise SourceUnreadable(
            f"{path} is no node-link document", fix="It has the lists `nodes` and `edges` (or `links`)."
        )
    found = Graph()
    for number, item in _objects(path, "nodes", nodes, found):
        found.nodes.append(Node(_text(item.pop("id", None)), item, Origin(f"{path.name}/nodes", number)))
    for number, item in _objects(path, "edges", edges, found):
        ends = _text(item.pop("source", None)), _text(item.pop("target", None))
        found.edges.append(Edge(*ends, item, Origin(f"{path.name}/edges", number)))
    return found


def _objects(path: Path, part: str, items: list[Any], found: Graph) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, item in enumerate(items, 1):
        if isinstance(item, dict):
            yield number, dict(item)
        else:
            origin = Origin(f"{path.name}/{part}", number)
            found.rejects.append(
                Reject(origin, "bad_row", "the entry is no object", "Mend the entry, or leave it out.")
            )


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)
