"""The graph for programs of others: GraphML, Cytoscape JSON, DTDL v3, and CSV files for Neo4j's import tool."""

from __future__ import annotations

from twin.export.graph.formats import GRAPH_FORMATS, graph_format_of, stream_graph, write_graph
from twin.export.graph.network import Network

__all__ = ["GRAPH_FORMATS", "Network", "graph_format_of", "stream_graph", "write_graph"]
