"""Formats of the whole graph: which there are, and how each is written or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from twin.export.files import FileFormat
from twin.export.graph.network import Network

GRAPH_FORMATS = {
    each.name: each
    for each in (
        FileFormat("graphml", ".graphml", "application/graphml+xml", "GraphML", streamed=True),
        FileFormat("cyjs", ".cyjs", "application/json", "Cytoscape JSON", streamed=True),
        FileFormat("dtdl", ".json", "application/json", "DTDL v3 models, twins and relationships", streamed=True),
        FileFormat("neo4j", ".zip", "application/zip", "CSV files for neo4j-admin database import"),
    )
}


def graph_format_of(path: Path) -> FileFormat | None:
    """The format that the suffix of *path* means: none is a folder for Neo4j's import tool; None if it means none."""
    if not path.suffix:
        return GRAPH_FORMATS["neo4j"]
    return next((each for each in GRAPH_FORMATS.values() if each.suffix == path.suffix.lower()), None)


def stream_graph(network: Network, form: FileFormat) -> Iterator[bytes]:
    """The graph as bytes, some rows at a time.

    Args:
        form: one that is streamed.
    """
    from twin.export.graph.cyjs import cyjs
    from twin.export.graph.dtdl import dtdl
    from twin.export.graph.graphml import graphml

    makers: dict[str, Callable[[Network], Iterator[bytes]]] = {"graphml": graphml, "cyjs": cyjs, "dtdl": dtdl}
    return _gathered(makers[form.name](network))


def write_graph(network: Network, path: Path, form: FileFormat) -> None:
    """Write the graph to *path*: a new file, or for Neo4j a folder that is there."""
    from twin.export.graph import neo4j

    if form.name != "neo4j":
        with path.open("wb") as file:
            file.writelines(stream_graph(network, form))
    elif path.is_dir():
        neo4j.write_folder(network, path)
    else:
        neo4j.write_zip(network, path)


def _gathered(parts: Iterator[bytes], least: int = 1 << 16) -> Iterator[bytes]:
    """Small parts joined to larger ones."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= least:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
