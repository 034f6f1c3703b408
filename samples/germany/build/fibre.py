"""germany50 (SNDlib, packaged in topohub) as a node-link export, and as a graph to route over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
from common import slug

SOURCE = "fibre"
CREDIT = (
    "germany50 of SNDlib 1.0 (S. Orlowski, M. Pioro, A. Tomaszewski, R. Wessaely, Networks 55(3), 2010), "
    "as packaged in topohub (P. Jurkiewicz, SoftwareX 24, 2023; MIT licence). Re-expressed: ids, lengths, nothing else."
)


class Fibre:
    """The transport network: towns with one router each, and spans between them.

    Attributes:
        graph: towns by slug, edges with ``km``.
        places: slug -> (lon, lat).
        names: slug -> name as in the source.
    """

    def __init__(self, nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> None:
        self.nodes, self.edges = nodes, edges
        self.places = {str(node["id"]): (float(node["pos"][0]), float(node["pos"][1])) for node in nodes}
        self.names = {str(node["id"]): str(node["name"]) for node in nodes}
        self.graph = nx.Graph()
        self.graph.add_nodes_from(self.places)
        for edge in edges:
            self.graph.add_edge(edge["source"], edge["target"], km=edge["dist"])

    def router(self, town: str) -> str:
        """Full id of a town's router."""
        return f"{SOURCE}:router/{town}"

    def span(self, a: str, b: str) -> str:
        """Full id of the span between two towns, as the loader ``topohub`` names it."""
        first, second = sorted((a, b))
        return f"{SOURCE}:span/{first}-{second}"

    def write(self, path: Path) -> None:
        """Write the node-link JSON, one node or edge a line."""
        head = {"name": "germany50", "credit": CREDIT}
        nodes = ",\n".join("    " + json.dumps(node, ensure_ascii=False) for node in self.nodes)
        edges = ",\n".join("    " + json.dumps(edge, ensure_ascii=False) for edge in self.edges)
        text = (
            f'{{\n  "directed": false,\n  "multigraph": false,\n  "graph": {json.dumps(head)},\n'
            f'  "nodes": [\n{nodes}\n  ],\n  "edges": [\n{edges}\n  ]\n}}\n'
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def read_fibre() -> Fibre:
    """germany50 from the installed topohub package (extra ``samples``)."""
    import topohub

    topology = topohub.get("sndlib/germany50")
    ids = {node["id"]: slug(node["name"]) for node in topology["nodes"]}
    names = {ids[node["id"]]: node["name"] for node in topology["nodes"]}
    nodes = [{"id": ids[n["id"]], "name": n["name"], "pos": list(n["pos"])} for n in topology["nodes"]]
    edges = []
    for edge in topology["edges"]:
        a, b = sorted((ids[edge["source"]], ids[edge["target"]]))
        title = f"Span {names[a]} - {names[b]}"
        edges.append({"source": a, "target": b, "name": title, "dist": edge["dist"]})
    return Fibre(nodes, sorted(edges, key=lambda edge: (edge["source"], edge["target"])))
