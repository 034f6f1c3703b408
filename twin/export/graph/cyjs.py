"""Cytoscape JSON, as Cytoscape and Cytoscape.js read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from twin.export.graph.network import Network

OPTIONS = orjson.OPT_SERIALIZE_NUMPY
#: Pixels of the whole world's width in ``position``.
WIDTH = 20_000.0


def cyjs(network: Network) -> Iterator[bytes]:
    """Elements with ``data``; assets in their containers (``parent``), at their place on the map (``position``).

    An asset whose containers lead round in a ring has no ``parent``: Cytoscape takes no such rings.
    """
    about = {"name": "Infrastructure twin", "revision": network.snapshot.revision}
    head = {"format_version": "1.0", "generated_by": "infrastructure-twin", "target_cytoscapejs_version": "~3.0"}
    yield orjson.dumps({**head, "data": about})[:-1] + b',"elements":{"nodes":['
    ringed = _ringed(network)
    between = b"\n"
    for row, shape, parent in network.asset_rows():
        node: dict[str, Any] = {"data": row}
        row.setdefault("name", row["id"])
        if parent is not None and row["id"] not in ringed:
            row["parent"] = parent
        if shape is not None and not shape.is_empty:
            middle = shape if shape.geom_type == "Point" else shape.representative_point()
            node["position"] = {"x": (middle.x + 180) / 360 * WIDTH, "y": (90 - middle.y) / 360 * WIDTH}
        yield between + orjson.dumps(node, option=OPTIONS)
        between = b",\n"
    yield b'\n],"edges":['
    between = b"\n"
    for number, row in enumerate(network.link_rows()):
        ends = {"id": f"e{number}", "source": row.pop("from"), "target": row.pop("to"), "interaction": row["type"]}
        yield between + orjson.dumps({"data": {**ends, **row}}, option=OPTIONS)
        between = b",\n"
    yield b"\n]}}\n"


def _ringed(network: Network) -> set[str]:
    """Ids of assets from which the containers lead into a ring."""
    ids = network.assets["id"].to_pylist()
    parent = dict(zip(ids, network.parents.to_pylist(), strict=True))
    fine: set[str] = set()
    ringed: set[str] = set()
    for start in ids:
        chain: list[str] = []
        seen: set[str] = set()
        at: str | None = start
        while at is not None and at not in fine and at not in ringed and at not in seen:
            chain.append(at)
            seen.add(at)
            at = parent.get(at)
        (ringed if at is not None and at not in fine else fine).update(chain)
    return ringed
