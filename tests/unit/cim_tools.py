"""A second, plain reading of CIM files for the tests: the standard library's parser, dictionaries, networkx."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx

from tests.unit.loader_tools import Result
from twin.impact.snapshot import Snapshot
from twin.model import AssetRecord, LinkRecord

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
NODES = ("Terminal.ConnectivityNode", "DCBaseTerminal.DCNode")
TOPOLOGY = ("Terminal.TopologicalNode", "DCBaseTerminal.DCTopologicalNode")
OWNERS = ("Terminal.ConductingEquipment", "DCTerminal.DCConductingEquipment")
OWNERS += ("ACDCConverterDCTerminal.DCConductingEquipment",)


def plain(text: str) -> str:
    """An id as the loaders write it."""
    text = text.removeprefix("urn:uuid:").rpartition("#")[2].removeprefix("_")
    return text.lower() if len(text.replace("-", "")) == 32 else text


class Plain:
    """All objects of some files: ``cls`` and ``props`` by id."""

    def __init__(self, folder: Path, only: tuple[str, ...] = ()) -> None:
        self.cls: dict[str, str] = {}
        self.props: dict[str, dict[str, str]] = defaultdict(dict)
        for path in sorted(folder.rglob("*.xml")) if folder.is_dir() else [folder]:
            if only and not any(word in path.name for word in only):
                continue
            for item in ElementTree.parse(path).getroot():
                id = plain(item.get(f"{RDF}ID") or item.get(f"{RDF}about") or "")
                cls = item.tag.rpartition("}")[2]
                if item.get(f"{RDF}ID") or id not in self.cls:
                    self.cls[id] = cls
                for child in item:
                    name = child.tag.rpartition("}")[2]
                    resource = child.get(f"{RDF}resource")
                    value = (child.text or "").strip() if resource is None else resource
                    self.props[id][name] = plain(value) if resource is not None and "." not in value else value

    def of(self, *classes: str) -> list[str]:
        """Ids of the objects of these classes."""
        return [id for id, cls in self.cls.items() if cls in classes]

    def first(self, id: str, names: Iterable[str], default: str = "") -> str:
        """The first of some properties that an object has."""
        return next((self.props[id][name] for name in names if name in self.props[id]), default)

    def named(self, name: str) -> str:
        """The id of the object of this name."""
        (found,) = {id for id, props in self.props.items() if props.get("IdentifiedObject.name") == name}
        return found

    def graph(self, topology: bool = False, sides: bool = True) -> nx.Graph:
        """Equipment and nodes, an edge for each connected terminal; open switches are left out.

        *topology* takes the nodes that a topology processor made, in which closed switches are no longer seen.
        """
        graph = nx.Graph()
        wanted = TOPOLOGY if topology else NODES
        merged = {}
        if not topology:  # bus-branch parts name only the topology's nodes: these are one with the equipment's
            users = {self.first(t, TOPOLOGY) for t in self.props if self.first(t, OWNERS) and not self.first(t, NODES)}
            for id, cls in self.cls.items():
                at = self.props[id].get("ConnectivityNode.TopologicalNode", "")
                if cls == "ConnectivityNode" and at in users:
                    merged[at] = id
        for terminal in list(self.props):
            owner = self.first(terminal, OWNERS)
            node = self.first(terminal, wanted) or self.first(terminal, TOPOLOGY)
            node = merged.get(node, node)
            if not owner or not node:
                continue
            if self.first(terminal, ("ACDCTerminal.connected",), "true") == "false":
                continue
            state = self.first(owner, ("Switch.open", "Switch.normalOpen"), "false")
            if state == "true" or self.props[owner].get("Equipment.inService") == "false":
                continue
            graph.add_edge(owner, node)
        return graph


def fed(graph: nx.Graph, sources: set[str], lost: Iterable[str] = ()) -> set[str]:
    """Everything that is joined to a source once *lost* are gone."""
    left = graph.copy()
    left.remove_nodes_from([id for id in lost if id in left])
    alive: set[str] = set()
    for part in nx.connected_components(left):
        if part & sources:
            alive |= part
    return alive


def snapshot_of(result: Result, folder: Path) -> Snapshot:
    """The records of a loader as a snapshot, by way of the table format; all ids and ends must be right."""
    folder.mkdir(parents=True, exist_ok=True)
    assets = [r for r in result.all if isinstance(r, AssetRecord)]
    links = [r for r in result.all if isinstance(r, LinkRecord)]
    names = sorted({name for asset in assets for name in asset.properties})
    with (folder / "assets.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "kind", "name", *names])
        rows.writerows([a.id, a.kind, a.name or "", *(a.properties.get(n, "") for n in names)] for a in assets)
    with (folder / "links.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["from", "type", "to"])
        rows.writerows([link.from_id, link.type, link.to_id] for link in links)
    return Snapshot.from_tables(folder, strict=True)


def parts_of(result: Result) -> nx.Graph:
    """The records as a graph of what conducts and feeds, without what is not in service."""
    graph = nx.Graph()
    off = {id for id, asset in result.assets.items() if "status" in asset.properties}
    for start, kind, end in result.links:
        if kind in ("CONDUCTS", "POWERS") and not {start, end} & off:
            graph.add_edge(start, end)
    return graph


def same_parts(one: nx.Graph, other: nx.Graph, among: set[str]) -> bool:
    """Whether two graphs join *among* in the same groups."""

    def groups(graph: nx.Graph) -> set[frozenset[str]]:
        alone = among - set(graph)
        found = {frozenset(part & among) for part in nx.connected_components(graph)} - {frozenset()}
        return found | {frozenset({id}) for id in alone}

    return groups(one) == groups(other)
