"""The mesh of one service: its islands, what bridges them, and what each bridge or node holds on to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.impact import kernels as states
from twin.impact.meshes.cuts import Graph, Search, graph, search, worth
from twin.impact.meshes.kinds import edge_assets, mesh_links
from twin.impact.rests import Resting
from twin.impact.system import System
from twin.schema import Schema
from twin.snapshot.arrays import Bools, Floats, Ints, Longs
from twin.snapshot.catalogue import Catalogue

MODEL_LEVEL = "L0"
#: Properties that are summed over nodes and over what hangs below a single node.
SUMMED = ("demand_mw", "customers", "gpus")
NODES, SUPPLY, ASSETS, GENERATION, PROPERTIES = 0, 1, 2, 3, 4
NAMED = 10


@dataclass(repr=False)
class MeshResult(Resting):
    """What holds one mesh together; ``to_dict()`` is the answer in every surface.

    Attributes:
        mesh: what was asked, a service or a link type. service, grounded: the service that it delivers.
        revision: state of the twin. nodes, edges: assets in service that are nodes and edges (lines, spans,
            transformers) of the mesh. bridges, articulation_points: how many of each are in *cuts*.
        islands: one entry each, the largest first: ``nodes, edges``, sums, ``sources`` (None if not grounded) and the
            first ``assets``.
        cuts: one entry for each asset without which nodes of the mesh are parted, the worst first: ``id, kind,
            domain, name, role`` (bridge or articulation), ``pieces``, what is ``isolated_*`` from the largest piece
            and what is left without a source, ``unsupplied_*`` (None if not grounded).
        bridge_links: mesh links between two nodes that are bridges themselves: ``from, to``.
        notes: caveats in words.
    """

    QUESTION: ClassVar[str] = "mesh"

    mesh: str
    service: str
    grounded: bool
    revision: int
    nodes: int
    edges: int
    islands: list[dict[str, Any]]
    cuts: list[dict[str, Any]]
    bridge_links: list[dict[str, str]]
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    @property
    def bridges(self) -> list[dict[str, Any]]:
        """The edges among *cuts*."""
        return [entry for entry in self.cuts if entry["role"] == "bridge"]

    @property
    def articulation_points(self) -> list[dict[str, Any]]:
        """The nodes among *cuts*."""
        return [entry for entry in self.cuts if entry["role"] == "articulation"]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "mesh": self.mesh,
            "service": self.service,
            "grounded": self.grounded,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
            "nodes": self.nodes,
            "edges": self.edges,
            "bridges": len(self.bridges),
            "articulation_points": len(self.articulation_points),
            "islands": self.islands,
            "cuts": self.cuts,
            "bridge_links": self.bridge_links,
            "notes": self.notes,
        }


@dataclass(frozen=True)
class _Mesh:
    """The mesh as a graph: links, who takes part, who is an edge, and what each asset is worth (n, columns)."""

    made: Graph
    links: Longs
    inside: Bools
    edge: Bools
    own: Floats
    found: Search


def mesh(system: System, catalogue: Catalogue, schema: Schema, name: str) -> MeshResult:
    """Bridges, articulation points and islands of a mesh; every asset is a vertex, so parallel circuits stay apart.

    A line (span, transformer, ...) is a *bridge* and a bus (router, ...) an *articulation point* when the nodes that
    are left fall into more pieces without it (Tarjan 1972). Assets that are not in service take no part.

    Args:
        system: the operating rules. catalogue: names. schema: what is a mesh and what is an edge of it.
        name: a service or a link type with mesh links.

    Raises:
        InvalidParameter: there is no such mesh. SchemaError: the vocabulary is not the snapshot's.
    """
    arrays = system.arrays
    service, links = mesh_links(arrays, schema, name)
    grounded = schema.services[service].grounded
    made = _build(system, schema, service, links, grounded)
    number, lesser, dark = worth(made.found, made.own)
    chosen = np.flatnonzero(number > 1)
    notes = ["Topology only (L0): which flows re-route, and whether they fit, is not checked."]
    if grounded:
        notes.append(
            "Sums count nodes and what hangs below one node alone; what is fed from several nodes is left out. "
            "Exact losses, with gates and other services: twin impact."
        )
    entries = _entries(catalogue, made, chosen, number, lesser, dark if grounded else None)
    return MeshResult(
        mesh=name,
        service=service,
        grounded=grounded,
        revision=arrays.revision,
        nodes=int((made.inside & ~made.edge).sum()),
        edges=int((made.inside & made.edge).sum()),
        islands=_islands(catalogue, made, grounded),
        cuts=entries,
        bridge_links=_bridge_links(system, catalogue, made),
        notes=notes,
    )


def _build(system: System, schema: Schema, service: str, links: Longs, grounded: bool) -> _Mesh:
    arrays = system.arrays
    a, b = arrays.link_from[links], arrays.link_to[links]
    touched = np.zeros(arrays.n, bool)
    touched[a] = touched[b] = True
    inside = touched & arrays.in_service
    edge = edge_assets(arrays, schema)
    node = inside & ~edge
    own = np.zeros((arrays.n, PROPERTIES + len(SUMMED)))
    own[:, NODES], own[:, ASSETS] = node, inside
    values = _numbers(arrays.assets, SUMMED)
    own[:, PROPERTIES:] = np.where(node[:, None], values, 0.0)
    if grounded:
        _hang(system, arrays.services.index(service), touched, own, values)
    own[~inside] = 0.0
    made = graph(arrays.n, a, b)
    return _Mesh(made, links, inside, edge, own, search(made, inside))


def _numbers(table: pa.Table, names: tuple[str, ...]) -> Floats:
    """(n, names) values of number columns, 0 where there is none."""
    columns = []
    for name in names:
        kind = table.schema.field(name).type if name in table.column_names else pa.null()
        if pa.types.is_floating(kind) or pa.types.is_integer(kind):
            whole = pc.cast(table[name], pa.float64()).fill_null(0.0)
            columns.append(np.asarray(whole.to_numpy(zero_copy_only=False), float))
        else:
            columns.append(np.zeros(table.num_rows))
    return np.stack(columns, axis=1)


def _hang(system: System, service: int, touched: Bools, own: Floats, values: Floats) -> None:
    """Add to each node of a grounded mesh what it alone feeds and what feeds it from outside the mesh."""
    g, n = system.gates, system.n
    rows = np.flatnonzero((g.service == service)[system.gate_of_member] & system.outage[system.gate_of_member])
    owner, member = g.owner[system.gate_of_member[rows]], g.member[rows]
    at = homes(owner, member, touched, n)
    below = np.flatnonzero((at >= 0) & ~touched & system.arrays.in_service)
    np.add.at(own, (at[below][:, None], np.arange(PROPERTIES, own.shape[1])), values[below])
    alone = system.evaluate(system.baseline & ~touched, system.finite, system.unbuffered)
    source = alone.state[service] == states.FED if service in alone.state else np.zeros(n, bool)
    feeds = touched[owner] & source[member] & ~touched[member]
    own[owner[feeds], SUPPLY] = 1.0
    first, last = np.full(n, n, np.int64), np.full(n, -1, np.int64)
    np.minimum.at(first, member[feeds], owner[feeds])
    np.maximum.at(last, member[feeds], owner[feeds])
    single = np.flatnonzero(first == last)
    capacity = _numbers(system.arrays.assets, ("capacity_mw",))[:, 0]
    np.add.at(own[:, GENERATION], last[single], capacity[single])


def homes(owner: Ints, member: Ints, mesh: Bools, n: int) -> Longs:
    """(n,) the one mesh asset that all supply of an asset comes through, itself for mesh assets, -1 if there is none.

    Args:
        owner, member: the memberships of one service. mesh: (n,) assets of the mesh.
    """
    unknown, elsewhere = -2, -1
    has = np.zeros(n, bool)
    has[owner] = True
    at = np.where(mesh, np.arange(n), np.where(has, unknown, elsewhere))
    outside = ~mesh[owner]
    owner, member = owner[outside], member[outside]
    while True:
        low, high = np.full(n, n, np.int64), np.full(n, -3, np.int64)
        np.minimum.at(low, owner, at[member])
        np.maximum.at(high, owner, at[member])
        ready = (at == unknown) & has & (low != unknown)
        if not ready.any():
            return np.where(at == unknown, elsewhere, at)
        at[ready] = np.where(low[ready] == high[ready], low[ready], elsewhere)


def _sums(worth: Floats, prefix: str, grounded: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {f"{prefix}nodes": int(worth[NODES]), f"{prefix}assets": int(worth[ASSETS])}
    if grounded:
        found[f"{prefix}generation_mw"] = round(float(worth[GENERATION]), 6)
    for place, name in enumerate(SUMMED, PROPERTIES):
        found[f"{prefix}{name}"] = round(float(worth[place]), 6)
    return found


def _entries(
    catalogue: Catalogue, made: _Mesh, rows: Longs, number: Longs, lesser: Floats, dark: Floats | None
) -> list[dict[str, Any]]:
    demand = PROPERTIES + SUMMED.index("demand_mw")
    rows = rows[np.lexsort((catalogue.arrays.place[rows], -lesser[rows, NODES], -lesser[rows, demand]))]
    found = []
    for entry, row in zip(catalogue.brief(rows), rows.tolist(), strict=True):
        role = "bridge" if made.edge[row] else "articulation"
        entry |= {"role": role, "pieces": int(number[row])}
        entry |= _sums(lesser[row], "isolated_", dark is not None)
        if dark is not None:
            entry |= _sums(dark[row], "unsupplied_")
        found.append(entry)
    return found


def _islands(catalogue: Catalogue, made: _Mesh, grounded: bool) -> list[dict[str, Any]]:
    rows = made.found.order
    roots, of = np.unique(made.found.root[rows], return_inverse=True)
    sums = np.zeros((len(roots), made.own.shape[1]))
    np.add.at(sums, of, made.own[rows])
    by_island = rows[np.argsort(of, kind="stable")]
    start = np.searchsorted(np.sort(of), np.arange(len(roots) + 1))
    found = []
    for place in np.lexsort((roots, -sums[:, NODES])).tolist():
        members = by_island[start[place] : start[place + 1]]
        members = members[np.argsort(catalogue.arrays.place[members])]
        entry = _sums(sums[place], "", grounded)
        entry["sources"] = int(sums[place, SUPPLY]) if grounded else None
        entry["first_assets"] = catalogue.ids(members[:NAMED])
        found.append(entry)
    return found


def _bridge_links(system: System, catalogue: Catalogue, made: _Mesh) -> list[dict[str, str]]:
    """Mesh links between two nodes without which these are parted."""
    found, arrays = made.found, system.arrays
    below = np.flatnonzero((found.parent >= 0) & ~made.edge)
    above = found.parent[below]
    apart = (found.low[below] > found.disc[above]) & ~made.edge[above]
    links = made.links[found.by[below[apart]]]
    starts, ends = catalogue.ids(arrays.link_from[links]), catalogue.ids(arrays.link_to[links])
    return [{"from": a, "to": b} for a, b in zip(starts, ends, strict=True)]
