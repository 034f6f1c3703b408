"""Which assets stand between others (lines, spans, transformers), and which links make up a mesh."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow.compute as pc

from twin.errors import InvalidParameter, SchemaError
from twin.schema import Schema, suggest
from twin.schema.model import LinkType
from twin.snapshot.arrays import Arrays, Bools, Longs


def edge_kinds(schema: Schema) -> frozenset[str]:
    """Kinds that are edges of a network rather than nodes.

    Those drawn as lines, and in each mesh those that may end at every kind of node where a line may: beside a power
    line also transformer and switch, beside a span also path and circuit. Nodes are what no two of may be joined
    directly.
    """
    lines = {kind.name for kind in schema.kinds.values() if kind.geometry == "line"}
    found = set(lines)
    for link in schema.link_types.values():
        if link.mesh:
            beside = _partners(link)
            for line in lines & beside.keys():
                nodes = {kind for kind in beside[line] if kind not in beside[kind]}
                found |= {kind for kind, others in beside.items() if nodes and nodes <= others}
    return frozenset(found)


def _partners(link: LinkType) -> dict[str, set[str]]:
    beside: dict[str, set[str]] = {}
    for a, b in link.ends:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    return beside


@lru_cache(maxsize=16)
def _edge_kinds(schema: _ByDigest) -> frozenset[str]:
    return edge_kinds(schema.schema)


class _ByDigest:
    """A schema as a cache key."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return hash(self.schema.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and other.schema.digest == self.schema.digest


def edge_assets(arrays: Arrays, schema: Schema) -> Bools:
    """(n,) assets whose kind is an edge of a network, see :func:`edge_kinds`."""
    kind = arrays.assets["kind"].combine_chunks()
    among = _edge_kinds(_ByDigest(schema))
    of_kind = np.array([name in among for name in kind.dictionary.to_pylist()] + [False], bool)
    codes = pc.fill_null(kind.indices, len(of_kind) - 1).to_numpy(zero_copy_only=False)
    chosen: Bools = of_kind[codes]
    return chosen


def link_types(arrays: Arrays, schema: Schema) -> list[LinkType]:
    """The link types of the arrays, in their order.

    Raises:
        SchemaError: the vocabulary lacks one that a link uses.
    """
    missing = [name for name in arrays.link_types if name not in schema.link_types]
    if missing:
        raise SchemaError(
            f"the snapshot has link types that this vocabulary does not know: {', '.join(missing)}",
            fix="Give the schema that it was made with (the argument schema, or TWIN_SCHEMA).",
        )
    return [schema.link_types[name] for name in arrays.link_types]


def mesh_links(arrays: Arrays, schema: Schema, mesh: str) -> tuple[str, Longs]:
    """The service and the link rows of a mesh that is named by its service or by its link type.

    Raises:
        InvalidParameter: there is no such mesh. SchemaError: see :func:`link_types`.
    """
    types = [t for t in link_types(arrays, schema) if t.mesh]
    chosen = [t for t in types if mesh in (t.name, t.service)]
    if not chosen:
        words = sorted({word for t in types for word in (t.name, t.service) if word})
        raise InvalidParameter(f"there is no mesh {mesh!r}.{suggest(mesh, words)}", fix=f"Use one of: {_list(words)}.")
    numbers = [arrays.link_types.index(t.name) for t in chosen]
    return str(chosen[0].service), np.flatnonzero(np.isin(arrays.link_type, numbers))


def _list(words: Sequence[str]) -> str:
    return ", ".join(words) or "(none)"


def meshes(arrays: Arrays, schema: Schema) -> list[str]:
    """Services that have mesh links, in the order of the services."""
    types = link_types(arrays, schema)
    used = {types[t].service for t in np.unique(arrays.link_type).tolist() if types[t].mesh}
    return [service for service in arrays.services if service in used]
