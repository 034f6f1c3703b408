"""GraphML 1.0 (Brandes and others 2002): read by yEd, Gephi, networkx, igraph and others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa

from twin.export.graph.network import Network
from twin.export.text import xml_text

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns '
    'http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)


def graphml(network: Network) -> Iterator[bytes]:
    """The graph, directed; ``directed = false`` on links of a mesh, whose direction means nothing; places as WKT."""
    nodes = {
        name: _type(network.assets.schema.field(name).type) for name in network.assets.column_names if name != "id"
    }
    nodes |= {"wkt": "string", "within": "string"}
    edges = {name: _type(network.links.schema.field(name).type) for name in network.links.column_names}
    edges = {name: kind for name, kind in edges.items() if name not in ("from", "to")}
    keys = [
        f"<key id={quoteattr(f'{of[0]}_{name}')} for={quoteattr(of)} attr.name={quoteattr(name)} "
        f"attr.type={quoteattr(kind)}/>"
        for of, named in (("node", nodes), ("edge", edges))
        for name, kind in named.items()
    ]
    opened = {
        of: {name: f"<data key={quoteattr(f'{of[0]}_{name}')}>" for name in named}
        for of, named in (("node", nodes), ("edge", edges))
    }
    yield (
        HEAD + "\n".join(keys) + f'\n<graph id="twin-{network.snapshot.revision}" edgedefault="directed">\n'
    ).encode()
    for row, shape, parent in network.asset_rows():
        identity = row.pop("id")
        if shape is not None:
            row["wkt"] = shape.wkt
        if parent is not None:
            row["within"] = parent
        yield f"<node id={quoteattr(xml_text(identity))}>{_data(opened['node'], row)}</node>\n".encode()
    for number, row in enumerate(network.link_rows()):
        start, end = (quoteattr(xml_text(row.pop(name))) for name in ("from", "to"))
        yield f'<edge id="e{number}" source={start} target={end}>{_data(opened["edge"], row)}</edge>\n'.encode()
    yield b"</graph>\n</graphml>\n"


def _type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_floating(kind):
        return "double"
    return "long" if pa.types.is_integer(kind) else "string"


def _data(opened: dict[str, str], row: dict[str, Any]) -> str:
    return "".join([f"{opened[name]}{_said(value)}</data>" for name, value in row.items()])


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return {float("inf"): "INF", float("-inf"): "-INF"}.get(value, repr(value))
    return escape(xml_text(str(value)))
